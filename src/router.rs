//! The one list of what is mounted where, and the layers that everything shares.

use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument as _;

use crate::app::problem::FaultNote;
use crate::app::{Problem, RequestId, Shared, health, limits, paths};
use crate::{oidc, rest, web};

/// All of Countersign, as one service.
pub fn router(app: &Shared) -> Router {
    let others = oidc::pages().layer(CatchPanicLayer::custom(broken_page));
    Router::new()
        .merge(web::pages(app, others, rest::unknown, rest::home))
        .merge(rest::routes(app))
        .merge(
            oidc::endpoints()
                .layer(CatchPanicLayer::custom(oidc::broken))
                .layer(middleware::from_fn_with_state(app.clone(), within_limits)),
        )
        .route(paths::LIVE, get(health::live))
        .route(paths::READY, get(health::ready))
        .layer(middleware::from_fn_with_state(app.clone(), around))
        .with_state(app.clone())
}

async fn within_limits(State(app): State<Shared>, request: Request, next: Next) -> Response {
    limits::keep(app.config.server.request_timeout.duration(), oidc::speak, request, next).await
}

/// What the operator's own listener serves, and nothing else.
pub fn metrics(app: &Shared) -> Router {
    const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let show = async |State(app): State<Shared>| {
        ([(header::CONTENT_TYPE, OPENMETRICS)], app.core.metrics_text())
    };
    Router::new().route(paths::METRICS, get(show)).with_state(app.clone())
}

fn broken_page(_: Box<dyn std::any::Any + Send>) -> Response {
    Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response()
}

/// Names the request, gives every answer the headers that none may lack, and logs what failed.
async fn around(State(app): State<Shared>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let id = request_id(&app, &request);
    let span = tracing::debug_span!("request", request.id = id, http.method = %request.method());
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).instrument(span).await;
    let (route, status) = (route.as_ref().map(MatchedPath::as_str), response.status().as_u16());
    app.core.metrics().request(route, status, started.elapsed());
    if let Some(FaultNote(fault)) = response.extensions_mut().remove() {
        tracing::error!(request.id = id, http.status = response.status().as_u16(), fault);
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_maybe_shared(Bytes::from(id)) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    let opener = HeaderName::from_static("cross-origin-opener-policy");
    headers.insert(opener, HeaderValue::from_static("same-origin"));
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
