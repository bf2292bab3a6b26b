//! Introspection (RFC 7662) and revocation (RFC 7009): what a token is still worth, and making it
//! worth nothing.

use std::borrow::Cow;

use serde::Serialize;
use uuid::Uuid;

use super::{AccessClaims, Audience, FIRST_PARTY, RefreshClaims};
use crate::core::audit::{Actor, Event, Note};
use crate::core::clients::Client;
use crate::core::refusal::OrFault as _;
use crate::core::sessions::Place;
use crate::core::{Core, Failure};
use crate::jose::{Secret, TokenKind};
use crate::store;
use crate::store::grants::{Rotation, TokenUse};

/// A token that is active (RFC 7662 §2.2).
#[derive(Debug, Serialize)]
pub struct Introspection {
    pub active: bool,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub scope: Cow<'static, str>,
    pub client_id: Cow<'static, str>,
    /// Of access tokens alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    pub exp: i64,
    pub iat: i64,
    pub sub: Cow<'static, str>,
    pub aud: Audience<'static>,
    pub iss: Cow<'static, str>,
    pub jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<Uuid>,
}

/// A token of ours whose signature holds.
enum Token {
    Access(AccessClaims<'static>),
    Refresh(RefreshClaims<'static>),
}

impl Core {
    fn read_token(&self, token: &Secret, now: i64) -> Option<Token> {
        let ring = self.ring.load();
        let access = ring.verify::<AccessClaims<'_>>(TokenKind::Access, token.expose(), now);
        let token = access
            .map(Token::Access)
            .or_else(|_| ring.verify(TokenKind::Refresh, token.expose(), now).map(Token::Refresh));
        let ours = |iss: &str| iss == self.rules.issuer;
        token.ok().filter(|token| match token {
            Token::Access(access) => ours(&access.iss),
            Token::Refresh(refresh) => ours(&refresh.iss) && ours(&refresh.aud),
        })
    }

    /// What a token is worth to who asks; nothing is said of a token that is neither the client's own
    /// nor meant for it (RFC 7662 §4).
    ///
    /// # Errors
    /// A fault.
    pub async fn introspect(
        &self,
        client: &Client,
        token: &Secret,
        now: i64,
    ) -> Result<Option<Introspection>, Failure> {
        match self.read_token(token, now) {
            Some(Token::Access(access)) => self.introspect_access(client, access, now).await,
            Some(Token::Refresh(refresh)) => self.introspect_refresh(client, refresh, now).await,
            None => Ok(None),
        }
    }

    async fn introspect_access(
        &self,
        client: &Client,
        access: AccessClaims<'static>,
        now: i64,
    ) -> Result<Option<Introspection>, Failure> {
        let is_for_it = access.client_id == client.id
            || client.resources.iter().any(|resource| access.aud.has(resource));
        if !is_for_it || access.exp <= now / 1000 {
            return Ok(None);
        }
        let is_first_party = access.client_id == FIRST_PARTY;
        // What a grant gave ends with the grant; a client's own token, with its client's cut-off.
        let is_cut_off = |of: &Client| access.gid.is_none() && of.is_cut_off(access.iat);
        let of_client = self.find_client(&access.client_id, now).await?;
        if !is_first_party && of_client.is_none_or(|of| is_cut_off(&of)) {
            return Ok(None);
        }
        let is_active = match access.gid {
            _ if is_first_party => match self.by_claims(&access, now).await {
                Ok(_) => true,
                Err(Failure::Refused(_)) => false,
                Err(fault) => return Err(fault),
            },
            Some(grant_id) => {
                let (jti, idle_since) = (access.jti.as_str(), now - self.rules.session_idle);
                let token = TokenUse { grant_id, jti, now, idle_since };
                let stands = store::grants::is_standing(self.store.read(), &token).await;
                stands.or_fault("look a token up")?
            }
            None => {
                let revoked = store::revoked::is_revoked(self.store.read(), &access.jti).await;
                !revoked.or_fault("look a token up")?
            }
        };
        Ok(is_active.then_some(Introspection {
            active: true,
            scope: access.scope,
            client_id: access.client_id,
            token_type: Some("Bearer"),
            exp: access.exp,
            iat: access.iat,
            sub: access.sub,
            aud: access.aud,
            iss: access.iss,
            jti: access.jti,
            sid: access.sid,
        }))
    }

    async fn introspect_refresh(
        &self,
        client: &Client,
        refresh: RefreshClaims<'static>,
        now: i64,
    ) -> Result<Option<Introspection>, Failure> {
        if refresh.client_id != client.id || refresh.exp <= now / 1000 {
            return Ok(None);
        }
        let rotation = Rotation {
            grant_id: refresh.gid,
            client_id: &client.id,
            generation: refresh.generation,
            now,
            idle_since: now - self.rules.session_idle,
        };
        let found = store::grants::standing(self.store.read(), &rotation)
            .await
            .or_fault("look a token up")?;
        let is_active = found.is_some_and(|(grant, rotated_at)| {
            grant.generation == refresh.generation
                || self.is_in_grace(&grant, rotated_at, &rotation)
        });
        Ok(is_active.then_some(Introspection {
            active: true,
            scope: refresh.scope,
            client_id: refresh.client_id,
            token_type: None,
            exp: refresh.exp,
            iat: refresh.iat,
            sub: refresh.sub.to_string().into(),
            aud: Audience::One(refresh.aud),
            iss: refresh.iss,
            jti: refresh.jti,
            sid: refresh.sid,
        }))
    }

    /// Makes a token worth nothing: an access token alone, a refresh token with all that its grant
    /// gave (RFC 7009 §2.1). A token that is not the client's, or none at all, is left as it is.
    ///
    /// # Errors
    /// A fault.
    pub async fn revoke(
        &self,
        client: &Client,
        token: &Secret,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        match self.read_token(token, now) {
            Some(Token::Access(access))
                if access.client_id == client.id && access.exp > now / 1000 =>
            {
                let until = access.exp * 1000;
                store::revoked::revoke(self.store.write(), &access.jti, until)
                    .await
                    .or_fault("revoke a token")?;
            }
            Some(Token::Refresh(refresh)) if refresh.client_id == client.id => {
                let note = Note::new(Event::GrantRevoked, Actor::Client(client.id.clone()), place);
                let note = note.account(refresh.sub).client(&client.id);
                self.end_grant(refresh.gid, note.session(refresh.sid), now).await?;
            }
            _ => {}
        }
        Ok(())
    }
}
