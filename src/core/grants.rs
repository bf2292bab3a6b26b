//! Grants: a code is redeemed once; a family of refresh tokens has one living generation.
//!
//! One guarded write decides each. Only who lost looks at the row to learn why, and a replay is
//! punished before it is refused: the punishment outlives the refusal.

use uuid::Uuid;

use super::audit::{Actor, Event, Note};
use super::clients::Client;
use super::refusal::OrFault as _;
use super::scope::Scope;
use super::sessions::{Place, TOUCH_EVERY};
use super::tokens::{Issue, RefreshClaims, TokenSet};
use super::{Core, Failure, Fault, Refusal};
use crate::jose::{Secret, TokenKind, digest};
use crate::store;
use crate::store::grants::{Redemption, Rotation, Standing};

/// An authorization code, and what the app says of it.
pub struct CodeUse<'a> {
    pub code: &'a Secret,
    pub redirect_uri: &'a str,
    pub verifier: Option<&'a str>,
    /// Resource indicators (RFC 8707 §2.2).
    pub resources: &'a [String],
    pub place: &'a Place,
}

/// A refresh token, and what the app wants for it.
pub struct RefreshUse<'a> {
    pub token: &'a Secret,
    /// Less than the grant's whole scope, if any.
    pub scope: Option<&'a Scope>,
    pub resources: &'a [String],
    pub place: &'a Place,
}

impl Core {
    /// Redeems an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.6).
    ///
    /// # Errors
    /// One of the `Code…` refusals, [`Refusal::TargetUnknown`], or a fault.
    pub async fn redeem(
        &self,
        client: &Client,
        used: CodeUse<'_>,
        now: i64,
    ) -> Result<TokenSet, Failure> {
        let code_digest = used.code.digest();
        // A verifier for a code without a challenge, and none for one with, both differ here.
        let challenge = used.verifier.map(digest::s256).unwrap_or_default();
        let redemption = Redemption {
            code_digest: &code_digest,
            client_id: &client.id,
            redirect_uri: used.redirect_uri,
            challenge: &challenge,
            now,
            idle_since: now - self.rules.session_idle,
        };
        if !used.resources.is_empty() {
            Box::pin(self.check_target(&redemption, used.resources)).await?;
        }
        let spent = store::grants::spend_code(self.store.write(), &redemption)
            .await
            .or_fault("spend a code")?;
        let Some(mut grant) = spent else {
            return Err(Box::pin(self.why_not_redeemed(&redemption, used.place)).await?.into());
        };
        let issue = Issue {
            scope: Scope::stored(&grant.scope),
            resources: self.resources(&grant.resources, used.resources)?,
            nonce: grant.nonce.take(),
            code: Some(used.code.expose()),
        };
        Ok(self.token_set(client, &grant, issue, now).await?)
    }

    /// Whether the grant reaches the resources asked for: looked at before the code is spent, so that
    /// a refused request spends nothing. What a grant reaches never changes.
    async fn check_target(
        &self,
        redemption: &Redemption<'_>,
        asked: &[String],
    ) -> Result<(), Failure> {
        let grant = store::grants::by_code(self.store.read(), redemption.code_digest)
            .await
            .or_fault("find a code")?;
        match grant.filter(|grant| grant.client_id == redemption.client_id) {
            Some(grant) => Ok(self.resources(&grant.resources, asked).map(drop)?),
            None => Ok(()),
        }
    }

    async fn why_not_redeemed(
        &self,
        redemption: &Redemption<'_>,
        place: &Place,
    ) -> Result<Refusal, Fault> {
        let grant = store::grants::by_code(self.store.read(), redemption.code_digest)
            .await
            .or_fault("find a code")?;
        let Some(grant) = grant else { return Ok(Refusal::CodeUnknown) };
        if grant.client_id != redemption.client_id {
            return Ok(Refusal::CodeBoundElsewhere);
        }
        if grant.spent_at.is_some() {
            // RFC 6749 §4.1.2: a second use revokes what the first one gave.
            let by = Actor::Client(grant.client_id.clone());
            let note = Note::new(Event::CodeReplayed, by, place)
                .account(grant.account_id)
                .session(grant.session_id);
            self.end_grant(grant.id, note.client(&grant.client_id), redemption.now).await?;
            tracing::warn!(grant.id = %grant.id, client.id = grant.client_id, "grants.code_replayed");
            return Ok(Refusal::CodeSpent);
        }
        let is_bound_elsewhere = grant.redirect_uri != redemption.redirect_uri
            || grant.challenge != redemption.challenge;
        Ok(if is_bound_elsewhere {
            Refusal::CodeBoundElsewhere
        } else if grant.code_expires_at <= redemption.now {
            Refusal::CodeExpired
        } else {
            Refusal::CodeOrphaned
        })
    }

