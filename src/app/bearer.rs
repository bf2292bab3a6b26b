//! The token of an `Authorization: Bearer` header (RFC 6750 §2.1).

use axum::http::{HeaderMap, header};

use crate::core::Secret;

/// Why there is a header, and no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// There is more than one header.
    Repeated,
    /// It is of another scheme, or holds no token68.
    Unreadable,
}

/// `Bearer`, whatever its case, one space, one token68; `None` without a header. Anything else fails
/// closed.
pub fn token(headers: &HeaderMap) -> Result<Option<Secret>, Malformed> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Malformed::Repeated);
    }
    let is_token = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    let token = value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token)
        .filter(|token| !token.is_empty() && token.bytes().all(is_token));
    token.map(|token| Some(Secret::new(token))).ok_or(Malformed::Unreadable)
}
