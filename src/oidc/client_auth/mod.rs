//! How a client proves who it is (RFC 6749 §2.3, OIDC Core §9): one file and one line in [`METHODS`]
//! each. A client uses exactly the method it is registered for, and one only.

use std::sync::Arc;

use axum::http::HeaderMap;

use super::error::OAuthError;
use super::params::Params;
use crate::app::Shared;
use crate::core::Secret;
use crate::core::clients::{AuthMethod, Client};

mod basic;
mod none;
mod post;

/// Who a request says it comes from.
pub struct Presented {
    pub client_id: String,
    pub secret: Option<Secret>,
}

/// A method, and how its credentials are found in a request: `None` when it was not used.
pub struct Method {
    pub kind: AuthMethod,
    present: fn(&HeaderMap, &Params) -> Option<Result<Presented, OAuthError>>,
}

pub const METHODS: [Method; 3] = [
    Method { kind: AuthMethod::ClientSecretBasic, present: basic::present },
    Method { kind: AuthMethod::ClientSecretPost, present: post::present },
    Method { kind: AuthMethod::None, present: none::present },
];

/// The client that a request comes from. An unknown client and a wrong secret are one answer.
pub fn authenticate(
    app: &Shared,
    headers: &HeaderMap,
    params: &Params,
) -> Result<Arc<Client>, OAuthError> {
    let mut used =
        METHODS.iter().filter_map(|method| Some((method.kind, (method.present)(headers, params)?)));
    let Some((kind, presented)) = used.next() else {
        return Err(OAuthError::invalid_client("client authentication is required"));
    };
    if used.next().is_some() {
        // RFC 6749 §2.3: not more than one method.
        return Err(OAuthError::invalid_request("more than one way of client authentication"));
    }
    let presented = presented?;
    let named = params.get("client_id").ok().flatten();
    if named.is_some_and(|named| named != presented.client_id) {
        return Err(OAuthError::invalid_client("client_id is not the client that authenticated"));
    }
    let client = app.core.client(&presented.client_id);
    let is_proven = match (&client, &presented.secret) {
        (Some(client), Some(secret)) => client.has_secret(secret),
        (Some(client), None) => client.auth_method == AuthMethod::None,
        // The same work as for a client that is there.
        (None, Some(secret)) => secret.digest() == [0; 32],
        (None, None) => false,
    };
    client
        .filter(|client| is_proven && client.auth_method == kind)
        .ok_or_else(|| OAuthError::invalid_client("client authentication failed"))
}
