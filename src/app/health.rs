//! Whether this node lives, and whether it can do its work: for what restarts it, and for what sends
//! it requests.

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Shared;

/// The process answers. A database that is away is no reason to restart it.
pub async fn live() -> Response {
    say(StatusCode::OK, "ok")
}

/// The database answers, and the node has not been told to stop.
pub async fn ready(State(app): State<Shared>) -> Response {
    match trouble(&app).await {
        None => say(StatusCode::OK, "ok"),
        Some(trouble) => say(StatusCode::SERVICE_UNAVAILABLE, trouble),
    }
}

/// Why this node cannot do its work.
pub async fn trouble(app: &Shared) -> Option<&'static str> {
    if app.is_stopping() {
        return Some("stopping");
    }
    (!app.core.is_ready().await).then_some("the database is away")
}

fn say(status: StatusCode, text: &'static str) -> Response {
    let mut response = (status, text).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}
