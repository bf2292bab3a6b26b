//! RFC 6749 §4.1.3 with PKCE (RFC 7636 §4.5).

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Asked, optional, required, resources};
use crate::core::Secret;
use crate::core::grants::CodeUse;
use crate::core::tokens::TokenSet;
use crate::oidc::error::OAuthError;

pub fn run(asked: Asked<'_>) -> BoxFuture<'_, Result<TokenSet, OAuthError>> {
    async move {
        let Asked { app, client, params, place, now } = asked;
        let code = Secret::new(required(params, "code")?);
        let redirect_uri = required(params, "redirect_uri")?;
        let verifier = optional(params, "code_verifier");
        if verifier.is_some_and(|verifier| !is_verifier(verifier)) {
            let description = "code_verifier must be 43 to 128 unreserved characters";
            return Err(OAuthError::bad_request("invalid_grant", description));
        }
        let resources = resources(params);
        let used = CodeUse { code: &code, redirect_uri, verifier, resources: &resources, place };
        Ok(app.core.redeem(client, used, now).await?)
    }
    .boxed()
}

/// RFC 7636 §4.1.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}
