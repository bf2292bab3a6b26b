//! RFC 6749 §4.4.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Asked, resources, scope};
use crate::core::tokens::TokenSet;
use crate::oidc::error::OAuthError;

pub fn run(asked: Asked<'_>) -> BoxFuture<'_, Result<TokenSet, OAuthError>> {
    async move {
        let Asked { app, client, params, now, .. } = asked;
        let (scope, resources) = (scope(params)?, resources(params));
        Ok(app.core.client_credentials(client, scope.as_ref(), &resources, now).await?)
    }
    .boxed()
}
