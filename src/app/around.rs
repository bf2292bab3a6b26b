//! What lies around every endpoint, whichever face it is of.

use std::time::Instant;

use axum::body::Bytes;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use tracing::Instrument as _;

use super::problem::FaultNote;
use super::wrap::{Answer, Answering, Wrap};
use super::{RequestId, Shared};

/// Names the request, gives every answer the headers that none may lack, and logs what failed.
///
/// A face puts it into one `layer` with its own: each `layer` is one box more that is cloned with every
/// request.
#[derive(Clone)]
pub struct Around(Shared);

impl Around {
    #[must_use]
    pub fn new(app: &Shared) -> Self {
        Self(app.clone())
    }
}

impl Wrap for Around {
    fn wrap<F: Answering>(&self, mut request: Request, rest: impl FnOnce(Request) -> F) -> Answer {
        let started = Instant::now();
        let app = self.0.clone();
        let route = request.extensions().get::<MatchedPath>().cloned();
        let id = request_id(&app, &request);
        let span =
            tracing::debug_span!("request", request.id = id, http.method = %request.method());
        request.extensions_mut().insert(RequestId(id.clone()));
        let answer = rest(request).instrument(span);
        Box::pin(async move {
            let mut response = answer.await?;
            let route = route.as_ref().map(MatchedPath::as_str);
            app.core.metrics().request(route, response.status().as_u16(), started.elapsed());
            finish(&app, id, &mut response);
            Ok(response)
        })
    }
}

fn finish(app: &Shared, id: String, response: &mut Response) {
    if let Some(FaultNote(fault)) = response.extensions_mut().remove() {
        tracing::error!(request.id = id, http.status = response.status().as_u16(), fault);
    }
    let headers = response.headers_mut();
    headers.reserve(5);
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
