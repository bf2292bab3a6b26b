//! The picture of a person: one that they gave us to keep, or the address of one elsewhere, which is
//! remembered and never fetched.
//!
//! Ours lies under a random key in the object storage; the account's row names the key, which leaves
//! the house only inside a signed link. The object comes before the row and goes after it, so that no
//! row names one that is not there.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;
use uuid::Uuid;

use super::accounts::Account;
use super::audit::{Actor, Event, Note};
use super::claims::StandardClaims;
use super::refusal::OrFault as _;
use super::sessions::Place;
use super::{Core, Failure, Fault, Refusal};
use crate::jose::random;
use crate::store;
use crate::store::accounts::Picture;

mod link;
mod prepare;
#[cfg(test)]
mod tests;
mod whole;

pub use link::{MEDIA, Media};
pub use prepare::{Avatar, LARGEST};

/// How long a link to a picture works; S3 signs none that works for longer.
const LINK_LIFETIME: Duration = Duration::from_hours(7 * 24);
/// Of the address of a picture elsewhere, in bytes.
const LONGEST_URL: usize = 2048;
/// Pictures that wait for their turn to be decoded, for each that is.
const WAITING: usize = 8;
/// How often a change begins anew because another one came first.
const TRIES: u32 = 5;

/// Whose turn it is to decode a picture: as many at once as there are cores.
pub(super) struct Turns {
    admitted: Arc<Semaphore>,
    working: Arc<Semaphore>,
}

impl Default for Turns {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            admitted: Arc::new(Semaphore::new(cores * (1 + WAITING))),
            working: Arc::new(Semaphore::new(cores)),
        }
    }
}

impl Turns {
    async fn take(&self) -> Result<(OwnedSemaphorePermit, OwnedSemaphorePermit), Failure> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned();
        let admitted = admitted.map_err(|_| Refusal::Busy { retry_after: 1 })?;
        let working = Arc::clone(&self.working).acquire_owned().await;
        let working = working.map_err(|error| Fault::new("decode a picture", error))?;
        Ok((admitted, working))
    }
}

/// What an account is to show.
enum New {
    Nothing,
    Url(String),
    Object(String),
}

impl Core {
    /// What a picture becomes before it is kept: see [`Refusal::ImageUnreadable`] for what is not taken.
    ///
    /// # Errors
    /// [`Refusal::ImageTooLarge`], [`Refusal::ImageTooManyPixels`], [`Refusal::ImageUnreadable`],
    /// [`Refusal::Busy`].
    pub async fn prepare_avatar(&self, bytes: Vec<u8>) -> Result<Avatar, Failure> {
        if bytes.len() > LARGEST {
            return Err(Refusal::ImageTooLarge.into());
        }
        let turn = self.picture_turns.take().await?;
        let prepared = tokio::task::spawn_blocking(move || {
            let prepared = prepare::prepare(&bytes);
            // Not before: who stops waiting does not stop the work.
            drop(turn);
            prepared
        });
        Ok(prepared.await.map_err(|error| Fault::new("decode a picture", error))??)
    }

    /// Gives an account this picture, in place of whatever it showed.
    ///
    /// # Errors
    /// As [`Core::prepare_avatar`]; [`Refusal::NotSignedIn`] when the account is gone.
    pub async fn set_avatar(
        self: &Arc<Self>,
        account_id: Uuid,
        bytes: Vec<u8>,
        place: Place,
        now: i64,
    ) -> Result<(), Failure> {
        let avatar = self.prepare_avatar(bytes).await?;
        self.set_prepared(account_id, avatar, place, now).await
    }

    /// The same, with what [`Core::prepare_avatar`] made of it.
    pub(super) async fn set_prepared(
        self: &Arc<Self>,
        account_id: Uuid,
        avatar: Avatar,
        place: Place,
        now: i64,
    ) -> Result<(), Failure> {
        let core = Arc::clone(self);
        // To its end, even if nobody waits for it any more: half of it would be an object without a row.
        let kept =
            tokio::spawn(async move { core.keep_avatar(account_id, avatar, &place, now).await });
        kept.await.map_err(|error| Fault::new("keep a picture", error))?
    }

    /// Has an account show the picture at an http or https URL. It is never fetched from here.
    ///
    /// # Errors
    /// [`Refusal::PictureUrlMalformed`]; [`Refusal::NotSignedIn`] when the account is gone.
    pub async fn set_picture_url(
        &self,
        account_id: Uuid,
        url: &str,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        if !is_picture_url(url) {
            return Err(Refusal::PictureUrlMalformed.into());
        }
        self.replace_picture(account_id, &New::Url(url.to_owned()), place, now).await
    }

