//! The proof of who somebody is at an OpenID Connect provider (OIDC Core §3.1.3.7). The library checks
//! issuer, audience, signature, expiry and nonce; what it leaves to its caller stands here.

use std::str::FromStr as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJwsSigningAlgorithm};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, ClientId, Nonce,
    SignatureVerificationError,
};
use serde_json::{Map, Value};

use super::http::Http;
use super::provider::Known;
use super::{Reply, Trouble, Upstream, seconds};
use crate::jose::Secret;

/// How far the provider's clock may be from ours, in seconds.
pub const TOLERANCE: i64 = 60;
/// An ID token that was made so long ago was not made for this sign-in, in seconds.
const OLDEST: i64 = 15 * 60;

/// Signatures that only the provider can make. None with a shared secret, whoever else knows it, and
/// not `none` (RFC 8725 §3.1, R61).
pub const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// What the token must speak of.
pub struct Asked<'a> {
    pub nonce: &'a Secret,
    pub access_token: &'a Secret,
}

/// A token that is believed.
pub struct Proven {
    pub claims: Map<String, Value>,
    /// With the keys that verified it.
    pub known: Arc<Known>,
}

pub async fn verify(
    upstream: &Upstream,
    http: &Http<'_>,
    known: Arc<Known>,
    raw: &Secret,
    asked: &Asked<'_>,
    now: i64,
) -> Result<Proven, Trouble> {
    match check(upstream, &known, raw, asked, now) {
        Err(Unproven::UnknownKey) => {}
        Err(Unproven::Other(trouble)) => return Err(trouble),
        Ok(claims) => return Ok(Proven { claims, known }),
    }
    let newer = upstream.provider.newer_keys(http, &known, now).await;
    let known = newer.ok_or_else(|| Unproven::UnknownKey.trouble())?;
    let claims = check(upstream, &known, raw, asked, now).map_err(Unproven::trouble)?;
    Ok(Proven { claims, known })
}

enum Unproven {
    /// It may be a new one.
    UnknownKey,
    Other(Trouble),
}

impl Unproven {
    fn trouble(self) -> Trouble {
        match self {
            Self::UnknownKey => Trouble::refused("the ID token names a key that is not there"),
            Self::Other(trouble) => trouble,
        }
    }
}

fn refused(why: impl std::fmt::Display) -> Unproven {
    Unproven::Other(Trouble::Refused(format!("the ID token: {why}")))
}

fn check(
    upstream: &Upstream,
    known: &Known,
    raw: &Secret,
    asked: &Asked<'_>,
    now: i64,
) -> Result<Map<String, Value>, Unproven> {
    let malformed = || refused("is malformed, or a required claim is missing");
    let token = CoreIdToken::from_str(raw.expose()).map_err(|_| malformed())?;
    let client_id = ClientId::new(upstream.config().client_id.clone());
    let keys = known.keys.clone();
    let clock = DateTime::from_timestamp_millis(now).ok_or_else(malformed)?;
    let verifier =
        CoreIdTokenVerifier::new_public_client(client_id, known.metadata.issuer().clone(), keys)
            .set_allowed_algs(ALGORITHMS)
            .set_time_fn(move || clock - TimeDelta::seconds(TOLERANCE))
            .set_issue_time_verifier_fn(move |issued| was_made_now(issued, clock));
    let nonce = Nonce::new(asked.nonce.expose().to_owned());
    let claims = token.claims(&verifier, &nonce).map_err(|error| match error {
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey,
        ) => Unproven::UnknownKey,
        other => refused(other),
    })?;
    // §3.1.3.7 step 5.
    if claims.authorized_party().is_some_and(|azp| **azp != upstream.config().client_id) {
        return Err(refused("`azp` is another client"));
    }
    // §3.1.3.8: the access token is the one that came with it.
    if let Some(hash) = claims.access_token_hash() {
        let algorithm = token.signing_alg().map_err(refused)?;
        let key = token.signing_key(&verifier).map_err(refused)?;
        let own = AccessToken::new(asked.access_token.expose().to_owned());
        let expected = AccessTokenHash::from_token(&own, algorithm, key).map_err(refused)?;
        if *hash != expected {
            return Err(refused("`at_hash` is another access token's"));
        }
    }
    let claims = payload(raw).ok_or_else(malformed)?;
    if claims
        .get("nbf")
        .is_some_and(|nbf| nbf.as_i64().is_none_or(|nbf| nbf > now / 1000 + TOLERANCE))
    {
        return Err(refused("is not valid yet"));
    }
    Ok(claims)
}

fn was_made_now(issued: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), String> {
    if issued > now + TimeDelta::seconds(TOLERANCE) {
        return Err("`iat` is ahead: is the clock right, here and there?".to_owned());
    }
    if issued < now - TimeDelta::seconds(OLDEST) {
        return Err("`iat` is long ago: is the clock right, here and there?".to_owned());
    }
    Ok(())
}

/// The claims as they were written, of a token whose signature has been checked: the library's own
/// types turn some into others.
fn payload(raw: &Secret) -> Option<Map<String, Value>> {
    let payload = raw.expose().split('.').nth(1)?;
    let json = BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?;
    match serde_json::from_slice(&json).ok()? {
        Value::Object(claims) => Some(claims),
        _ => None,
    }
}

/// Whether the person proved a factor as lately as was asked (OIDC Core §3.1.2.1, §3.1.3.7 step 13).
pub fn check_age(proven: &Proven, reply: &Reply<'_>, now: i64) -> Result<(), Trouble> {
    if !reply.wish.is_dated() {
        return Ok(());
    }
    let Some(auth_time) = seconds(&proven.claims, "auth_time") else {
        return Err(Trouble::refused("the ID token: no `auth_time`, though `max_age` was asked"));
    };
    let tolerance = TOLERANCE * 1000;
    if let Some(max_age) = reply.wish.max_age {
        let most = i64::try_from(max_age).unwrap_or(i64::MAX).saturating_mul(1000);
        if now - auth_time > most.saturating_add(tolerance) {
            return Err(Trouble::refused("the ID token: the sign-in is older than `max_age`"));
        }
    }
    if reply.wish.login && auth_time < reply.asked_at - tolerance {
        return Err(Trouble::refused("the ID token: nobody was asked, though `prompt` was login"));
    }
    Ok(())
}

/// The methods that its `amr` names, if they look like methods.
pub fn amr(claims: &Map<String, Value>) -> Vec<String> {
    let is_method = |text: &&str| {
        (1..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    let named = claims.get("amr").and_then(Value::as_array).into_iter().flatten();
    named.filter_map(Value::as_str).filter(is_method).take(8).map(str::to_owned).collect()
}