    /// Uses a refresh token (RFC 6749 §6), for a scope and resources no wider than the grant's.
    ///
    /// # Errors
    /// One of the `Refresh…` refusals, [`Refusal::GrantEnded`], [`Refusal::ScopeTooWide`],
    /// [`Refusal::TargetUnknown`], or a fault.
    pub async fn refresh(
        &self,
        client: &Client,
        used: RefreshUse<'_>,
        now: i64,
    ) -> Result<TokenSet, Failure> {
        let claims: RefreshClaims<'_> = self
            .ring
            .load()
            .verify(TokenKind::Refresh, used.token.expose(), now)
            .map_err(|_| Refusal::RefreshUnknown)?;
        let ours = claims.iss == self.rules.issuer && claims.aud == self.rules.issuer;
        if !ours || claims.client_id != client.id {
            return Err(Refusal::RefreshUnknown.into());
        }
        if claims.exp <= now / 1000 {
            return Err(Refusal::RefreshExpired.into());
        }
        // Told from the token alone, so that a refused request uses nothing up.
        let full = Scope::stored(&claims.scope);
        let scope = used.scope.unwrap_or(&full);
        if !scope.is_within(&full) {
            return Err(Refusal::ScopeTooWide.into());
        }
        let resources = self.resources(&claims.resources, used.resources)?;
        let rotation = Rotation {
            grant_id: claims.gid,
            client_id: &client.id,
            generation: claims.generation,
            now,
            idle_since: now - self.rules.session_idle,
        };
        let rotated = if client.rotates {
            store::grants::rotate(self.store.write(), &rotation).await.or_fault("rotate a grant")?
        } else {
            None
        };
        let grant = match rotated {
            Some(grant) => grant,
            None => Box::pin(self.without_rotation(client, &rotation, used.place)).await?,
        };
        // An app in use keeps its person's session in use. Told by the token's age, so that a session
        // is touched no more often than by visits.
        if let Some(session_id) = grant.session_id.filter(|_| !grant.offline)
            && claims.iat * 1000 + TOUCH_EVERY < now
        {
            self.note_use(session_id, now).await;
        }
        let issue = Issue { scope: scope.clone(), resources, ..Issue::default() };
        Ok(self.token_set(client, &grant, issue, now).await?)
    }

    /// The grant for a token that does not move it: of a client that does not rotate, or the retry
    /// of the token just superseded, whose successor is made again.
    async fn without_rotation(
        &self,
        client: &Client,
        rotation: &Rotation<'_>,
        place: &Place,
    ) -> Result<Standing, Failure> {
        let found =
            store::grants::standing(self.store.read(), rotation).await.or_fault("find a grant")?;
        let (grant, rotated_at) = found.ok_or(Refusal::GrantEnded)?;
        if grant.generation == rotation.generation {
            // Of a client that rotates, the write found it wanting and the read does not: the
            // database answered from two moments. Refused, not punished.
            return if client.rotates { Err(Refusal::GrantEnded.into()) } else { Ok(grant) };
        }
        if self.is_in_grace(&grant, rotated_at, rotation) {
            return Ok(grant);
        }
        // Used by two: whoever is the thief, both lose it (RFC 9700 §4.14.2).
        tracing::warn!(grant.id = %grant.id, client.id = client.id, "grants.refresh_replayed");
        let note = Note::new(Event::RefreshReplayed, Actor::Client(client.id.clone()), place)
            .account(grant.account_id)
            .session(grant.session_id);
        self.end_grant(grant.id, note.client(&client.id), rotation.now).await?;
        Err(Refusal::RefreshReplayed.into())
    }

    /// Whether the token is the one just superseded, whose answer may have been lost.
    pub(super) fn is_in_grace(
        &self,
        grant: &Standing,
        rotated_at: Option<i64>,
        presented: &Rotation<'_>,
    ) -> bool {
        grant.generation == presented.generation + 1
            && rotated_at.is_some_and(|at| presented.now - at < self.rules.refresh_grace)
    }

    /// Ends a grant and so its whole family, with the event that says why.
    pub(super) async fn end_grant(&self, id: Uuid, note: Note, now: i64) -> Result<(), Fault> {
        let event = note.with("grant", id.to_string()).row(now);
        let ended = self.store.transaction(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                store::grants::end(tx, id, now).await?;
                store::audit::record(tx, event).await
            })
        });
        ended.await.or_fault("end a grant")
    }
}
