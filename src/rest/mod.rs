//! Face 2: the five documented REST dialects of first-party apps. Opens `core` and `app`.
//!
//! A dialect only translates shapes: `wire.rs` has its bodies, `error.rs` its words for everything that
//! can go wrong, `mod.rs` its routes. What they share has no shape: how a body and a credential are
//! read, and where a request may come from. No dialect opens another.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::app::Shared;
use crate::app::around::Around;
use crate::app::limits::Limits;
use crate::app::wrap::Wrapped;

mod applications;
mod asked;
mod bearer;
mod better_auth;
mod cookie_pair;
mod docs;
mod fields;
mod jar;
mod limits;
mod openapi;
mod origin;
mod reply;
mod routes;
mod token_pair;
mod wrong;

use routes::Routes;
use wrong::{Telling, Wrong};

/// The shapes of one of the five documents.
pub struct Dialect {
    /// As the tags of the OpenAPI description name it; its schemas begin with it, and `Error` is one.
    pub name: &'static str,
    /// Under these an unknown path is answered in its shapes; the longest one that fits decides.
    pub under: &'static [&'static str],
    routes: fn() -> Routes,
    /// Addresses that people's browsers visit: what goes wrong there is a page for them.
    pages: fn() -> Routes,
    say: Say,
    /// The status of fields that cannot be used.
    invalid: u16,
}

/// A dialect's words for what went wrong.
type Say = fn(&Wrong, &Telling) -> Response;

/// All of them: routing, the OpenAPI description and tests read this table.
pub const DIALECTS: [Dialect; 5] = [
    better_auth::DIALECT,
    bearer::DIALECT,
    applications::DIALECT,
    cookie_pair::DIALECT,
    token_pair::DIALECT,
];

/// A JSON body; avatars have a limit of their own.
const BODY_LIMIT: usize = 1024 * 1024;

/// The routes of every dialect, with what lies around every endpoint.
pub fn routes(app: &Shared) -> Router<Shared> {
    let origins = origin::frontends(app);
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            header::ACCEPT_LANGUAGE,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            HeaderName::from_static("x-api-key"),
            HeaderName::from_static("x-request-id"),
        ])
        .expose_headers([
            header::CONTENT_DISPOSITION,
            header::RETRY_AFTER,
            HeaderName::from_static("ratelimit-limit"),
            HeaderName::from_static("ratelimit-remaining"),
            HeaderName::from_static("ratelimit-reset"),
            HeaderName::from_static("x-request-id"),
        ]);
    let of = |dialect: &Dialect| dressed(app, dialect, (dialect.routes)(), Readers::Programs);
    let all = DIALECTS.iter().map(of).fold(Router::new(), Router::merge);
    // They stand in dialect A's document.
    let of = (better_auth::DIALECT.say, Readers::Programs);
    let told = middleware::from_fn(move |request, next| wrong::tell(of, request, next));
    let around = Wrapped(Around::new(app));
    all.layer((around.clone(), cors)).merge(docs::routes(app).layer((around, told)))
}

/// The addresses of every dialect that people's browsers visit.
pub fn pages(app: &Shared) -> Router<Shared> {
    let of = |dialect: &Dialect| dressed(app, dialect, (dialect.pages)(), Readers::People);
    DIALECTS.iter().map(of).fold(Router::new(), Router::merge)
}

/// Who reads what went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readers {
    Programs,
    /// Or programs, where no page is asked for.
    People,
}

/// A dialect's routes, with everything that may happen to a request before a handler sees it.
fn dressed(app: &Shared, dialect: &Dialect, routes: Routes, readers: Readers) -> Router<Shared> {
    let say = dialect.say;
    let within = Limits::new(app.config.server.request_timeout.duration(), refused);
    let within = Wrapped(within.refusing_later());
    let counted = middleware::from_fn_with_state(app.clone(), limits::keep);
    let told = middleware::from_fn(move |request, next| wrong::tell((say, readers), request, next));
    let body = DefaultBodyLimit::max(BODY_LIMIT);
    let routes = routes.into_router().method_not_allowed_fallback(async || Wrong::Method);
    routes.layer((told, within, counted, body))
}

/// The answer to a path that nothing is mounted at, if it lies under a dialect.
pub fn unknown(request: &Request) -> Option<Response> {
    let path = request.uri().path();
    let is_under = |prefix: &&str| {
        let rest = path.strip_prefix(*prefix);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let longest = |dialect: &Dialect| {
        dialect.under.iter().filter(|prefix| is_under(prefix)).map(|prefix| prefix.len()).max()
    };
    let nearest = DIALECTS.iter().filter_map(|dialect| Some((longest(dialect)?, dialect)));
    let (_, dialect) = nearest.max_by_key(|(length, _)| *length)?;
    let telling = Telling::of(request.headers(), request.extensions().get());
    Some((dialect.say)(&Wrong::Path, &telling))
}

/// The answer to a request for the home page that does not ask for a page.
pub fn home(request: &Request) -> Option<Response> {
    if wants_page(request.headers()) {
        return None;
    }
    let telling = Telling::of(request.headers(), request.extensions().get());
    Some(cookie_pair::information(&telling))
}

/// Whether a page is asked for.
fn wants_page(headers: &HeaderMap) -> bool {
    let ranges = headers.get_all(header::ACCEPT).iter();
    ranges.filter_map(|ranges| ranges.to_str().ok()).any(asks_for_html)
}

/// Whether an `Accept` names HTML itself, as browsers do (RFC 9110 §12.5.1).
fn asks_for_html(accept: &str) -> bool {
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_html = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("text/html"));
        let refused = |part: &str| part.replace(' ', "").trim_end_matches(['0', '.']) == "q=";
        is_html && !parts.any(refused)
    })
}

/// What is refused before an endpoint sees it.
fn refused(status: StatusCode) -> Response {
    match status {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Wrong::Compressed,
        StatusCode::PAYLOAD_TOO_LARGE => Wrong::TooLarge,
        StatusCode::REQUEST_TIMEOUT => Wrong::TooSlow,
        StatusCode::INTERNAL_SERVER_ERROR => Wrong::Broken,
        _ => Wrong::Unavailable,
    }
    .into_response()
}
