//! What goes into an access, a refresh and an ID token, and who may still use one.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::clients::Client;
use super::refusal::OrFault as _;
use super::scope::Scope;
use super::sessions::split_amr;
use super::{Core, Failure, Fault, Refusal, claims};
use crate::core::accounts::Account;
use crate::jose::{Algorithm, TokenKind, digest, random};
use crate::store;
use crate::store::grants::Standing;

/// An access token's claims (RFC 9068 §2.2), beside which `gid` names the grant.
#[derive(Debug, Serialize, Deserialize)]
pub struct AccessClaims {
    pub iss: String,
    pub sub: String,
    pub aud: String,
    pub exp: i64,
    pub iat: i64,
    pub jti: String,
    pub client_id: String,
    /// Left out where there is none: an empty scope is no scope (RFC 6749 appendix A.4).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gid: Option<Uuid>,
}

/// A refresh token's claims: the grant and the generation that it stands for.
#[derive(Debug, Serialize, Deserialize)]
pub struct RefreshClaims {
    pub iss: String,
    pub sub: String,
    pub aud: String,
    pub exp: i64,
    pub iat: i64,
    pub jti: String,
    pub client_id: String,
    /// The grant's whole scope; each use may ask for less.
    pub scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<Uuid>,
    pub gid: Uuid,
    pub generation: i64,
}

/// An ID token's claims (OIDC Core §2).
#[derive(Debug, Serialize, Deserialize)]
pub struct IdClaims {
    pub iss: String,
    pub sub: String,
    pub aud: String,
    pub exp: i64,
    pub iat: i64,
    pub auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    pub at_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<Uuid>,
    pub amr: Vec<String>,
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

impl Core {
    /// Signs, off the async threads where that takes long.
    pub(super) async fn sign<C: Serialize + Send + 'static>(
        &self,
        kind: TokenKind,
        algorithm: Algorithm,
        claims: C,
        now: i64,
    ) -> Result<String, Fault> {
        let key = self.ring.load().signer(algorithm, now).cloned();
        let key = key
            .ok_or_else(|| Fault::new("sign a token", format!("no {algorithm} key is current")))?;
        if !algorithm.is_slow() {
            return key.sign(kind, &claims).or_fault("sign a token");
        }
        tokio::task::spawn_blocking(move || key.sign(kind, &claims))
            .await
            .map_err(|error| Fault::new("sign a token", error))?
            .or_fault("sign a token")
    }

    /// The tokens of one grant and generation.
    pub(super) async fn token_set(
        &self,
        client: &Client,
        grant: &Standing,
        scope: &Scope,
        nonce: Option<String>,
        now: i64,
    ) -> Result<TokenSet, Fault> {
        let sid = if grant.offline { None } else { grant.session_id };
        let iat = now / 1000;
        // Nothing is good for longer than what it came from.
        let end = |lifetime: i64| (now + lifetime).min(grant.expires_at) / 1000;
        let access = AccessClaims {
            iss: self.rules.issuer.clone(),
            sub: grant.account_id.to_string(),
            aud: self.rules.issuer.clone(),
            exp: end(self.rules.access_lifetime),
            iat,
            jti: random::jti(),
            client_id: client.id.clone(),
            scope: scope.to_string(),
            sid,
            gid: Some(grant.id),
        };
        let expires_in = (access.exp - iat).max(1);
        let access_token =
            self.sign(TokenKind::Access, self.rules.access_algorithm, access, now).await?;
        let refresh_token = if client.may(super::clients::GrantType::RefreshToken) {
            let claims = RefreshClaims {
                iss: self.rules.issuer.clone(),
                sub: grant.account_id.to_string(),
                aud: self.rules.issuer.clone(),
                exp: end(self.rules.refresh_lifetime),
                iat,
                jti: random::jti(),
                client_id: client.id.clone(),
                scope: grant.scope.clone(),
                sid,
                gid: grant.id,
                generation: grant.generation,
            };
            let algorithm = self.rules.access_algorithm;
            Some(self.sign(TokenKind::Refresh, algorithm, claims, now).await?)
        } else {
            None
        };
        let id_token = if scope.has("openid") {
            let algorithm = client.id_token_algorithm.unwrap_or(self.rules.id_algorithm);
            let claims = IdClaims {
                iss: self.rules.issuer.clone(),
                sub: grant.account_id.to_string(),
                aud: client.id.clone(),
                exp: (now + self.rules.id_lifetime) / 1000,
                iat,
                auth_time: grant.auth_time / 1000,
                nonce,
                at_hash: at_hash(algorithm, &access_token),
                sid,
                amr: split_amr(&grant.amr),
            };
            Some(self.sign(TokenKind::Id, algorithm, claims, now).await?)
        } else {
            None
        };
        Ok(TokenSet {
            access_token,
            token_type: "Bearer",
            expires_in,
            scope: scope.to_string(),
            refresh_token,
            id_token,
        })
    }