    /// Has an account show no picture.
    ///
    /// # Errors
    /// [`Refusal::NotSignedIn`] when the account is gone.
    pub async fn remove_picture(
        &self,
        account_id: Uuid,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        self.replace_picture(account_id, &New::Nothing, place, now).await
    }

    async fn keep_avatar(
        &self,
        account_id: Uuid,
        avatar: Avatar,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        // Without it there is nothing to keep; and if the database is away, nothing is begun.
        self.picture_of(account_id).await?.ok_or(Refusal::NotSignedIn)?;
        let key = random::named("avatars/");
        let put = self.blobs.put(&key, avatar.bytes, avatar.media_type).await;
        let kept = match put.or_fault("keep a picture") {
            Ok(()) => self.replace_picture(account_id, &New::Object(key.clone()), place, now).await,
            Err(fault) => {
                // Part of it may be there.
                self.forget_picture(Some(key)).await;
                return Err(fault.into());
            }
        };
        if kept.is_err() {
            self.forget_unnamed(account_id, key).await;
        }
        kept
    }

    /// Removes an object whose row was not written. A database that went away in the middle may have
    /// written it all the same, so it is asked.
    async fn forget_unnamed(&self, account_id: Uuid, key: String) {
        match self.picture_of(account_id).await {
            Ok(Some(picture)) if picture.key.as_ref() == Some(&key) => {}
            Ok(_) => self.forget_picture(Some(key)).await,
            Err(error) => {
                tracing::error!(object.key = key, %error, "avatars.keep: perhaps without its account");
            }
        }
    }

    /// Removes the object that an account showed and shows no longer. Nobody can name it any more, so
    /// where that fails the log says what is left to be removed.
    pub(super) async fn forget_picture(&self, key: Option<String>) {
        let Some(key) = key else { return };
        if let Err(error) = self.blobs.remove(&key).await {
            tracing::error!(object.key = key, %error, "avatars.forget: still in the storage");
        }
    }

    async fn replace_picture(
        &self,
        id: Uuid,
        new: &New,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        let note = Note::new(Event::AccountChanged, Actor::Account(id), place).account(id);
        let note = note.with("what", "picture");
        for _ in 0..TRIES {
            let old = self.picture_of(id).await?.ok_or(Refusal::NotSignedIn)?;
            let mut claims: StandardClaims =
                serde_json::from_str(&old.claims).or_fault("read an account's claims")?;
            let (url, key) = match new {
                New::Nothing => (None, None),
                New::Url(url) => (Some(url.clone()), None),
                New::Object(key) => (None, Some(key.clone())),
            };
            claims.picture = url;
            let claims = serde_json::to_string(&claims).or_fault("write an account's claims")?;
            let (gone, new, event) = (old.key.clone(), Picture { claims, key }, note.row(now));
            let changed = self.store.transaction(move |tx| {
                let (old, new, event) = (old.clone(), new.clone(), event.clone());
                Box::pin(async move {
                    if !store::accounts::set_picture(tx, id, old, new, now).await? {
                        return Ok(false);
                    }
                    store::audit::record(tx, event).await?;
                    Ok(true)
                })
            });
            if changed.await.or_fault("change a picture")? {
                self.forget_picture(gone).await;
                tracing::info!(account.id = %id, "avatars.change");
                return Ok(());
            }
        }
        Err(Refusal::Busy { retry_after: 1 }.into())
    }

    async fn picture_of(&self, id: Uuid) -> Result<Option<Picture>, Fault> {
        let row =
            store::accounts::by_id(self.store.read(), id).await.or_fault("find an account")?;
        Ok(row.map(|row| Picture { claims: row.claims, key: row.picture_key }))
    }

    /// The account with its picture among its claims, as others are to see it.
    pub(super) async fn pictured(&self, mut account: Account, now: i64) -> Account {
        account.claims.picture = self.picture_link(&account, now).await;
        account
    }
}

/// Something that a browser can load a picture from, and that carries nothing else: no credentials, no
/// scheme that runs code.
pub(super) fn is_picture_url(text: &str) -> bool {
    let is_plain = |c: char| !c.is_control() && !c.is_whitespace();
    text.len() <= LONGEST_URL
        && text.chars().all(is_plain)
        && Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
        })
}
