//! The one list of what is mounted where, and the layers that everything shares.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;

use crate::app::{Problem, RequestId, Shared};
use crate::{oidc, web};

/// All of Countersign, as one service.
pub fn router(app: &Shared) -> Router {
    let pages = web::pages(app, oidc::pages().layer(CatchPanicLayer::custom(broken_page)));
    Router::new()
        .merge(pages)
        .merge(oidc::endpoints().layer(CatchPanicLayer::custom(oidc::broken)))
        .layer(middleware::from_fn_with_state(app.clone(), around))
        .with_state(app.clone())
}

fn broken_page(_: Box<dyn std::any::Any + Send>) -> Response {
    Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

/// Names the request, and gives every answer the headers that none may lack.
async fn around(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    let id = request_id(&app, &request);
    let span = tracing::info_span!("request", request.id = id, http.method = %request.method());
    let name = HeaderValue::from_str(&id).ok();
    request.extensions_mut().insert(RequestId(id));
    let mut response = next.run(request).instrument(span).await;
    let headers = response.headers_mut();
    if let Some(name) = name {
        headers.insert("x-request-id", name);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let opener = HeaderValue::from_static("same-origin");
    headers.insert("cross-origin-opener-policy", opener);
    if app.config.server.is_https() {
        let a_year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, a_year);
    }
    response
}

/// The id that came with the request, if it is one that a log can hold, else one of ours.
fn request_id(app: &Shared, request: &Request) -> String {
    let given = request.headers().get("x-request-id").and_then(|value| value.to_str().ok());
    let is_plain = |id: &&str| {
        (1..=64).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    match given.filter(is_plain) {
        Some(id) => id.to_owned(),
        None => app.core.new_request_id(),
    }
}
