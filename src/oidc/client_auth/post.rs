//! `client_secret_post`: id and secret in the form (RFC 6749 §2.3.1).

use axum::http::HeaderMap;

use super::Presented;
use crate::core::Secret;
use crate::oidc::error::OAuthError;
use crate::oidc::params::Params;

pub fn present(_: &HeaderMap, params: &Params) -> Option<Result<Presented, OAuthError>> {
    let secret = params.get("client_secret").ok().flatten()?;
    let client_id = params.get("client_id").ok().flatten();
    Some(match client_id {
        Some(id) => Ok(Presented { client_id: id.to_owned(), secret: Some(Secret::new(secret)) }),
        None => Err(OAuthError::invalid_client("client_secret without client_id")),
    })
}
