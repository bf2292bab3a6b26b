//! A signed JWT in place of a secret (RFC 7521 §4.2, RFC 7523 §2.2, OIDC Core §9).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::Found;
use crate::app::paths;
use crate::core::clients::Proof;
use crate::oidc::error::OAuthError;
use crate::oidc::params::Params;

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What we go by in an assertion's `aud`: the issuer, or the endpoint that is called, or one of the
/// others at which clients authenticate (RFC 7523 §3 (3), RFC 9126 §2).
const ENDPOINTS: [&str; 4] = [paths::TOKEN, paths::PAR, paths::INTROSPECT, paths::REVOKE];

/// The audiences that an assertion may have.
pub(super) fn audiences(issuer: &str) -> Vec<String> {
    let endpoints = ENDPOINTS.iter().map(|path| format!("{issuer}{path}"));
    std::iter::once(issuer.to_owned()).chain(endpoints).collect()
}

/// The assertion, if there is one and its algorithm is of that kind. What it says is not believed yet:
/// it names the client whose key is to be tried, and nothing else.
pub(super) fn present(
    params: &Params,
    is_kind: fn(&str) -> bool,
) -> Option<Result<Found, OAuthError>> {
    let text = params.get("client_assertion").ok().flatten()?;
    let mut parts = text.split('.').map(object);
    let (header, claims) = (parts.next().flatten(), parts.next().flatten());
    let algorithm = header.as_ref().and_then(|header| header.get("alg")?.as_str());
    if !is_kind(algorithm.unwrap_or_default()) {
        return None;
    }
    if params.get("client_assertion_type").ok().flatten() != Some(TYPE) {
        let description = format!("client_assertion_type must be {TYPE}");
        return Some(Err(OAuthError::invalid_request(description)));
    }
    let client_id = claims.as_ref().and_then(|claims| claims.get("sub")?.as_str());
    Some(match client_id {
        Some(id) => {
            Ok(Found { client_id: id.to_owned(), proof: Proof::Assertion(text.to_owned()) })
        }
        None => Err(OAuthError::invalid_client("client_assertion is not a JWT that has a sub")),
    })
}

fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
