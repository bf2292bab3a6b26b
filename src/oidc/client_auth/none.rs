//! `none`: a public client names itself, and proves by PKCE that the code was meant for it.

use axum::http::{HeaderMap, header};

use super::Found;
use crate::core::clients::Proof;
use crate::oidc::error::OAuthError;
use crate::oidc::params::Params;

pub fn present(headers: &HeaderMap, params: &Params) -> Option<Result<Found, OAuthError>> {
    let has_more = ["client_secret", "client_assertion", "client_assertion_type"];
    if headers.contains_key(header::AUTHORIZATION) || has_more.iter().any(|name| params.has(name)) {
        return None;
    }
    let client_id = params.get("client_id").ok().flatten()?;
    Some(Ok(Found { client_id: client_id.to_owned(), proof: Proof::None }))
}
