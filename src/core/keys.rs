//! The key ring's life: made at first start, rotated and retired by the operator, followed by every
//! node.

use std::collections::HashMap;
use std::sync::Arc;

use super::audit::{Actor, Event, Note};
use super::refusal::OrFault as _;
use super::sessions::Place;
use super::{Core, Failure, Fault};
use crate::config::SigningAlgorithm;
use crate::jose::{Algorithm, Life, NewKey, Phase, Ring, RingKey, SigningKey};
use crate::store::{self, entity::signing_keys::Model};

/// The name under which changes to keys are counted.
pub(super) const REVISION: &str = "keys";

impl From<SigningAlgorithm> for Algorithm {
    fn from(configured: SigningAlgorithm) -> Self {
        match configured {
            SigningAlgorithm::Rs256 => Self::Rs256,
            SigningAlgorithm::Ps256 => Self::Ps256,
            SigningAlgorithm::Es256 => Self::Es256,
            SigningAlgorithm::EdDsa => Self::EdDsa,
        }
    }
}

/// A key as an operator sees it.
#[derive(Clone, Debug)]
pub struct KeyInfo {
    pub kid: String,
    pub algorithm: String,
    pub phase: Phase,
    pub signs_from: i64,
    pub signs_until: Option<i64>,
    pub leaves_at: Option<i64>,
}

fn life(row: &Model) -> Life {
    Life {
        signs_from: row.signs_from,
        signs_until: row.signs_until,
        leaves_at: row.leaves_at,
        retired_at: row.retired_at,
    }
}

impl Core {
    /// Reads the keys again. Those already held are not parsed a second time.
    pub(super) async fn reload_keys(&self, now: i64) -> Result<(), Fault> {
        let rows = store::keys::all(self.store.read()).await.or_fault("read the signing keys")?;
        let held: HashMap<String, Arc<SigningKey>> = {
            let ring = self.ring.load();
            let keys = ring.keys().iter();
            keys.map(|held| (held.key.kid().to_owned(), Arc::clone(&held.key))).collect()
        };
        let mut keys = Vec::new();
        for row in rows.iter().filter(|row| life(row).phase(now) != Phase::Gone) {
            let Some(algorithm) = Algorithm::from_name(&row.algorithm) else {
                tracing::error!(kid = row.kid, algorithm = row.algorithm, "keys.reload: left out");
                continue;
            };
            let key = match held.get(&row.kid) {
                Some(key) => Arc::clone(key),
                None => Arc::new(self.open_key(row, algorithm)?),
            };
            keys.push(RingKey { key, life: life(row) });
        }
        self.ring.store(Arc::new(Ring::new(keys)));
        Ok(())
    }

    fn open_key(&self, row: &Model, algorithm: Algorithm) -> Result<SigningKey, Fault> {
        SigningKey::open(&row.kid, algorithm, &row.public_jwk, &row.private_jwe, &self.key_sealer)
            .or_fault("open a signing key")
    }

    /// Sees to it that every configured algorithm has a key that signs, and one whose signing has no
    /// end. Two nodes that do so at once end up with the same ones.
    pub(super) async fn make_missing_keys(&self, now: i64) -> Result<(), Fault> {
        let rows = store::keys::all(self.store.read()).await.or_fault("read the signing keys")?;
        for algorithm in self.rules.algorithms.clone() {
            let of_algorithm = || rows.iter().filter(|row| row.algorithm == algorithm.name());
            let in_use = || of_algorithm().filter(|row| life(row).phase(now) != Phase::Gone);
            let signs = in_use().any(|row| life(row).phase(now) == Phase::Current);
            // A key that was to succeed may have been retired before it ever signed.
            let goes_on = in_use().any(|row| row.signs_until.is_none());
            if signs && goes_on {
                continue;
            }
            let ordinal = of_algorithm().map(|row| row.ordinal).max().unwrap_or(0) + 1;
            let signs_from = if signs { now + self.rules.publish_ahead } else { now };
            let note = Note::new(Event::KeyMade, Actor::Server, &Place::default());
            self.add_key(algorithm, ordinal, signs_from, note, now).await?;
        }
        Ok(())
    }

