//! What people show of themselves in apps, and change there.

use std::sync::Arc;

use uuid::Uuid;

use super::Account;
use super::enter::check_name;
use crate::core::audit::{Actor, Event, Note};
use crate::core::avatars::is_picture_url;
use crate::core::callers::Caller;
use crate::core::claims::StandardClaims;
use crate::core::email::Email;
use crate::core::proofs::Purpose;
use crate::core::refusal::OrFault as _;
use crate::core::sessions::Place;
use crate::core::{Core, Failure, Refusal};
use crate::store;

/// How often a change begins anew because another one came first.
const TRIES: u32 = 5;

/// What is to change; what is none stays as it is.
#[derive(Debug, Default)]
pub struct Profile {
    pub name: Option<String>,
    pub email: Option<String>,
    pub picture: Option<Picture>,
}

/// The picture that an account is to show.
#[derive(Debug)]
pub enum Picture {
    Nothing,
    /// One elsewhere.
    Url(String),
    /// One that we are given to keep.
    File(Vec<u8>),
}

impl Profile {
    /// All that is wrong with what a person wants to show, except that it may be taken.
    #[must_use]
    pub fn check(&self) -> Vec<Refusal> {
        let name = self.name.as_deref().map(str::trim);
        let picture = match &self.picture {
            Some(Picture::Url(url)) if !is_picture_url(url) => Some(Refusal::PictureUrlMalformed),
            _ => None,
        };
        let name = name.and_then(|name| check_name(name).err());
        let email = self.email.as_deref().and_then(|email| Email::parse(email).err());
        [name, email, picture].into_iter().flatten().collect()
    }
}

impl Core {
    /// Changes what the caller's account shows, and says what it is then. An address that is not the
    /// account's begins [`Core::ask_email_change`]; the account's own withdraws one that has begun.
    ///
    /// # Errors
    /// The first of [`Profile::check`]; for a picture those of [`Core::prepare_avatar`]; for an address
    /// also [`Refusal::ApiKeyInsufficient`] and those of [`Core::ask_email_change`]. With any of these
    /// nothing changes.
    pub async fn change_profile(
        self: &Arc<Self>,
        caller: &Caller,
        wanted: Profile,
        place: &Place,
        now: i64,
    ) -> Result<Account, Failure> {
        if let Some(first) = wanted.check().into_iter().next() {
            return Err(first.into());
        }
        let id = caller.account.id;
        let (picture, file) = match wanted.picture {
            Some(Picture::File(bytes)) => (None, Some(self.prepare_avatar(bytes).await?)),
            other => (other, None),
        };
        if let Some(email) = &wanted.email {
            self.change_shown_email(caller, email, place, now).await?;
        }
        if let Some(file) = file {
            self.set_prepared(id, file, place.clone(), now).await?;
        }
        match picture {
            Some(Picture::Url(url)) => self.set_picture_url(id, &url, place, now).await?,
            Some(Picture::Nothing) => self.remove_picture(id, place, now).await?,
            Some(Picture::File(_)) | None => {}
        }
        if let Some(name) = &wanted.name {
            self.rename(id, name.trim(), place, now).await?;
        }
        self.account_now(id, now).await
    }

    async fn change_shown_email(
        self: &Arc<Self>,
        caller: &Caller,
        email: &str,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        let account = &caller.account;
        let wanted = Email::parse(email)?.key;
        let pending = account.pending_email.as_deref().and_then(|it| Email::parse(it).ok());
        let is_own = Email::parse(&account.email).is_ok_and(|own| own.key == wanted);
        match pending {
            Some(pending) if pending.key == wanted => Ok(()),
            None if is_own => Ok(()),
            Some(_) if is_own => {
                caller.session()?;
                let begun = [Purpose::ChangeEmail.name()];
                let void = store::proofs::void(self.store.write(), account.id, &begun).await;
                Ok(void.or_fault("withdraw a change of address")?)
            }
            _ => self.ask_email_change(caller.owner()?, (None, email), place.clone(), now).await,
        }
    }

    async fn rename(&self, id: Uuid, name: &str, place: &Place, now: i64) -> Result<(), Failure> {
        let note = Note::new(Event::AccountChanged, Actor::Account(id), place).account(id);
        let note = note.with("what", "name");
        for _ in 0..TRIES {
            let row = store::accounts::by_id(self.store.read(), id).await;
            let old = row.or_fault("find an account")?.ok_or(Refusal::AccountGone)?.claims;
            let mut claims: StandardClaims =
                serde_json::from_str(&old).or_fault("read an account's claims")?;
            if claims.name.as_deref() == Some(name) {
                return Ok(());
            }
            claims.name = Some(name.to_owned());
            let new = serde_json::to_string(&claims).or_fault("write an account's claims")?;
            let event = note.row(now);
            let changed = self.store.transaction(move |tx| {
                let (old, new, event) = (old.clone(), new.clone(), event.clone());
                Box::pin(async move {
                    let changed = store::accounts::set_claims(tx, id, (&old, &new), now).await?;
                    if changed {
                        store::audit::record(tx, event).await?;
                    }
                    Ok(changed)
                })
            });
            if changed.await.or_fault("change a name")? {
                tracing::info!(account.id = %id, "accounts.rename");
                return Ok(());
            }
        }
        Err(Refusal::Busy { retry_after: 1 }.into())
    }

    /// An account as it is now.
    ///
    /// # Errors
    /// [`Refusal::AccountGone`].
    pub async fn account_now(&self, id: Uuid, now: i64) -> Result<Account, Failure> {
        let person = store::accounts::person(self.store.read(), id, now).await;
        let person = person.or_fault("find an account")?.ok_or(Refusal::AccountGone)?;
        Ok(Account::of_person(person)?)
    }
}
