//! `none`: a public client names itself, and proves by PKCE that the code was meant for it.

use axum::http::{HeaderMap, header};

use super::Presented;
use crate::oidc::error::OAuthError;
use crate::oidc::params::Params;

pub fn present(headers: &HeaderMap, params: &Params) -> Option<Result<Presented, OAuthError>> {
    if headers.contains_key(header::AUTHORIZATION) || params.has("client_secret") {
        return None;
    }
    let client_id = params.get("client_id").ok().flatten()?;
    Some(Ok(Presented { client_id: client_id.to_owned(), secret: None }))
}