    /// A client's token for itself (RFC 6749 §4.4). Nothing is written, nothing is read.
    ///
    /// # Errors
    /// [`Refusal::ScopeTooWide`], or a fault.
    pub async fn client_credentials(
        &self,
        client: &Client,
        asked: Option<&Scope>,
        now: i64,
    ) -> Result<TokenSet, Failure> {
        // A client has no identity to share and nothing to refresh: the standard scopes are about people.
        let mut own = client.scope.clone();
        for standard in super::scope::STANDARD {
            own = own.without(standard);
        }
        if asked.is_some_and(|asked| !asked.is_within(&own)) {
            return Err(Refusal::ScopeTooWide.into());
        }
        let scope = asked.unwrap_or(&own).to_string();
        let claims = AccessClaims {
            iss: self.rules.issuer.clone(),
            sub: client.id.clone(),
            aud: self.rules.issuer.clone(),
            exp: (now + self.rules.access_lifetime) / 1000,
            iat: now / 1000,
            jti: random::jti(),
            client_id: client.id.clone(),
            scope: scope.clone(),
            sid: None,
            gid: None,
        };
        let expires_in = claims.exp - claims.iat;
        let access_token =
            self.sign(TokenKind::Access, self.rules.access_algorithm, claims, now).await?;
        Ok(TokenSet {
            access_token,
            token_type: "Bearer",
            expires_in,
            scope,
            refresh_token: None,
            id_token: None,
        })
    }

    /// The claims that an access token may read at the userinfo endpoint (OIDC Core §5.3).
    ///
    /// # Errors
    /// [`Refusal::TokenInvalid`], [`Refusal::ScopeInsufficient`], or a fault.
    pub async fn userinfo(&self, token: &str, now: i64) -> Result<Map<String, Value>, Failure> {
        let claims: AccessClaims = self
            .ring
            .load()
            .verify(TokenKind::Access, token, now)
            .map_err(|_| Refusal::TokenInvalid)?;
        let ours = claims.iss == self.rules.issuer && claims.aud == self.rules.issuer;
        let grant_id = claims.gid.filter(|_| ours && claims.exp > now / 1000);
        let scope = Scope::stored(&claims.scope);
        let grant_id = match grant_id {
            Some(id) => id,
            // A client's own token is good, but not about anybody.
            None if ours && claims.exp > now / 1000 => {
                return Err(Refusal::ScopeInsufficient.into());
            }
            None => return Err(Refusal::TokenInvalid.into()),
        };
        if !scope.has("openid") {
            return Err(Refusal::ScopeInsufficient.into());
        }
        if self.client(&claims.client_id).is_none() {
            return Err(Refusal::TokenInvalid.into());
        }
        let since = now - self.rules.session_idle;
        let row = store::grants::standing_account(self.store.read(), grant_id, now, since)
            .await
            .or_fault("find a token's account")?
            .ok_or(Refusal::TokenInvalid)?;
        Ok(claims::of_scope(&Account::from_row(row)?, &scope))
    }

    /// The account that an `id_token_hint` names, if the token is one of ours for this client. An
    /// expired one is as good (OIDC Core §3.1.2.1).
    #[must_use]
    pub fn hinted_subject(&self, hint: &str, client: &Client, now: i64) -> Option<Uuid> {
        let claims: IdClaims = self.ring.load().verify(TokenKind::Id, hint, now).ok()?;
        let ours = claims.iss == self.rules.issuer && claims.aud == client.id;
        Uuid::parse_str(&claims.sub).ok().filter(|_| ours)
    }
}

/// OIDC Core §3.1.3.6, with the hash of the signature's algorithm; Ed25519's is SHA-512.
fn at_hash(algorithm: Algorithm, access_token: &str) -> String {
    match algorithm {
        Algorithm::EdDsa => digest::left_half_512(access_token),
        Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => digest::left_half(access_token),
    }
}
