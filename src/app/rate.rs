//! How a face keeps to a rate limit: the core has counted, the face has words for a refusal, and
//! every answer of a limited route says where the client stands.

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

use crate::core::limits::Count;

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// The answer of the rest if the request is within its limit, else what `refuse` says, a 429 in the
/// shape of the face; the rest is then not begun. Either carries the headers of [`tell`]. Where
/// nothing is counted the rest runs as it is.
pub async fn keep(
    count: Option<Count>,
    refuse: impl FnOnce(Count) -> Response,
    rest: impl Future<Output = Response>,
) -> Response {
    let Some(count) = count else { return rest.await };
    let mut response = if count.allowed { rest.await } else { refuse(count) };
    tell(count, &mut response);
    response
}

/// Says the limit, what is left of it, and the seconds until there is more; where the request was
/// refused also when to try again (RFC 6585 §4, RFC 9110 §10.2.3).
pub fn tell(count: Count, response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(LIMIT, HeaderValue::from(count.limit));
    headers.insert(REMAINING, HeaderValue::from(count.remaining));
    headers.insert(RESET, HeaderValue::from(count.reset_after));
    if !count.allowed {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(count.reset_after));
    }
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;
    use axum::response::IntoResponse as _;

    use super::*;

    fn said(response: &Response) -> (u16, [Option<&str>; 4]) {
        let header = |name: HeaderName| response.headers().get(name)?.to_str().ok();
        let headers = [LIMIT, REMAINING, RESET, header::RETRY_AFTER].map(header);
        (response.status().as_u16(), headers)
    }

    #[tokio::test]
    async fn api_3_every_answer_says_where_the_client_stands_and_a_refusal_when_to_come_again() {
        let refuse = |_| StatusCode::TOO_MANY_REQUESTS.into_response();
        let within = Count { limit: 15, remaining: 14, reset_after: 300, allowed: true };
        let beyond = Count { limit: 15, remaining: 0, reset_after: 7, allowed: false };
        let bad = async || StatusCode::BAD_REQUEST.into_response();
        let answer = keep(Some(within), refuse, bad()).await;
        assert_eq!(said(&answer), (400, [Some("15"), Some("14"), Some("300"), None]));
        let never = async { panic!("the rest of a refused request was begun") };
        let answer = keep(Some(beyond), refuse, never).await;
        assert_eq!(said(&answer), (429, [Some("15"), Some("0"), Some("7"), Some("7")]));
        let answer = keep(None, refuse, bad()).await;
        assert_eq!(said(&answer), (400, [None; 4]));
    }
}
