//! The JWK Set (RFC 7517 §5), from memory. Its `max-age` is a little less than how long a new key stands
//! in it before it signs, so that a relying party that keeps it for so long never meets an unknown key.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::app::Shared;

/// A node that did not make a new key itself publishes it so much later, in seconds.
const FOLLOWS_WITHIN: u64 = 2;

pub async fn get(State(app): State<Shared>) -> Response {
    let seconds = app.config.keys.publish_ahead.whole_seconds().saturating_sub(FOLLOWS_WITHIN);
    let age = HeaderValue::from_str(&format!("public, max-age={seconds}"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, age.unwrap_or(HeaderValue::from_static("no-cache"))),
    ];
    (headers, app.core.jwks(app.core.clock().now())).into_response()
}
