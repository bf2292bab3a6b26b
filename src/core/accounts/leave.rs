//! How people leave: their account goes, with all that belongs to it.

use std::sync::Arc;

use crate::core::audit::{Actor, Event, Note};
use crate::core::refusal::OrFault as _;
use crate::core::roles::ADMIN;
use crate::core::sessions::{Owner, Place};
use crate::core::{Core, Failure, Refusal, clients};
use crate::jose::Secret;
use crate::store;

/// Counted before somebody leaves, so that two administrators do not leave at the same time.
pub(in crate::core) const DEPARTURES: &str = "departures";

impl Core {
    /// Deletes the account of whoever is signed in. Without a password it takes a sign-in of a moment
    /// ago. The last enabled administrator stays.
    ///
    /// # Errors
    /// [`Refusal::SignInTooOld`], [`Refusal::PasswordWrong`], [`Refusal::Locked`];
    /// [`Refusal::LastAdmin`]; [`Refusal::NotSignedIn`] when the account is gone; [`Refusal::Busy`].
    pub async fn delete_own_account(
        self: &Arc<Self>,
        owner: Owner<'_>,
        password: Option<Secret>,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        match password {
            Some(password) => {
                self.check_current(owner.account, password, place, now).await?;
            }
            None => owner.require_recent(now)?,
        }
        let id = owner.account.id;
        let event =
            Note::new(Event::AccountDeleted, Actor::Account(id), place).account(id).row(now);
        let deleted = self.store.transaction(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                store::revisions::bump(tx, DEPARTURES).await?;
                let clients_of = store::applications::of_owner(tx, id).await?;
                let links = store::links::of_account(tx, id).await?;
                let deleted = store::accounts::delete_unless_last(tx, id, ADMIN).await?;
                let Some(deleted) = deleted else { return Ok(None) };
                clients::forget_owned(tx, &clients_of, now).await?;
                store::audit::record(tx, event).await?;
                Ok(Some((deleted, clients_of, links)))
            })
        });
        let Some((deleted, clients_of, links)) = deleted.await.or_fault("delete an account")?
        else {
            let known = store::accounts::by_id(self.store.read(), id).await;
            let is_there = known.or_fault("find an account")?.is_some();
            return Err(if is_there { Refusal::LastAdmin } else { Refusal::NotSignedIn }.into());
        };
        self.let_go_of(&clients_of).await;
        self.forget_picture(deleted.picture_key).await;
        self.return_tokens_later(links, now);
        tracing::info!(account.id = %id, "accounts.delete_own");
        Ok(())
    }
}
