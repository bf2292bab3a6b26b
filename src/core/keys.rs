//! The key ring's life: made at first start, rotated and retired by the operator, followed by every
//! node.

use std::collections::HashMap;
use std::sync::Arc;

use super::audit::{Actor, Event, Note};
use super::refusal::OrFault as _;
use super::{Core, Failure, Fault, sessions};
use crate::config::SigningAlgorithm;
use crate::jose::{Algorithm, Life, NewKey, Phase, Ring, RingKey, SigningKey};
use crate::store::entity::{audit_events, signing_keys::Model};
use crate::store::{self, DbErr, Transaction};

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

/// Where a key is missing: it is the algorithm's `ordinal`-th, and signs from then on, its predecessor
/// until then.
#[derive(Clone, Copy)]
struct Place {
    algorithm: Algorithm,
    ordinal: i64,
    signs_from: i64,
}

/// A key that is not in the database yet.
#[derive(Clone)]
struct Forged {
    row: Model,
    event: audit_events::Model,
    predecessor_leaves_at: i64,
}

/// Puts a key in its place; `None` when another node has filled it.
async fn add(tx: &Transaction, forged: Forged, now: i64) -> Result<Option<Model>, DbErr> {
    let Forged { row, event, predecessor_leaves_at } = forged;
    if !store::keys::add(tx, row.clone()).await? {
        return Ok(None);
    }
    store::audit::record(tx, event).await?;
    let until = (row.signs_from, predecessor_leaves_at);
    store::keys::succeed(tx, &row.algorithm, row.ordinal, until, now).await?;
    Ok(Some(row))
}

/// Of a key that nobody asked for by name.
fn by_itself() -> Note {
    Note::new(Event::KeyMade, Actor::Server, &sessions::Place::default())
}

fn said(added: &Model) {
    tracing::info!(kid = added.kid, algorithm = added.algorithm, "keys.add");
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
        for place in self.missing(&rows, now) {
            self.add_key(place, by_itself(), now).await?;
        }
        Ok(())
    }

    /// The keys without which an algorithm has none that signs, or none that goes on.
    fn missing(&self, rows: &[Model], now: i64) -> Vec<Place> {
        let mut missing = Vec::new();
        for &algorithm in &self.rules.algorithms {
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
            missing.push(Place { algorithm, ordinal, signs_from });
        }
        missing
    }

    /// Makes the next key of an algorithm; `None` when another node made it in the same moment.
    async fn add_key(&self, place: Place, note: Note, now: i64) -> Result<Option<String>, Fault> {
        let forged = self.forge(place, note, now).await?;
        let added = self.store.transaction(move |tx| {
            let forged = forged.clone();
            Box::pin(async move {
                let added = add(tx, forged, now).await?;
                if added.is_some() {
                    store::revisions::bump(tx, REVISION).await?;
                }
                Ok(added)
            })
        });
        let added = added.await.or_fault("add a signing key")?;
        Ok(added.map(|row| {
            said(&row);
            row.kid
        }))
    }

    /// Makes a key, and writes nothing yet.
    async fn forge(&self, place: Place, note: Note, now: i64) -> Result<Forged, Fault> {
        let Place { algorithm, ordinal, signs_from } = place;
        let sealer = Arc::clone(&self.key_sealer);
        let made = tokio::task::spawn_blocking(move || NewKey::generate(algorithm, &sealer))
            .await
            .map_err(|error| Fault::new("make a signing key", error))?
            .or_fault("make a signing key")?;
        let event = note.with("kid", made.kid.as_str()).with("alg", algorithm.name()).row(now);
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
        Ok(Forged { row, event, predecessor_leaves_at: signs_from + self.rules.longest_token })
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
            let place = Place { algorithm, ordinal, signs_from: now + self.rules.publish_ahead };
            made.extend(self.add_key(place, Note::operator(Event::KeyRotated), now).await?);
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
        let mut rows =
            store::keys::all(self.store.read()).await.or_fault("read the signing keys")?;
        for row in rows.iter_mut().filter(|row| row.kid == kid) {
            row.retired_at.get_or_insert(now);
        }
        // Made before it is known whether they are needed, for nothing must come between the key's end
        // and its successor's begin: an algorithm without a key that signs answers nobody.
        let mut successors = Vec::new();
        for place in self.missing(&rows, now) {
            successors.push(self.forge(place, by_itself(), now).await?);
        }
        let name = kid.to_owned();
        let event = Note::operator(Event::KeyRetired).with("kid", kid).row(now);
        let retired = self.store.transaction(move |tx| {
            let (name, event, successors) = (name.clone(), event.clone(), successors.clone());
            Box::pin(async move {
                if !store::keys::retire(tx, &name, now).await? {
                    return Ok(None);
                }
                store::audit::record(tx, event).await?;
                let mut added = Vec::new();
                for forged in successors {
                    added.extend(add(tx, forged, now).await?);
                }
                store::revisions::bump(tx, REVISION).await?;
                Ok(Some(added))
            })
        });
        let retired = retired.await.or_fault("retire a signing key")?;
        retired.iter().flatten().for_each(said);
        // Where another node changed the keys in the same moment, another one may be missing.
        self.make_missing_keys(now).await?;
        self.reload_keys(now).await?;
        Ok(retired.is_some())
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
    pub fn jwks(&self, now: i64) -> String {
        self.ring.load().jwks(now)
    }
}
