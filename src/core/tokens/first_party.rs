//! Tokens of first-party apps: each belongs to a session, and is worth nothing without it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::AccessClaims;
use crate::core::accounts::Account;
use crate::core::sessions::{Kind, Session};
use crate::core::{Core, Fault};
use crate::jose::{TokenKind, random};

/// The client of all of them.
pub const FIRST_PARTY: &str = "countersign";
/// What they may read at the userinfo endpoint.
const SCOPE: &str = "openid profile email";

/// An access token's claims (RFC 9068 §2.2) and what first-party apps read in it.
#[derive(Serialize)]
struct FirstPartyClaims<'a> {
    #[serde(flatten)]
    access: AccessClaims,
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
    /// The one token of a session that slides or is exchanged for a later one.
    ///
    /// # Errors
    /// A fault.
    pub async fn session_token(
        &self,
        account: &Account,
        session: &Session,
        now: i64,
    ) -> Result<Dated, Fault> {
        let generation = Some(session.generation);
        self.first_party_token(account, session, (generation, session.expires_at), now).await
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
        let until = (now + session.kind.access_lifetime()).min(session.expires_at);
        let access = self.first_party_token(account, session, (None, until), now).await?;
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
        let token = self.sign(TokenKind::Refresh, algorithm, refresh, now).await?;
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
            iss: self.rules.issuer.clone(),
            sub: account.id.to_string(),
            aud: self.audience(&[]),
            exp: expires_at / 1000,
            iat: now / 1000,
            jti: random::jti(),
            client_id: FIRST_PARTY.to_owned(),
            scope: SCOPE.to_owned(),
            sid: Some(session.id),
            gid: None,
            generation,
        };
        let is_named = session.kind == Kind::TokenPair;
        let (email, _) = account.shown_email();
        let claims = FirstPartyClaims {
            access,
            roles: &account.roles,
            permissions: self.permissions(account),
            session_kind: generation.map(|_| session.kind),
            named: is_named.then_some(Named { user_id: account.id, email }),
        };
        let claims =
            serde_json::to_value(claims).map_err(|error| Fault::new("write a token", error))?;
        let token = self.sign(TokenKind::Access, self.rules.access_algorithm, claims, now).await?;
        Ok(Dated { token, expires_at })
    }
}
