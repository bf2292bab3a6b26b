//! API keys: with one a program acts for a person, except that it cannot change how that person, or
//! anybody, gets in. A key is shown once; what is kept is its digest.

use uuid::Uuid;

use super::audit::{Actor, Event, Note};
use super::refusal::OrFault as _;
use super::sessions::{Owner, Place};
use super::{Core, Failure, Fault, Refusal};
use crate::jose::{Secret, random};
use crate::store::{self, entity};

/// What every key begins with; no JWT does.
pub const PREFIX: &str = "pk_";
/// Characters of it that its owner is shown again, to tell it from others.
const HINT: usize = 7;
const LONGEST_NAME: usize = 64;
/// What a sealed key says it is.
const SEALED: &str = "new API key";
/// How long a new key may be on its way to the page that shows it, in milliseconds.
pub const SHOWN_FOR: i64 = 5 * 60 * 1000;
/// More are nobody's.
const MOST: u64 = 50;

/// A key as its owner may see it again.
#[derive(Clone, Debug)]
pub struct ApiKey {
    pub id: Uuid,
    pub name: String,
    pub hint: String,
    pub created_at: i64,
    pub last_used_at: Option<i64>,
    pub expires_at: Option<i64>,
}

impl From<entity::api_keys::Model> for ApiKey {
    fn from(row: entity::api_keys::Model) -> Self {
        Self {
            id: row.id,
            name: row.name,
            hint: row.hint,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
        }
    }
}

/// Makes a key: what is shown, and the row that makes it work.
pub(super) fn draft(
    account_id: Uuid,
    name: &str,
    expires_at: Option<i64>,
    now: i64,
) -> (Secret, entity::api_keys::Model) {
    let key = random::key(PREFIX);
    let row = entity::api_keys::Model {
        id: random::id(now),
        account_id,
        digest: key.digest().to_vec(),
        name: name.to_owned(),
        hint: key.expose().chars().take(HINT).collect(),
        created_at: now,
        last_used_at: None,
        expires_at,
    };
    (key, row)
}

impl Core {
    /// Gives an account one more key. `expires_at` in milliseconds; without it the key works until it
    /// is revoked.
    ///
    /// # Errors
    /// [`Refusal::NameMissing`], [`Refusal::NameTooLong`]; [`Refusal::TooMany`].
    pub async fn create_api_key(
        &self,
        account_id: Uuid,
        name: &str,
        expires_at: Option<i64>,
        place: &Place,
        now: i64,
    ) -> Result<(Secret, ApiKey), Failure> {
        let name = name.trim();
        if name.is_empty() {
            return Err(Refusal::NameMissing.into());
        }
        if name.chars().count() > LONGEST_NAME {
            return Err(Refusal::NameTooLong.into());
        }
        let (key, row) = draft(account_id, name, expires_at, now);
        let made = ApiKey::from(row.clone());
        let note = Note::new(Event::ApiKeyCreated, Actor::Account(account_id), place);
        let event = note.account(account_id).with("key", made.id.to_string()).row(now);
        let created = self.store.transaction(move |tx| {
            let (row, event) = (row.clone(), event.clone());
            Box::pin(async move {
                if store::api_keys::count(tx, account_id).await? >= MOST {
                    return Ok(false);
                }
                store::api_keys::add(tx, row).await?;
                store::audit::record(tx, event).await?;
                Ok(true)
            })
        });
        if !created.await.or_fault("make an API key")? {
            return Err(Refusal::TooMany.into());
        }
        Ok((key, made))
    }

    /// The same by its owner, who signed in a moment ago.
    ///
    /// # Errors
    /// [`Refusal::SignInTooOld`]; those of [`Core::create_api_key`].
    pub async fn create_own_api_key(
        &self,
        owner: Owner<'_>,
        name: &str,
        expires_at: Option<i64>,
        place: &Place,
        now: i64,
    ) -> Result<(Secret, ApiKey), Failure> {
        owner.require_recent(now)?;
        self.create_api_key(owner.account.id, name, expires_at, place, now).await
    }

    /// Seals a key that was just made for its way through the owner's browser to the page that shows
    /// it. It is good for this session alone, and for a few minutes.
    ///
    /// # Errors
    /// A fault.
    pub fn seal_api_key(&self, owner: Owner<'_>, key: &Secret, now: i64) -> Result<String, Fault> {
        let shown = (owner.session_id, now + SHOWN_FOR, key.expose());
        let plain = serde_json::to_vec(&shown).or_fault("seal an API key")?;
        self.sealer.seal(SEALED, &plain).or_fault("seal an API key")
    }

    /// Opens what [`Core::seal_api_key`] sealed.
    #[must_use]
    pub fn open_api_key(&self, owner: Owner<'_>, sealed: &str, now: i64) -> Option<Secret> {
        let plain = self.sealer.open(SEALED, sealed)?;
        let (session, until, key): (Uuid, i64, String) = serde_json::from_slice(&plain).ok()?;
        (session == owner.session_id && now < until).then(|| Secret::new(&key))
    }

    /// An account's keys, newest first.
    ///
    /// # Errors
    /// A fault.
    pub async fn api_keys(&self, account_id: Uuid) -> Result<Vec<ApiKey>, Failure> {
        let rows = store::api_keys::of_account(self.store.read(), account_id).await;
        Ok(rows.or_fault("list API keys")?.into_iter().map(ApiKey::from).collect())
    }

    /// Revokes a key of an account's own.
    ///
    /// # Errors
    /// [`Refusal::Unknown`]: another's key reads like none.
    pub async fn revoke_api_key(
        &self,
        account_id: Uuid,
        id: Uuid,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        let note = Note::new(Event::ApiKeyRevoked, Actor::Account(account_id), place);
        let event = note.account(account_id).with("key", id.to_string()).row(now);
        let revoked = self.store.transaction(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                let revoked = store::api_keys::remove(tx, account_id, id).await?;
                if revoked {
                    store::audit::record(tx, event).await?;
                }
                Ok(revoked)
            })
        });
        if revoked.await.or_fault("revoke an API key")? {
            Ok(())
        } else {
            Err(Refusal::Unknown.into())
        }
    }
}
