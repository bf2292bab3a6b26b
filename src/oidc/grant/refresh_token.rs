//! RFC 6749 §6.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Asked, required, scope};
use crate::core::Secret;
use crate::core::tokens::TokenSet;
use crate::oidc::error::OAuthError;

pub fn run(asked: Asked<'_>) -> BoxFuture<'_, Result<TokenSet, OAuthError>> {
    async move {
        let Asked { app, client, params, place, now } = asked;
        let token = Secret::new(required(params, "refresh_token")?);
        let scope = scope(params)?;
        Ok(app.core.refresh(client, &token, scope.as_ref(), place, now).await?)
    }
    .boxed()
}
