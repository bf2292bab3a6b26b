//! RFC 6749 §4.4.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Asked, scope};
use crate::core::tokens::TokenSet;
use crate::oidc::error::OAuthError;

pub fn run(asked: Asked<'_>) -> BoxFuture<'_, Result<TokenSet, OAuthError>> {
    async move {
        let scope = scope(asked.params)?;
        Ok(asked.app.core.client_credentials(asked.client, scope.as_ref(), asked.now).await?)
    }
    .boxed()
}
