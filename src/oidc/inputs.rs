//! What this face reads of strangers before it knows who they are, as plain functions: for the fuzz
//! targets in `tests/fuzz` and the tests that replay what they found. Nobody in the house opens it.

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use super::authorize;
pub use super::params::{Flaw, Params};
use crate::core::Secret;
use crate::core::clients::{Client, Proof};

/// The id and the secret of an `Authorization: Basic` header: `None` where there is no header, an
/// inner `None` where it cannot be read.
#[must_use]
pub fn basic(headers: &HeaderMap) -> Option<Option<(String, Secret)>> {
    super::client_auth::basic(headers).map(|found| {
        let found = found.ok()?;
        match found.proof {
            Proof::Secret(secret) => Some((found.client_id, secret)),
            Proof::None | Proof::Assertion(_) => None,
        }
    })
}

/// The parameters of a request that came with this request object, or the `error` and its
/// description.
pub fn request_object(
    issuer: &str,
    client: &Client,
    outside: &Params,
    claims: Map<String, Value>,
    now: i64,
) -> Result<Params, (&'static str, String)> {
    authorize::read_claims(issuer, client, outside, claims, now)
}
