//! `client_secret_jwt`: an assertion that is signed with the secret (OIDC Core §9).

use axum::http::HeaderMap;

use super::{Found, assertion};
use crate::oidc::error::OAuthError;
use crate::oidc::params::Params;

pub fn present(_: &HeaderMap, params: &Params) -> Option<Result<Found, OAuthError>> {
    assertion::present(params, |algorithm| algorithm.starts_with("HS"))
}
