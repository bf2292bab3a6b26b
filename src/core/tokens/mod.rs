//! What goes into an access, a refresh and an ID token, and who may still use one.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Core;
use super::clients::Client;
use crate::jose::TokenKind;

mod audience;
mod first_party;
mod introspection;
mod issue;
mod signing;
mod userinfo;

pub use audience::Audience;
pub(super) use first_party::{CarryingClaims, Kept, kept};
pub use first_party::{Dated, FIRST_PARTY, TokenPair};
pub(super) use issue::Issue;
pub(super) use signing::Signing;
pub use userinfo::UserInfo;

/// An access token's claims (RFC 9068 §2.2), beside which `gid` names the grant.
#[derive(Debug, Serialize, Deserialize)]
pub struct AccessClaims<'c> {
    pub iss: Cow<'c, str>,
    pub sub: Cow<'c, str>,
    pub aud: Audience<'c>,
    pub exp: i64,
    pub iat: i64,
    pub jti: String,
    pub client_id: Cow<'c, str>,
    /// Left out where there is none: an empty scope is no scope (RFC 6749 appendix A.4).
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub scope: Cow<'c, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gid: Option<Uuid>,
    /// Of a session's one token, which is exchanged for later ones: which of them it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<i64>,
}

/// A refresh token's claims: the grant and the generation that it stands for.
#[derive(Debug, Serialize, Deserialize)]
pub struct RefreshClaims<'c> {
    pub iss: Cow<'c, str>,
    pub sub: Uuid,
    pub aud: Cow<'c, str>,
    pub exp: i64,
    pub iat: i64,
    pub jti: String,
    pub client_id: Cow<'c, str>,
    /// The grant's whole scope; each use may ask for less.
    pub scope: Cow<'c, str>,
    /// The grant's resource indicators, likewise; space-separated.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub resources: Cow<'c, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<Uuid>,
    pub gid: Uuid,
    pub generation: i64,
}

/// An ID token's claims (OIDC Core §2).
#[derive(Debug, Serialize, Deserialize)]
pub struct IdClaims<'c> {
    pub iss: Cow<'c, str>,
    pub sub: Uuid,
    pub aud: Cow<'c, str>,
    pub azp: Cow<'c, str>,
    pub exp: i64,
    pub iat: i64,
    /// None where nobody told when that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Cow<'c, str>>,
    pub at_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub c_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<Uuid>,
    pub acr: Cow<'c, str>,
    pub amr: Vec<Cow<'c, str>>,
}

/// What the token endpoint hands out.
#[derive(Debug, Serialize)]
pub struct TokenSet {
    pub access_token: String,
    pub token_type: &'static str,
    /// In seconds.
    pub expires_in: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

impl TokenSet {
    /// How long it is in JSON, about, and rather too long than too short; in bytes.
    #[must_use]
    pub fn length(&self) -> usize {
        let tokens =
            [Some(&self.access_token), self.refresh_token.as_ref(), self.id_token.as_ref()];
        let tokens: usize = tokens.into_iter().flatten().map(String::len).sum();
        tokens + self.scope.len() + 160
    }
}

impl Core {
    /// The claims of an ID token of ours, expired or not: what an `id_token_hint` is good for
    /// (OIDC Core §3.1.2.1, RP-Initiated Logout §2).
    #[must_use]
    pub fn hint(&self, token: &str, now: i64) -> Option<IdClaims<'static>> {
        let claims: IdClaims<'_> = self.ring.load().verify(TokenKind::Id, token, now).ok()?;
        (claims.iss == self.rules.issuer).then_some(claims)
    }

    /// The account that an `id_token_hint` names, if it is an ID token for this client.
    #[must_use]
    pub fn hinted_subject(&self, token: &str, client: &Client, now: i64) -> Option<Uuid> {
        self.hint(token, now).filter(|claims| claims.aud == client.id).map(|claims| claims.sub)
    }
}
