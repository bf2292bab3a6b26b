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
    if app.is_stopping() {
        return say(StatusCode::SERVICE_UNAVAILABLE, "stopping");
    }
    if app.core.is_ready().await {
        say(StatusCode::OK, "ok")
    } else {
        say(StatusCode::SERVICE_UNAVAILABLE, "the database is away")
    }
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