    /// Makes the next key of an algorithm; it signs from `signs_from`, its predecessor until then.
    /// `None` when another node made it in the same moment.
    async fn add_key(
        &self,
        algorithm: Algorithm,
        ordinal: i64,
        signs_from: i64,
        note: Note,
        now: i64,
    ) -> Result<Option<String>, Fault> {
        let sealer = Arc::clone(&self.key_sealer);
        let made = tokio::task::spawn_blocking(move || NewKey::generate(algorithm, &sealer))
            .await
            .map_err(|error| Fault::new("make a signing key", error))?
            .or_fault("make a signing key")?;
        let kid = made.kid.clone();
        let event = note.with("kid", kid.as_str()).with("alg", algorithm.name()).row(now);
        let row = Model {
            kid: made.kid,
            algorithm: algorithm.name().to_owned(),
            ordinal,
            private_jwe: made.private_jwe,
            public_jwk: made.public_jwk,
            created_at: now,
            signs_from,
            signs_until: None,
            leaves_at: None,
            retired_at: None,
        };
        // By then all that the predecessor signed has expired (see `Rules::longest_token`).
        let leaves_at = signs_from + self.rules.longest_token;
        let added = self.store.transaction(move |tx| {
            let (row, event) = (row.clone(), event.clone());
            Box::pin(async move {
                if !store::keys::add(tx, row).await? {
                    return Ok(false);
                }
                store::audit::record(tx, event).await?;
                let name = algorithm.name();
                let until = (signs_from, leaves_at);
                store::keys::succeed(tx, name, ordinal, until, now).await?;
                store::revisions::bump(tx, REVISION).await?;
                Ok(true)
            })
        });
        let added = added.await.or_fault("add a signing key")?;
        if added {
            tracing::info!(kid, algorithm = algorithm.name(), "keys.add");
        }
        Ok(added.then_some(kid))
    }

    /// Makes the next key of each algorithm given, or of all configured; each is published now and
    /// signs when every relying party can have seen it. An algorithm whose next key stands in the JWKS
    /// already keeps that one: another would sign before long in its place. Returns the ids of those made.
    ///
    /// # Errors
    /// A fault.
    pub async fn rotate_keys(
        &self,
        only: Option<Algorithm>,
        now: i64,
    ) -> Result<Vec<String>, Failure> {
        let rows = store::keys::all(self.store.read()).await.or_fault("read the signing keys")?;
        let mut made = Vec::new();
        let algorithms = only.map_or_else(|| self.rules.algorithms.clone(), |only| vec![only]);
        for algorithm in algorithms {
            let own = || rows.iter().filter(|row| row.algorithm == algorithm.name());
            if own().any(|row| life(row).phase(now) == Phase::Next) {
                continue;
            }
            let ordinal = own().map(|row| row.ordinal).max().unwrap_or(0) + 1;
            let signs_from = now + self.rules.publish_ahead;
            let note = Note::operator(Event::KeyRotated);
            made.extend(self.add_key(algorithm, ordinal, signs_from, note, now).await?);
        }
        self.reload_keys(now).await?;
        Ok(made)
    }

    /// Takes a compromised key out of use at once: it leaves the JWKS and what it signed stops
    /// verifying. Where it was the one that signs, a new one signs from now on; where it was to sign
    /// next, a new one takes that place. False when there is no such key in use.
    ///
    /// # Errors
    /// A fault.
    pub async fn retire_key(&self, kid: &str, now: i64) -> Result<bool, Failure> {
        let name = kid.to_owned();
        let event = Note::operator(Event::KeyRetired).with("kid", kid).row(now);
        let retired = self.store.transaction(move |tx| {
            let (name, event) = (name.clone(), event.clone());
            Box::pin(async move {
                let retired = store::keys::retire(tx, &name, now).await?;
                if retired {
                    store::audit::record(tx, event).await?;
                }
                store::revisions::bump(tx, REVISION).await?;
                Ok(retired)
            })
        });
        let retired = retired.await.or_fault("retire a signing key")?;
        self.make_missing_keys(now).await?;
        self.reload_keys(now).await?;
        Ok(retired)
    }

    /// Every key that is in the JWKS or soon will sign, oldest first.
    #[must_use]
    pub fn keys(&self, now: i64) -> Vec<KeyInfo> {
        let ring = self.ring.load();
        let mut keys: Vec<_> = ring
            .keys()
            .iter()
            .map(|held| KeyInfo {
                kid: held.key.kid().to_owned(),
                algorithm: held.key.algorithm().name().to_owned(),
                phase: held.life.phase(now),
                signs_from: held.life.signs_from,
                signs_until: held.life.signs_until,
                leaves_at: held.life.leaves_at,
            })
            .filter(|key| key.phase != Phase::Gone)
            .collect();
        keys.sort_by(|a, b| (&a.algorithm, a.signs_from).cmp(&(&b.algorithm, b.signs_from)));
        keys
    }

    /// The JWK Set that relying parties fetch.
    #[must_use]
    pub fn jwks(&self, now: i64) -> serde_json::Value {
        self.ring.load().jwks(now)
    }
}
