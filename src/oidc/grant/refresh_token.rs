//! RFC 6749 §6.

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Asked, required, resources, scope};
use crate::core::Secret;
use crate::core::grants::RefreshUse;
use crate::core::tokens::TokenSet;
use crate::oidc::error::OAuthError;

pub fn run(asked: Asked<'_>) -> BoxFuture<'_, Result<TokenSet, OAuthError>> {
    async move {
        let Asked { app, client, params, place, now } = asked;
        let token = Secret::new(required(params, "refresh_token")?);
        let scope = scope(params)?;
        let (scope, resources) = (scope.as_ref(), resources(params));
        let used = RefreshUse { token: &token, scope, resources: &resources, place };
        Ok(app.core.refresh(client, used, now).await?)
    }
    .boxed()
}
