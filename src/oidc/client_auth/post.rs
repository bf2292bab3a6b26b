//! `client_secret_post`: id and secret in the form (RFC 6749 §2.3.1).

use axum::http::HeaderMap;

use super::Found;
use crate::core::Secret;
use crate::core::clients::Proof;
use crate::oidc::error::OAuthError;
use crate::oidc::params::Params;

pub fn present(_: &HeaderMap, params: &Params) -> Option<Result<Found, OAuthError>> {
    let secret = params.get("client_secret").ok().flatten()?;
    let client_id = params.get("client_id").ok().flatten();
    Some(match client_id {
        Some(id) => {
            Ok(Found { client_id: id.to_owned(), proof: Proof::Secret(Secret::new(secret)) })
        }
        None => Err(OAuthError::invalid_client("client_secret without client_id")),
    })
}
