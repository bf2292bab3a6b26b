//! The two cookies that carry a session on.

use axum::http::header;
use axum::response::Response;

use super::asked::{ACCESS_COOKIE, REFRESH_COOKIE};
use crate::app::cookies;
use crate::core::tokens::TokenPair;

/// Each cookie, and where the browser sends it. The refresh token goes nowhere else.
const ACCESS: (&str, &str) = (ACCESS_COOKIE, "/");
const REFRESH: (&str, &str) = (REFRESH_COOKIE, "/api/auth");

/// Has the browser keep a pair of tokens, each for as long as it is good.
pub fn keep(mut response: Response, pair: &TokenPair, now: i64, is_https: bool) -> Response {
    for (cookie, token) in [(ACCESS, &pair.access), (REFRESH, &pair.refresh)] {
        let seconds = (token.expires_at - now) / 1000;
        set(&mut response, cookie, &token.token, seconds, is_https);
    }
    response
}

/// Has the browser forget both.
pub fn empty(mut response: Response, is_https: bool) -> Response {
    for cookie in [ACCESS, REFRESH] {
        set(&mut response, cookie, "", 0, is_https);
    }
    response
}

fn set(response: &mut Response, cookie: (&str, &str), value: &str, seconds: i64, is_https: bool) {
    if let Some(cookie) = cookies::set_strict(cookie, value, seconds, is_https) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
