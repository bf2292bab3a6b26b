//! What relying parties have of a person: what was allowed them, and the grants that came of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::audit::{Actor, Event, Note};
use super::clients::Client;
use super::refusal::OrFault as _;
use super::scope::Scope;
use super::sessions::{Owner, Place};
use super::{Core, Failure, Refusal};
use crate::store;

/// An app that a person has let in.
#[derive(Clone)]
pub struct Access {
    pub client_id: String,
    /// None where there is no such client any more.
    pub client: Option<Arc<Client>>,
    /// All that it may see and do, single claims by [`Scope::of_claim`].
    pub scope: Scope,
    /// Since when, in milliseconds.
    pub since: i64,
    /// When it last got tokens by what still stands.
    pub last_used_at: Option<i64>,
}

impl Core {
    /// The apps that an account has allowed something, or that hold a grant that stands; the one used
    /// last first.
    ///
    /// # Errors
    /// A fault.
    pub async fn accesses(&self, owner: Owner<'_>, now: i64) -> Result<Vec<Access>, Failure> {
        let id = owner.account.id;
        let consents = store::consents::of_account(self.store.read(), id).await;
        let at = (now, now - self.rules.session_idle);
        let given = store::grants::of_account(self.store.read(), id, at).await;
        let mut known: BTreeMap<String, Access> = BTreeMap::new();
        let mut add = |client_id: String, scope: &str, since: i64, used: Option<i64>| {
            let access = known.entry(client_id.clone()).or_insert_with(|| Access {
                client_id,
                client: None,
                scope: Scope::default(),
                since,
                last_used_at: None,
            });
            let scope = Scope::stored(scope);
            access.scope = std::mem::take(&mut access.scope).union(&scope);
            access.since = access.since.min(since);
            access.last_used_at = access.last_used_at.max(used);
        };
        for consent in consents.or_fault("list consents")? {
            add(consent.client_id, &consent.scope, consent.created_at, None);
        }
        for given in given.or_fault("list grants")? {
            add(given.client_id, &given.scope, given.since, Some(given.last_used_at));
        }
        let mut all: Vec<Access> = known.into_values().collect();
        for access in &mut all {
            access.client = self.find_client(&access.client_id, now).await?;
        }
        all.sort_by_key(|access| std::cmp::Reverse(access.last_used_at.unwrap_or(access.since)));
        Ok(all)
    }

    /// Takes back all that an account has allowed an app, with every grant, what outlives a sign-out
    /// and codes on their way included: no token of theirs is worth anything from then on.
    ///
    /// # Errors
    /// [`Refusal::Unknown`]: the app has nothing of this account.
    pub async fn revoke_access(
        &self,
        owner: Owner<'_>,
        client_id: &str,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        let (id, client_id) = (owner.account.id, client_id.to_owned());
        let note = Note::new(Event::AccessRevoked, Actor::Account(id), place).account(id);
        let event = note.client(&client_id).row(now);
        let revoked = self.store.transaction(move |tx| {
            let (client_id, event) = (client_id.clone(), event.clone());
            Box::pin(async move {
                let forgotten = store::consents::forget(tx, id, &client_id).await?;
                let ended = store::grants::end_between(tx, (id, &client_id), now).await?;
                if forgotten || ended {
                    store::audit::record(tx, event).await?;
                }
                Ok(forgotten || ended)
            })
        });
        if !revoked.await.or_fault("revoke an app's access")? {
            return Err(Refusal::Unknown.into());
        }
        tracing::info!(account.id = %id, "access.revoke");
        Ok(())
    }
}
