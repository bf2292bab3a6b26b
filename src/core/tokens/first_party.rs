//! Tokens of first-party apps: each belongs to a session, and is worth nothing without it.

use std::time::Duration;

use moka::future::Cache;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::AccessClaims;
use crate::core::accounts::Account;
use crate::core::callers::Caller;
use crate::core::sessions::{Kind, Session};
use crate::core::{Core, Fault};
use crate::jose::{Secret, TokenKind, random};

/// The client of all of them.
pub const FIRST_PARTY: &str = "countersign";
/// What they may read at the userinfo endpoint.
const SCOPE: &str = "openid profile email";

/// An access token's claims (RFC 9068 §2.2) and what first-party apps read in it.
#[derive(Serialize)]
struct FirstPartyClaims<'a> {
    #[serde(flatten)]
    access: AccessClaims<'a>,
    roles: &'a [String],
    permissions: Vec<&'static str>,
    /// Of the token that is exchanged for later ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    session_kind: Option<Kind>,
    #[serde(flatten)]
    named: Option<Named<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Named<'a> {
    user_id: Uuid,
    email: &'a str,
}

/// The claims of a refresh token, and those of the one token of a [`Kind::Bearer`] by which its session
/// is carried on.
#[derive(Deserialize, Serialize)]
pub struct CarryingClaims {
    pub iss: String,
    pub sub: Uuid,
    pub aud: String,
    pub exp: i64,
    pub iat: i64,
    pub jti: String,
    pub client_id: String,
    pub sid: Uuid,
    pub generation: i64,
    pub session_kind: Kind,
}

impl CarryingClaims {
    pub(in crate::core) fn is_first_party(&self, issuer: &str) -> bool {
        self.iss == issuer && self.aud == issuer && self.client_id == FIRST_PARTY
    }
}

/// A browser's app asks for its session at every turn: the token it is shown is the same for so long,
/// which spares the signature. In milliseconds.
const KEPT: i64 = 60_000;
/// Tokens kept at once, of some 700 bytes each.
const MOST_KEPT: u64 = 4096;

/// All that such a token says, and the key that signed it: where any of it has changed, so has the
/// token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::core) struct Said {
    session_id: Uuid,
    generation: i64,
    expires_at: i64,
    account_as_of: i64,
    kid: String,
}

/// Tokens that were signed a moment ago, and when.
pub(in crate::core) type Kept = Cache<Said, (String, i64)>;

pub(in crate::core) fn kept() -> Kept {
    Cache::builder().max_capacity(MOST_KEPT).time_to_live(Duration::from_mins(1)).build()
}

/// A token, and when it expires in milliseconds.
pub struct Dated {
    pub token: String,
    pub expires_at: i64,
}

/// What apps with a refresh token get.
pub struct TokenPair {
    pub access: Dated,
    pub refresh: Dated,
}

impl Core {
    /// The one token of a session that slides or is exchanged for a later one; of a session that a pair
    /// carries on, an access token.
    ///
    /// # Errors
    /// A fault.
    pub async fn session_token(
        &self,
        account: &Account,
        session: &Session,
        now: i64,
    ) -> Result<Dated, Fault> {
        self.token_until(account, session, i64::MAX, now).await
    }

    /// The same for who shows a token of a pair already: it is good for no longer than that one, for a
    /// short token is no way to a longer one.
    ///
    /// # Errors
    /// A fault.
    pub async fn token_beside(
        &self,
        caller: &Caller,
        session: &Session,
        now: i64,
    ) -> Result<Dated, Fault> {
        let until = caller.token_until.unwrap_or(i64::MAX);
        self.token_until(&caller.account, session, until, now).await
    }

