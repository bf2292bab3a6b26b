//! What every face refuses of a request before its handlers see it, a body that is compressed above
//! all, and what becomes of one that takes too long or panics. The face gives the words.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::Response;
use futures_util::FutureExt as _;

use super::wrap::{Answer, Answering, Wrap};

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

/// Runs the rest within the limits that every request has.
#[derive(Clone, Copy)]
pub struct Limits {
    limit: Duration,
    speak: Speak,
    refuses: bool,
}

impl Limits {
    /// `limit` is for the request as a whole.
    #[must_use]
    pub fn new(limit: Duration, speak: Speak) -> Self {
        Self { limit, speak, refuses: true }
    }

    /// The same where the face asks for [`Limits::refusal`] itself, once it has counted the request.
    #[must_use]
    pub fn refusing_later(self) -> Self {
        Self { refuses: false, ..self }
    }

    /// What is refused of it unseen.
    #[must_use]
    pub fn refusal(request: &Request) -> Option<StatusCode> {
        // RFC 9110 §15.5.16. Nothing that a program sends here is worth a decompression bomb.
        let encoding = request.headers().get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Some(StatusCode::UNSUPPORTED_MEDIA_TYPE);
        }
        let length = request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?;
        let is_more = length.parse().is_ok_and(|length: u64| length > CEILING);
        is_more.then_some(StatusCode::PAYLOAD_TOO_LARGE)
    }
}

impl Wrap for Limits {
    fn wrap<F: Answering>(&self, request: Request, rest: impl FnOnce(Request) -> F) -> Answer {
        let Self { limit, speak, refuses } = *self;
        if let Some(status) = Limits::refusal(&request).filter(|_| refuses) {
            return Box::pin(std::future::ready(Ok(speak(status))));
        }
        let unread = request.extensions().get::<Unread>().cloned();
        // What panicked is dropped with all that it held; its words are in the log.
        let answer = AssertUnwindSafe(rest(request)).catch_unwind();
        Box::pin(async move {
            Ok(match tokio::time::timeout(limit, answer).await {
                Ok(Ok(answer)) => answer?,
                Ok(Err(_)) => speak(StatusCode::INTERNAL_SERVER_ERROR),
                // RFC 9110 §15.5.9: the client's turn, or ours.
                Err(_) if unread.is_some_and(|unread| unread.is_set()) => {
                    speak(StatusCode::REQUEST_TIMEOUT)
                }
                Err(_) => speak(StatusCode::SERVICE_UNAVAILABLE),
            })
        })
    }
}
