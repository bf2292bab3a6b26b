//! Face 1: OpenID Connect and OAuth 2. Opens `core` and `app`.
//!
//! `authorize` is a flat, ordered list of checks; `token` has the phases that all grants share; a
//! grant or a way of client authentication is one file and one line in its table, which discovery
//! reads too.

use axum::Router;
use axum::http::{HeaderName, Method, header};
use axum::routing::{get, post};
use tower_http::cors::{Any, CorsLayer};

use crate::app::{Shared, paths};

mod authorize;
mod backchannel;
mod client_auth;
mod discovery;
mod error;
mod grant;
#[doc(hidden)]
pub mod inputs;
mod introspect;
mod jwks;
mod logout;
mod par;
mod params;
mod register;
mod revoke;
mod token;
mod userinfo;

pub use discovery::describe;
pub use error::speak;

/// No request of the protocol is longer, the form of a long authorization request included.
pub const BODY_LIMIT: usize = 64 * 1024;

/// The endpoints that people are redirected to. What goes wrong there is a page, and their forms are no
/// longer than a page's.
pub fn pages() -> Router<Shared> {
    Router::new()
        .route(paths::AUTHORIZE, get(authorize::get).post(authorize::post))
        .route(paths::CONTINUE, get(authorize::proceed))
        .route(paths::END_SESSION, get(logout::get).post(logout::post))
}

/// The endpoints that programs call; scripts of any origin may, see [`cors`].
pub fn endpoints() -> Router<Shared> {
    Router::new()
        .route(paths::OPENID_CONFIGURATION, get(discovery::get))
        .route(paths::OAUTH_SERVER, get(discovery::get))
        .route(paths::JWKS, get(jwks::get))
        .route(paths::TOKEN, post(token::post))
        .route(paths::PAR, post(par::post))
        .route(paths::INTROSPECT, post(introspect::post))
        .route(paths::REVOKE, post(revoke::post))
        .route(paths::USERINFO, get(userinfo::get).post(userinfo::post))
        .method_not_allowed_fallback(error::method_not_allowed)
}

/// Lets scripts of any origin call [`endpoints`], without cookies.
pub fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE])
        .expose_headers([header::WWW_AUTHENTICATE, HeaderName::from_static("x-request-id")])
}

/// Not for scripts of other origins: a page that a developer happens to read must not register clients
/// with the server on their own machine.
pub fn registration() -> Router<Shared> {
    let one = get(register::read_back).put(register::replace).delete(register::withdraw);
    Router::new()
        .route(paths::REGISTER, post(register::create))
        .route(paths::REGISTRATION, one)
        .method_not_allowed_fallback(error::method_not_allowed)
}

/// Where upstreams call, and nobody's scripts do.
pub fn from_upstreams() -> Router<Shared> {
    Router::new()
        .route(paths::BACKCHANNEL_LOGOUT, post(backchannel::post))
        .method_not_allowed_fallback(error::method_not_allowed)
}
