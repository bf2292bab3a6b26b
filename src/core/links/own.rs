//! A person's own links: what there is, and its end.

use std::sync::Arc;

use uuid::Uuid;

use super::Astray;
use super::rights;
use crate::core::audit::{Actor, Event, Note};
use crate::core::refusal::OrFault as _;
use crate::core::sessions::{Owner, Place};
use crate::core::{Core, Failure, Refusal};
use crate::store::{self, entity};

/// A link as its owner may know it.
#[derive(Clone, Debug)]
pub struct Linked {
    pub id: Uuid,
    /// The upstream's id, and its name where the configuration still has it.
    pub upstream: String,
    pub name: String,
    /// The subject there.
    pub subject: String,
    pub email: Option<String>,
    pub created_at: i64,
    pub last_used_at: i64,
    /// What the upstream said that its tokens are good for.
    pub scopes: Vec<String>,
}

impl Core {
    fn linked(&self, row: entity::links::Model) -> Linked {
        let scopes = self.open_tokens(&row).map(|tokens| tokens.scopes).unwrap_or_default();
        let name = self.upstream_name(&row.upstream).unwrap_or(&row.upstream).to_owned();
        Linked {
            id: row.id,
            upstream: row.upstream,
            name,
            subject: row.subject,
            email: row.email,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            scopes,
        }
    }

    /// An account's links, oldest first.
    ///
    /// # Errors
    /// A fault.
    pub async fn links(&self, account_id: Uuid) -> Result<Vec<Linked>, Failure> {
        let rows = store::links::of_account(self.store.read(), account_id).await;
        Ok(rows.or_fault("list links")?.into_iter().map(|row| self.linked(row)).collect())
    }

    /// Whether whoever is signed in may change by which accounts elsewhere they get in: it takes a
    /// sign-in of a moment ago.
    ///
    /// # Errors
    /// [`Refusal::SignInTooOld`].
    pub fn may_link(&self, owner: Owner<'_>, now: i64) -> Result<(), Refusal> {
        owner.require_recent(now)
    }

    /// Removes a link of whoever is signed in, with the roles that it gave and the other sessions that
    /// it opened; what the upstream gave out is given back. Never the last way in.
    ///
    /// # Errors
    /// [`Refusal::SignInTooOld`]; [`Refusal::Unknown`], another's link reads like none;
    /// [`Astray::LastWayIn`].
    pub async fn unlink(
        self: &Arc<Self>,
        owner: Owner<'_>,
        id: Uuid,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        owner.require_recent(now)?;
        let (account_id, kept) = (owner.account.id, owner.session_id);
        let enabled = self.upstreams.iter().filter(|it| it.config().enabled);
        let open: Vec<_> = enabled.map(|it| (it.id().to_owned(), it.issuer())).collect();
        let note = Note::new(Event::LinkRemoved, Actor::Account(account_id), place);
        let note = note.account(account_id).with("link", id.to_string());
        let removed = self.store.transaction(move |tx| {
            let (open, note) = (open.clone(), note.clone());
            Box::pin(async move {
                if !store::accounts::hold(tx, account_id).await? {
                    return Ok(None);
                }
                let removed = store::links::remove(tx, account_id, id, &open).await?;
                if let Some(link) = &removed {
                    rights::take(tx, link, now).await?;
                    store::sessions::end_by_link(tx, id, kept, now).await?;
                    let note = note.with("upstream", link.upstream.as_str());
                    store::audit::record(tx, note.row(now)).await?;
                }
                Ok(removed)
            })
        });
        let Some(link) = removed.await.or_fault("remove a link")? else {
            let found = store::links::of_id(self.store.read(), account_id, id).await;
            let is_there = found.or_fault("find a link")?.is_some();
            return Err(if is_there { Astray::LastWayIn.into() } else { Refusal::Unknown.into() });
        };
        tracing::info!(account.id = %account_id, upstream.id = link.upstream, "links.unlink");
        self.return_tokens_later(vec![link], now);
        Ok(())
    }
}
