//! What every face refuses of a request before its handlers see it: a body that is compressed, and
//! one that takes too long. The face gives the words.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

/// No route takes more; each has a limit of its own below it. Said before a byte of it is read.
const CEILING: u64 = 10 * 1024 * 1024;

/// Travels with a request whose body was not read to its end yet; the accept loop notes it.
#[derive(Clone, Debug, Default)]
pub struct Unread(Arc<AtomicBool>);

impl Unread {
    /// The body is read.
    pub fn clear(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn is_set(&self) -> bool {
        !self.0.load(Ordering::Acquire)
    }
}

/// How a face says that.
pub type Speak = fn(StatusCode) -> Response;

/// Runs the rest, within the limits that every request has.
pub async fn keep(limit: Duration, speak: Speak, request: Request, next: Next) -> Response {
    // RFC 9110 §15.5.16. Nothing that a program sends here is worth a decompression bomb.
    let encoding = request.headers().get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return speak(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let length =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if length.and_then(|length| length.parse().ok()).is_some_and(|length: u64| length > CEILING) {
        return speak(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let unread = request.extensions().get::<Unread>().cloned();
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        // RFC 9110 §15.5.9: the client's turn, or ours.
        Err(_) if unread.is_some_and(|unread| unread.is_set()) => {
            speak(StatusCode::REQUEST_TIMEOUT)
        }
        Err(_) => speak(StatusCode::SERVICE_UNAVAILABLE),
    }
}
