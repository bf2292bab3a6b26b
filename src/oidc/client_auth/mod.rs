//! How a client proves who it is (RFC 6749 §2.3, OIDC Core §9): one file and one line in [`METHODS`]
//! each. A client uses exactly the method it is registered for, and one only.

use std::sync::Arc;

use axum::http::HeaderMap;

use super::error::OAuthError;
use super::params::Params;
use crate::app::Shared;
use crate::core::SignatureAlgorithm;
use crate::core::clients::{AuthMethod, Client, Presented, Proof};
use crate::core::sessions::Place;

mod assertion;
mod basic;
mod none;
mod post;
mod private_key_jwt;
mod secret_jwt;

/// Credentials, as they were found in a request.
pub struct Found {
    pub client_id: String,
    pub proof: Proof,
}

/// A method, and how its credentials are found in a request: `None` when it was not used.
pub struct Method {
    pub kind: AuthMethod,
    present: fn(&HeaderMap, &Params) -> Option<Result<Found, OAuthError>>,
}

pub const METHODS: [Method; 5] = [
    Method { kind: AuthMethod::ClientSecretBasic, present: basic::present },
    Method { kind: AuthMethod::ClientSecretPost, present: post::present },
    Method { kind: AuthMethod::ClientSecretJwt, present: secret_jwt::present },
    Method { kind: AuthMethod::PrivateKeyJwt, present: private_key_jwt::present },
    Method { kind: AuthMethod::None, present: none::present },
];

/// What HTTP Basic says, before anybody looks whether it is true.
pub fn basic(headers: &HeaderMap) -> Option<Result<Found, OAuthError>> {
    basic::present(headers, &Params::parse(b""))
}

/// What assertions may be signed with; those of a secret last (RFC 8414 §2).
#[must_use]
pub fn signing_algorithms() -> Vec<&'static str> {
    let of_keys = SignatureAlgorithm::ALL.map(SignatureAlgorithm::name);
    of_keys.into_iter().chain([SignatureAlgorithm::ED25519, "HS256"]).collect()
}

/// The client that a request comes from. An unknown client and a wrong secret are one answer.
pub async fn authenticate(
    app: &Shared,
    place: &Place,
    headers: &HeaderMap,
    params: &Params,
    now: i64,
) -> Result<Arc<Client>, OAuthError> {
    let mut used =
        METHODS.iter().filter_map(|method| Some((method.kind, (method.present)(headers, params)?)));
    let Some((method, found)) = used.next() else {
        return Err(OAuthError::invalid_client("client authentication is required"));
    };
    if used.next().is_some() {
        // RFC 6749 §2.3: not more than one method.
        return Err(OAuthError::invalid_request("more than one way of client authentication"));
    }
    let Found { client_id, proof } = found?;
    let named = params.get("client_id").ok().flatten();
    if named.is_some_and(|named| named != client_id) {
        return Err(OAuthError::invalid_client("client_id is not the client that authenticated"));
    }
    let audiences = match proof {
        Proof::Assertion(_) => assertion::audiences(app.core.issuer()),
        Proof::None | Proof::Secret(_) => Vec::new(),
    };
    let presented = Presented { client_id, method, proof };
    let proven = app.core.authenticate_client(&presented, &audiences, &place.ip, now).await;
    Ok(proven.inspect_err(|_| app.core.metrics().client_failed())?)
}
