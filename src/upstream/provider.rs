//! What an OpenID Connect provider says of itself (OpenID Connect Discovery 1.0), and its keys: fetched
//! when they are needed, kept for a while, and fetched again when it has begun to sign with another key.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType,
    CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{AdditionalProviderMetadata, ProviderMetadata};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Mutex;

use super::Trouble;
use super::http::Http;
use crate::jose::foreign::ForeignKeys;

/// How long metadata count before they are fetched again, in milliseconds.
const METADATA: i64 = 60 * 60 * 1000;
/// How long keys do.
const KEYS: i64 = 10 * 60 * 1000;
/// How long both count while they cannot be fetched again.
const WITHOUT_NEWS: i64 = 24 * 60 * 60 * 1000;
/// Keys are not looked for again more often than this, whatever tokens name (R68, RFC 8725 §3.10).
const PAUSE: i64 = 60 * 1000;
/// A provider that was away is left alone for so long: whoever comes then need not wait, too.
const REST: i64 = 3 * 1000;

/// The members that the library's own type lacks.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Extra {
    /// RP-Initiated Logout 1.0 §2.1.
    pub end_session_endpoint: Option<String>,
    /// RFC 8414 §2.
    pub revocation_endpoint: Option<String>,
    /// RFC 9207 §3.
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    pub code_challenge_methods_supported: Vec<String>,
}

impl AdditionalProviderMetadata for Extra {}

pub type Metadata = ProviderMetadata<
    Extra,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// What is known of a provider.
pub struct Known {
    pub metadata: Metadata,
    /// Of ID tokens.
    pub keys: CoreJsonWebKeySet,
    /// The same, for its logout tokens, which are no ID tokens.
    pub foreign: ForeignKeys,
    metadata_at: i64,
    keys_at: i64,
}

impl Known {
    /// Whether its answers say that they are its own (RFC 9207 §3).
    pub fn names_itself(&self) -> bool {
        self.metadata.additional_metadata().authorization_response_iss_parameter_supported
    }

    fn is_fresh(&self, now: i64) -> bool {
        now < self.metadata_at + METADATA && now < self.keys_at + KEYS
    }
}

#[derive(Default)]
pub struct Provider {
    current: ArcSwapOption<Known>,
    /// Who holds it fetches; others wait for what comes of it.
    turn: Mutex<Turn>,
}

#[derive(Default)]
struct Turn {
    /// When it was last away, and why.
    away: Option<(i64, Trouble)>,
    /// When keys were last looked for because a token named another.
    looked_at: Option<i64>,
}

impl Provider {
    /// What is known by now, fresh or not.
    pub fn held(&self) -> Option<Arc<Known>> {
        self.current.load_full()
    }

    /// What is known, fetched where that was too long ago.
    pub async fn known(
        &self,
        http: &Http<'_>,
        issuer: &str,
        now: i64,
    ) -> Result<Arc<Known>, Trouble> {
        if let Some(known) = self.held().filter(|known| known.is_fresh(now)) {
            return Ok(known);
        }
        let mut turn = self.turn.lock().await;
        let held = self.held();
        if let Some(known) = held.clone().filter(|known| known.is_fresh(now)) {
            return Ok(known);
        }
        let resting = turn.away.clone().filter(|(at, _)| now < at + REST);
        let fetched = match resting {
            Some((_, trouble)) => Err(trouble),
            None => fetch(http, issuer, held.as_deref(), now).await,
        };
        match (fetched, held) {
            (Ok(known), _) => {
                turn.away = None;
                let known = Arc::new(known);
                self.current.store(Some(Arc::clone(&known)));
                Ok(known)
            }
            (Err(trouble), held) => {
                // Debug, so that no line break of theirs is one of ours.
                if turn.away.as_ref().is_none_or(|(at, _)| now >= at + REST) {
                    let why = trouble.to_string();
                    tracing::warn!(upstream.issuer = issuer, ?why, "upstream.known");
                    turn.away = Some((now, trouble.clone()));
                }
                let usable = held.filter(|known| now < known.keys_at + WITHOUT_NEWS);
                usable.ok_or(trouble)
            }
        }
    }

    /// Newer keys than those, if there are any: a token names one that is not among them.
    pub async fn newer_keys(&self, http: &Http<'_>, known: &Known, now: i64) -> Option<Arc<Known>> {
        let mut turn = self.turn.lock().await;
        if let Some(newer) = self.held().filter(|held| held.keys_at != known.keys_at) {
            return Some(newer);
        }
        if turn.looked_at.is_some_and(|at| now < at + PAUSE) {
            return None;
        }
        turn.looked_at = Some(now);
        match fetch_keys(http, &known.metadata).await {
            Ok((keys, foreign)) => {
                let (metadata, metadata_at) = (known.metadata.clone(), known.metadata_at);
                let newer = Arc::new(Known { metadata, keys, foreign, metadata_at, keys_at: now });
                self.current.store(Some(Arc::clone(&newer)));
                Some(newer)
            }
            Err(trouble) => {
                let issuer = known.metadata.issuer().as_str();
                let why = trouble.to_string();
                tracing::warn!(upstream.issuer = issuer, ?why, "upstream.newer_keys");
                None
            }
        }
    }
}

async fn fetch(
    http: &Http<'_>,
    issuer: &str,
    held: Option<&Known>,
    now: i64,
) -> Result<Known, Trouble> {
    let (metadata, metadata_at) = match held.filter(|held| now < held.metadata_at + METADATA) {
        Some(held) => (held.metadata.clone(), held.metadata_at),
        None => (fetch_metadata(http, issuer).await?, now),
    };
    let (keys, foreign) = fetch_keys(http, &metadata).await?;
    Ok(Known { metadata, keys, foreign, metadata_at, keys_at: now })
}

/// Where a provider's metadata stand: below the issuer, which may end with a slash (Discovery §4.1).
pub fn metadata_url(issuer: &str) -> String {
    format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'))
}

pub async fn fetch_metadata(http: &Http<'_>, issuer: &str) -> Result<Metadata, Trouble> {
    let url = metadata_url(issuer);
    let document = http.json(&url, None).await?;
    // Compared before it is read: to the character, the slash at its end included (Discovery §4.3).
    let named = document.get("issuer").and_then(Value::as_str);
    if let Some(named) = named.filter(|named| *named != issuer) {
        let why = format!("discovery: {url} is of the issuer {named:?}, not {issuer:?}");
        return Err(Trouble::Refused(why));
    }
    serde_path_to_error::deserialize(document).map_err(|error| {
        let why = format!("{url}: `{}` is missing or wrong", error.path());
        Trouble::unavailable("discovery", why)
    })
}

async fn fetch_keys(
    http: &Http<'_>,
    metadata: &Metadata,
) -> Result<(CoreJsonWebKeySet, ForeignKeys), Trouble> {
    let url = metadata.jwks_uri().as_str();
    let set = http.json(url, None).await?;
    let foreign = ForeignKeys::parse(&set).map_err(|error| Trouble::unavailable(url, error))?;
    let keys = serde_json::from_value(set)
        .map_err(|_| Trouble::unavailable(url, "the answer is no JWK Set"))?;
    Ok((keys, foreign))
}
