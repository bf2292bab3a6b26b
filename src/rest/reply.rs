//! How an answer leaves: JSON that nobody may keep, and the cookies that go with it.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::wrong::{Telling, Wrong};
use crate::app::cookies;
use crate::core::Fault;
use crate::core::sessions::SignedIn;

/// A JSON body (RFC 8259), not to be stored (RFC 6749 §5.1).
pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, Wrong> {
    let body = serde_json::to_vec(body).map_err(|error| Fault::new("write an answer", error))?;
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// As [`json`], of what a dialect says went wrong: a value that it made itself, with words in it.
pub fn told(status: StatusCode, body: &serde_json::Value, telling: &Telling) -> Response {
    let mut response = (status, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    telling.mark(response)
}

/// Has the browser, if it is one, be known as the person's from now on.
pub fn known_device(mut response: Response, signed_in: &SignedIn, is_https: bool) -> Response {
    if let Some(cookie) = cookies::device(signed_in, is_https) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
