//! Face 3: what people see. Opens `core` and `app`.
//!
//! A page does one thing and then leads back to the flow it belongs to; it never knows its successor.

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Router, http};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::app::around::Around;
use crate::app::limits::Limits;
use crate::app::wrap::Wrapped;
use crate::app::{Problem, Shared, paths};

mod account;
mod back;
mod consent;
mod done;
mod email;
mod entry;
mod error_page;
mod forgot_password;
mod form;
mod form_post;
mod home;
mod media;
mod page;
mod password;
mod playground;
mod reply;
mod reset_password;
mod select;
mod sign_in;
mod sign_out;
mod sign_up;
mod static_files;
mod upstreams;
mod verify_email;

use error_page::Dress;

/// Another face's answer to a path that nothing is mounted at, if it lies under that face.
pub type Unknown = fn(&Request) -> Option<Response>;

/// Another face's answer to a request for [`paths::HOME`] that asks for no page.
pub type Plain = fn(&Request) -> Option<Response>;

/// No form of ours is longer, a sealed authorization request included.
const BODY_LIMIT: usize = 64 * 1024;

/// The pages, with what lies around every endpoint. `others` are pages of other faces, whose problems
/// are dressed here too; `unknown` may answer for a path that nothing is mounted at, and `plain` for the
/// home page.
pub fn pages(
    app: &Shared,
    others: Router<Shared>,
    unknown: Unknown,
    plain: Plain,
) -> Router<Shared> {
    let speak = |status| Problem::of_status(status).into_response();
    let limits = Limits::new(app.config.server.request_timeout.duration(), speak);
    let home = get(home::show)
        .route_layer(middleware::from_fn(move |request, next| negotiate(plain, request, next)));
    let mut own = Router::new()
        .route(paths::HOME, home)
        .route(paths::SIGN_IN, get(sign_in::show).post(sign_in::submit))
        .route(paths::SIGN_UP, get(sign_up::show).post(sign_up::submit))
        .route(paths::FORGOT_PASSWORD, get(forgot_password::show).post(forgot_password::submit))
        .route(paths::RESET_PASSWORD, get(reset_password::show).post(reset_password::submit))
        .route(paths::VERIFY_EMAIL, get(verify_email::show).post(verify_email::submit))
        .route(paths::SEND_VERIFICATION, post(verify_email::send))
        .route(paths::DONE, get(done::show))
        .route(paths::CONSENT, get(consent::show).post(consent::submit))
        .route(paths::SELECT, get(select::show).post(select::submit))
        .route(paths::SIGNED_OUT, get(sign_out::signed_out))
        .route(paths::SIGN_OUT, get(sign_out::show).post(sign_out::submit));
    if app.config.playground_is_on() {
        own = own.route(paths::PLAYGROUND, get(playground::show));
    }
    own = own.merge(account::routes());
    // Sign-in and sign-up included: nobody is signed in to somebody else's account from afar.
    let csrf = CsrfLayer::new().with_rejection_response(from_another_site);
    own.layer(csrf)
        .merge(others)
        .merge(static_files::routes())
        .merge(media::routes())
        .method_not_allowed_fallback(|| async {
            Problem::of_status(StatusCode::METHOD_NOT_ALLOWED)
        })
        .fallback(async move |request: Request| {
            let problem = || Problem::of_status(StatusCode::NOT_FOUND).into_response();
            unknown(&request).unwrap_or_else(problem)
        })
        .layer((
            Wrapped(Around::new(app)),
            Wrapped(Dress::new(app)),
            Wrapped(limits),
            DefaultBodyLimit::max(BODY_LIMIT),
        ))
}

/// A page for whoever asks for one, and another face's answer for programs (RFC 9110 §12.5.1).
async fn negotiate(plain: Plain, request: Request, next: Next) -> Response {
    let mut response = match plain(&request) {
        Some(response) => response,
        None => next.run(request).await,
    };
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept"));
    response
}

fn from_another_site(_: ProtectionError) -> http::Response<axum::body::Body> {
    Problem {
        status: StatusCode::FORBIDDEN,
        what: "error-cross-site",
        ..Problem::of_status(StatusCode::FORBIDDEN)
    }
    .into_response()
}
