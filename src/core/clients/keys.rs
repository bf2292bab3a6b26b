//! The public keys of clients: those of `jwks`, and those behind a `jwks_uri`, which is fetched when it
//! is needed, kept for a while, and fetched again when a client has begun to sign with another key
//! (OIDC Core §10.1.1).

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use moka::future::Cache;
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use super::Client;
use crate::core::Core;
use crate::jose::Algorithm;
use crate::jose::foreign::{self, Believed, ForeignKeys, Unbelieved};

/// How long fetched keys count before they are fetched again, in milliseconds.
const LIFETIME: i64 = 10 * 60 * 1000;
/// How long they count while they cannot be fetched again.
const LIFETIME_WITHOUT_NEWS: i64 = 60 * 60 * 1000;
/// One client's keys are not looked for again more often than this, whatever tokens name (R68).
const PAUSE: i64 = 60 * 1000;
/// Clients whose keys are held at once.
const MOST: u64 = 4096;

/// Why a client's token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadJwt {
    #[error("{0}")]
    Unbelieved(#[from] Unbelieved),
    #[error("the client has no keys, or they could not be fetched")]
    NoKeys,
}

/// Keys that were fetched, and when.
struct Fetched {
    keys: ForeignKeys,
    at: i64,
}

/// What is held of one `jwks_uri`.
#[derive(Default)]
struct Held {
    current: ArcSwapOption<Fetched>,
    /// When a fetch was last tried, but for a first one that went well: a client that changes its key
    /// right after that is followed at once. Who holds it fetches; others wait for what comes of it.
    tried: Mutex<Option<i64>>,
}

/// The keys behind every `jwks_uri` that was asked for lately.
pub(in crate::core) struct ClientKeys(Cache<String, Arc<Held>>);

impl Default for ClientKeys {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl Core {
    /// Verifies a compact JWS that a client signed with one of its keys, and reads its claims. Whether
    /// they hold (issuer, audience, times) is the caller's to check.
    ///
    /// # Errors
    /// See [`BadJwt`].
    pub async fn verify_client_jwt(
        &self,
        client: &Client,
        token: &str,
        algorithms: &[Algorithm],
        now: i64,
    ) -> Result<Map<String, Value>, BadJwt> {
        Ok(self.believe_client(client, token, algorithms, now).await?.claims)
    }

    /// The claims of a token that its maker left unsigned on purpose.
    #[must_use]
    pub fn unsigned_request(&self, token: &str) -> Option<Map<String, Value>> {
        foreign::unsigned(token)
    }

    pub(super) async fn believe_client(
        &self,
        client: &Client,
        token: &str,
        algorithms: &[Algorithm],
        now: i64,
    ) -> Result<Believed, BadJwt> {
        if let Some(keys) = &client.keys {
            return Ok(keys.verify(token, algorithms)?);
        }
        let Some(uri) = &client.metadata.jwks_uri else { return Err(BadJwt::NoKeys) };
        // By client and address: what a stranger may not fetch, another client's copy does not show.
        let name = format!("{} {uri}", client.id);
        let held = self.client_keys.0.get_with(name, async { Arc::default() }).await;
        let known = held.current.load_full();
        if let Some(known) = known.as_deref().filter(|known| now < known.at + LIFETIME) {
            match known.keys.verify(token, algorithms) {
                Err(Unbelieved::UnknownKey) => {}
                other => return Ok(other?),
            }
        }
        let seen = known.map(|known| known.at);
        self.refresh_keys(client, uri, &held, seen, now).await;
        let current = held.current.load_full();
        let usable = current.as_deref().filter(|known| now < known.at + LIFETIME_WITHOUT_NEWS);
        Ok(usable.ok_or(BadJwt::NoKeys)?.keys.verify(token, algorithms)?)
    }

    /// Fetches the keys, unless somebody did so since they were `seen`, or tried a moment ago.
    async fn refresh_keys(
        &self,
        client: &Client,
        uri: &str,
        held: &Held,
        seen: Option<i64>,
        now: i64,
    ) {
        let mut tried = held.tried.lock().await;
        let has_news = held.current.load().as_deref().map(|known| known.at) != seen;
        if has_news || tried.is_some_and(|at| now < at + PAUSE) {
            return;
        }
        *tried = Some(now);
        match self.fetch_keys(client, uri).await {
            Ok(keys) => {
                held.current.store(Some(Arc::new(Fetched { keys, at: now })));
                *tried = tried.filter(|_| seen.is_some());
            }
            Err(error) => tracing::warn!(client.id = client.id, error, "clients.fetch_keys"),
        }
    }

    async fn fetch_keys(&self, client: &Client, uri: &str) -> Result<ForeignKeys, String> {
        let fetched = self.fetcher.get(uri, self.trust_in(client)).await;
        let document = fetched.map_err(|error| error.to_string())?;
        let set: Value = serde_json::from_slice(&document).map_err(|error| error.to_string())?;
        ForeignKeys::parse(&set).map_err(|error| error.to_string())
    }
}