    async fn token_until(
        &self,
        account: &Account,
        session: &Session,
        until: i64,
        now: i64,
    ) -> Result<Dated, Fault> {
        let what = match session.kind {
            Kind::Browser | Kind::Bearer => (Some(session.generation), session.expires_at),
            Kind::CookiePair | Kind::TokenPair => (None, access_until(session, now).min(until)),
        };
        let said = match session.kind {
            Kind::Browser => self.said(account, session, now),
            _ => None,
        };
        let Some(said) = said else {
            return self.first_party_token(account, session, what, now).await;
        };
        if let Some((token, at)) = self.session_tokens.get(&said).await
            && (at..at + KEPT).contains(&now)
        {
            return Ok(Dated { token, expires_at: session.expires_at });
        }
        let dated = self.first_party_token(account, session, what, now).await?;
        self.session_tokens.insert(said, (dated.token.clone(), now)).await;
        Ok(dated)
    }

    fn said(&self, account: &Account, session: &Session, now: i64) -> Option<Said> {
        let kid = self.ring.load().signer(self.rules.access_algorithm, now)?.kid().to_owned();
        Some(Said {
            session_id: session.id,
            generation: session.generation,
            expires_at: session.expires_at,
            account_as_of: account.updated_at,
            kid,
        })
    }

    /// The session that a name stands for: its id, or a token of ours that belongs to it.
    #[must_use]
    pub fn session_named(&self, name: &Secret, now: i64) -> Option<Uuid> {
        if let Ok(id) = Uuid::parse_str(name.expose()) {
            return Some(id);
        }
        self.session_of(name, now).map(|(id, _)| id)
    }

    /// The session that an access token of ours belongs to, and whose it is; live or not.
    pub(in crate::core) fn session_of(&self, token: &Secret, now: i64) -> Option<(Uuid, Uuid)> {
        let claims = self.ring.load().verify(TokenKind::Access, token.expose(), now);
        let claims: AccessClaims<'_> = claims.ok()?;
        let ours = claims.iss == self.rules.issuer && claims.client_id == FIRST_PARTY;
        let owner = Uuid::parse_str(&claims.sub).ok()?;
        Some((claims.sid.filter(|_| ours)?, owner))
    }

    /// The access and the refresh token of a session's living generation.
    ///
    /// # Errors
    /// A fault.
    pub async fn token_pair(
        &self,
        account: &Account,
        session: &Session,
        now: i64,
    ) -> Result<TokenPair, Fault> {
        let what = (None, access_until(session, now));
        let access = self.first_party_token(account, session, what, now).await?;
        let refresh = CarryingClaims {
            iss: self.rules.issuer.clone(),
            sub: account.id,
            aud: self.rules.issuer.clone(),
            exp: session.expires_at / 1000,
            iat: now / 1000,
            jti: random::jti(),
            client_id: FIRST_PARTY.to_owned(),
            sid: session.id,
            generation: session.generation,
            session_kind: session.kind,
        };
        let algorithm = self.rules.access_algorithm;
        let token = self.sign(TokenKind::Refresh, algorithm, &refresh, now).await?;
        Ok(TokenPair { access, refresh: Dated { token, expires_at: session.expires_at } })
    }

    async fn first_party_token(
        &self,
        account: &Account,
        session: &Session,
        (generation, expires_at): (Option<i64>, i64),
        now: i64,
    ) -> Result<Dated, Fault> {
        let access = AccessClaims {
            iss: self.rules.issuer.as_str().into(),
            sub: account.id.to_string().into(),
            aud: self.audience(&[]),
            exp: expires_at / 1000,
            iat: now / 1000,
            jti: random::jti(),
            client_id: FIRST_PARTY.into(),
            scope: SCOPE.into(),
            sid: Some(session.id),
            gid: None,
            generation,
        };
        let is_named = session.kind == Kind::TokenPair;
        // Others believe what a token says: no address that waits for its proof.
        let email = account.email.as_str();
        let claims = FirstPartyClaims {
            access,
            roles: &account.roles,
            permissions: self.permissions(account),
            session_kind: generation.map(|_| session.kind),
            named: is_named.then_some(Named { user_id: account.id, email }),
        };
        let token = self.sign(TokenKind::Access, self.rules.access_algorithm, &claims, now).await?;
        Ok(Dated { token, expires_at })
    }
}

/// When an access token of a pair is over, in milliseconds.
fn access_until(session: &Session, now: i64) -> i64 {
    (now + session.kind.access_lifetime()).min(session.expires_at)
}
