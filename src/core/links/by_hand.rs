//! A link that its owner makes by hand, from the account's page; and what is written of any new one.

use super::Astray;
use super::rights::{self, Fresh};
use crate::core::accounts::Account;
use crate::core::audit::{Actor, Event, Note};
use crate::core::mail::letter::{Letter, Occasion, Reader};
use crate::core::refusal::OrFault as _;
use crate::core::sessions::{Owner, Place};
use crate::core::{Core, Failure, Fault, Refusal};
use crate::store::{self, DbErr, Transaction, entity};
use crate::upstream::{Identity, Upstream};

impl Core {
    /// Links an identity to the account of whoever is signed in.
    pub(super) async fn link(
        &self,
        upstream: &Upstream,
        identity: &Identity,
        owner: Owner<'_>,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        let account = owner.account;
        let key = (upstream.id(), identity.issuer.as_str(), identity.person.subject.as_str());
        let found = store::links::by_identity(self.store.read(), key).await;
        match found.or_fault("find a link")? {
            Some((link, _)) if link.account_id == account.id => {
                return self.link_again(upstream, identity, link, now).await;
            }
            Some(_) => return Err(Astray::Taken.into()),
            None => {}
        }
        let link = self.draft_identity(upstream, identity, account.id, None, now)?;
        let added = self.draft_adding(upstream, account, &link, place, now)?;
        let fresh = Fresh { claims: serde_json::Map::new(), ..Fresh::of(upstream, identity) };
        let (id, session_id) = (account.id, owner.session_id);
        let idle_since = now - self.rules.session_idle;
        let linked = self.store.transaction(move |tx| {
            let (link, fresh, added) = (link.clone(), fresh.clone(), added.clone());
            Box::pin(async move {
                // Whoever cut the session off meanwhile wants nothing that it began.
                let is_live = store::accounts::hold(tx, id).await?
                    && store::sessions::hold(tx, (session_id, id), idle_since, now).await?;
                if !is_live {
                    return Ok(false);
                }
                let link = fresh.write(tx, link, now).await?;
                added.write(tx, link).await?;
                Ok(true)
            })
        });
        match linked.await {
            Err(error) if store::is_taken(&error) => Err(Astray::Taken.into()),
            other => {
                if !other.or_fault("link an account")? {
                    return Err(Refusal::NotSignedIn.into());
                }
                tracing::info!(account.id = %id, upstream.id = upstream.id(), "links.link");
                Ok(())
            }
        }
    }

    /// An identity that opens this account already: what the upstream gave out just now is kept.
    async fn link_again(
        &self,
        upstream: &Upstream,
        identity: &Identity,
        link: entity::links::Model,
        now: i64,
    ) -> Result<(), Failure> {
        let account_id = link.account_id;
        let link = self.draft_identity(upstream, identity, account_id, Some(link), now)?;
        let noted = self.store.transaction(move |tx| {
            let link = link.clone();
            Box::pin(async move {
                if !store::accounts::hold(tx, account_id).await? {
                    return Ok(false);
                }
                match rights::as_it_gives(tx, link).await? {
                    Some(link) => store::links::note_use(tx, &link).await,
                    None => Ok(false),
                }
            })
        });
        if noted.await.or_fault("link an account")? {
            Ok(())
        } else {
            Err(Refusal::NotSignedIn.into())
        }
    }

    pub(super) fn draft_adding(
        &self,
        upstream: &Upstream,
        account: &Account,
        link: &entity::links::Model,
        place: &Place,
        now: i64,
    ) -> Result<Adding, Fault> {
        let letter =
            Letter::WayInAdded { upstream: upstream.name(), occasion: Occasion::new(place, now) };
        let mail = self.write_letter(&Reader::owner(account, place.language), &letter, now)?;
        let note = Note::new(Event::LinkAdded, Actor::Account(account.id), place);
        let note = note.account(account.id).with("upstream", upstream.id());
        let event = note.with("link", link.id.to_string()).row(now);
        Ok(Adding { mail, event })
    }
}

/// A link that is new, and its owner's mail about it.
#[derive(Clone)]
pub(super) struct Adding {
    mail: entity::mails::Model,
    event: entity::audit_events::Model,
}

impl Adding {
    pub(super) async fn write(
        self,
        tx: &Transaction,
        link: entity::links::Model,
    ) -> Result<(), DbErr> {
        store::links::add(tx, link).await?;
        store::audit::record(tx, self.event).await?;
        store::mails::add(tx, self.mail).await
    }
}
