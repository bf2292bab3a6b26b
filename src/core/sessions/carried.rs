//! Sessions as first-party apps carry them on, list them and end them.

use uuid::Uuid;

use super::{Kind, Owner, Place, Session};
use crate::core::accounts::Account;
use crate::core::audit::{Actor, Event, Note};
use crate::core::refusal::OrFault as _;
use crate::core::tokens::CarryingClaims;
use crate::core::{Core, Failure, Fault, Refusal};
use crate::jose::{Secret, TokenKind};
use crate::store;
use crate::store::sessions::{By, Carrying, Glimpse};

impl Core {
    /// Exchanges the token that carries a session on for a later one: a refresh token, or the one token
    /// of a [`Kind::Bearer`]. A retry of the token just superseded, within the grace, gets the same
    /// successor again; an older one ends the session.
    ///
    /// # Errors
    /// [`Refusal::CredentialInvalid`], [`Refusal::RefreshReplayed`].
    pub async fn carry_on(
        &self,
        kind: TokenKind,
        token: &Secret,
        place: &Place,
        now: i64,
    ) -> Result<(Account, Session), Failure> {
        let claims = self.carrying(kind, token, now).ok_or(Refusal::CredentialInvalid)?;
        let carrying = Carrying {
            id: claims.sid,
            kind: claims.session_kind.name(),
            generation: claims.generation,
            now,
            idle_since: now - self.rules.session_idle,
            lifetime: self.lifetime(claims.session_kind),
            absolute: self.rules.session_absolute,
        };
        let moved = store::sessions::carry_on(self.store.write(), &carrying).await;
        let moved = moved.or_fault("carry a session on")?.is_some();
        let found = store::sessions::person(self.store.read(), By::Id(claims.sid), now).await;
        let (session, person) =
            found.or_fault("look at a session")?.ok_or(Refusal::CredentialInvalid)?;
        let account = Account::of_person(person)?;
        if !self.is_live(&session, now) || account.disabled {
            return Err(Refusal::CredentialInvalid.into());
        }
        if !moved && !self.is_retry(&session, &carrying).await? {
            return Err(self.punish(&session, &carrying, account.id, place).await?.into());
        }
        Ok((account, self.session(session)))
    }

    /// The claims of a token that carries a session on.
    pub(super) fn carrying(
        &self,
        kind: TokenKind,
        token: &Secret,
        now: i64,
    ) -> Option<CarryingClaims> {
        let ring = self.ring.load();
        let claims: CarryingClaims = ring.verify(kind, token.expose(), now).ok()?;
        let is_right_kind = match kind {
            TokenKind::Refresh => {
                matches!(claims.session_kind, Kind::CookiePair | Kind::TokenPair)
            }
            _ => claims.session_kind == Kind::Bearer,
        };
        let ours = claims.is_first_party(&self.rules.issuer) && claims.exp > now / 1000;
        (ours && is_right_kind).then_some(claims)
    }

    /// Whether the token is the one just superseded, whose answer may have been lost.
    async fn is_retry(&self, session: &Glimpse, carrying: &Carrying<'_>) -> Result<bool, Fault> {
        if session.generation != carrying.generation + 1 {
            return Ok(false);
        }
        let at = store::sessions::rotated_at(self.store.read(), session.id).await;
        let at = at.or_fault("look at a session")?;
        Ok(at.is_some_and(|at| carrying.now - at < self.rules.refresh_grace))
    }

    /// A superseded token came back: whoever is the thief, both lose the session (RFC 9700 §4.14.2).
    async fn punish(
        &self,
        session: &Glimpse,
        carrying: &Carrying<'_>,
        account_id: Uuid,
        place: &Place,
    ) -> Result<Refusal, Fault> {
        if session.generation <= carrying.generation {
            // The write found the session wanting and the read does not: the database answered from
            // two moments. Refused, not punished.
            return Ok(Refusal::CredentialInvalid);
        }
        tracing::warn!(session.id = %session.id, "sessions.replayed");
        let note = Note::new(Event::SessionReplayed, Actor::Anyone, place);
        let event = note.account(account_id).session(session.id).row(carrying.now);
        let (id, now) = (session.id, carrying.now);
        let ended = self.store.transaction(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                store::sessions::end_by_id(tx, id, account_id, now).await?;
                store::audit::record(tx, event).await
            })
        });
        ended.await.or_fault("end a session")?;
        Ok(Refusal::RefreshReplayed)
    }

    /// An account's live sessions, the one used last first.
    ///
    /// # Errors
    /// A fault.
    pub async fn sessions(&self, account_id: Uuid, now: i64) -> Result<Vec<Session>, Failure> {
        let since = now - self.rules.session_idle;
        let rows = store::sessions::of_account(self.store.read(), account_id, now, since).await;
        let rows = rows.or_fault("list sessions")?;
        Ok(rows.into_iter().map(|row| self.session(row)).collect())
    }

    /// Ends a session of an account's own.
    ///
    /// # Errors
    /// [`Refusal::Unknown`]: another's session reads like none.
    pub async fn end_session(
        &self,
        account_id: Uuid,
        id: Uuid,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        let note = Note::new(Event::SessionEnded, Actor::Account(account_id), place);
        let event = note.account(account_id).session(id).row(now);
        let ended = self.store.transaction(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                let ended = store::sessions::end_by_id(tx, id, account_id, now).await?;
                if ended {
                    store::audit::record(tx, event).await?;
                }
                Ok(ended)
            })
        });
        if ended.await.or_fault("end a session")? { Ok(()) } else { Err(Refusal::Unknown.into()) }
    }

    /// Ends the session that a request belongs to. Of two requests at once both find it ended.
    ///
    /// # Errors
    /// A fault.
    pub async fn end_own_session(
        &self,
        owner: Owner<'_>,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        match self.end_session(owner.account.id, owner.session_id, place, now).await {
            Err(Failure::Refused(Refusal::Unknown)) => Ok(()),
            other => other,
        }
    }

    /// Ends every session of an account, or every one but `kept`, and with them all that relying
    /// parties were granted, what outlives a sign-out included.
    ///
    /// # Errors
    /// A fault.
    pub async fn end_sessions(
        &self,
        account_id: Uuid,
        kept: Option<Uuid>,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        let note = Note::new(Event::SessionEnded, Actor::Account(account_id), place);
        let event = note.account(account_id).with("all", true).row(now);
        let ended = self.store.transaction(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                if let Some(kept) = kept {
                    store::sessions::end_others(tx, account_id, kept, now).await?;
                    store::grants::end_others(tx, account_id, kept, now).await?;
                } else {
                    store::sessions::end_all(tx, account_id, now).await?;
                    store::grants::end_all(tx, account_id, now).await?;
                }
                store::audit::record(tx, event).await
            })
        });
        Ok(ended.await.or_fault("end sessions")?)
    }
}
