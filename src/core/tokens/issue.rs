//! Making tokens: of a grant, and of a client for itself.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::audience::narrow;
use super::{AccessClaims, IdClaims, RefreshClaims, TokenSet};
use crate::core::accounts::Account;
use crate::core::claims_request::{ClaimsRequest, ONE_FACTOR};
use crate::core::clients::{Client, GrantType};
use crate::core::refusal::OrFault as _;
use crate::core::scope::{self, Scope};
use crate::core::{Core, Failure, Fault, Refusal, claims};
use crate::jose::{Algorithm, TokenKind, digest, random};
use crate::store;
use crate::store::grants::Standing;

/// What one answer of the token endpoint is about.
#[derive(Default)]
pub struct Issue<'i> {
    /// What the access token is for; no wider than the grant.
    pub scope: Scope,
    pub resources: Vec<String>,
    pub nonce: Option<String>,
    /// The `c_hash` is of this code.
    pub code: Option<&'i str>,
}

impl Core {
    /// The tokens of one grant and generation.
    pub(in crate::core) async fn token_set(
        &self,
        client: &Client,
        grant: &Standing,
        issue: Issue<'_>,
        now: i64,
    ) -> Result<TokenSet, Fault> {
        let sid = if grant.offline { None } else { grant.session_id };
        let iat = now / 1000;
        // Nothing is good for longer than what it came from.
        let end = |lifetime: i64| (now + lifetime).min(grant.expires_at) / 1000;
        let scope = issue.scope.to_string();
        let issuer = self.rules.issuer.as_str();
        let access = AccessClaims {
            iss: issuer.into(),
            sub: grant.account_id.to_string().into(),
            aud: self.audience(&issue.resources),
            exp: end(self.rules.access_lifetime),
            iat,
            jti: random::jti(),
            client_id: client.id.as_str().into(),
            scope: scope.as_str().into(),
            sid,
            gid: Some(grant.id),
            generation: None,
        };
        let expires_in = (access.exp - iat).max(1);
        let access_token = self.sign_access(client, &access, now).await?;
        let refresh_token = if client.may(GrantType::RefreshToken) {
            let claims = RefreshClaims {
                iss: issuer.into(),
                sub: grant.account_id,
                aud: issuer.into(),
                exp: end(self.rules.refresh_lifetime),
                iat,
                jti: random::jti(),
                client_id: client.id.as_str().into(),
                scope: grant.scope.as_str().into(),
                resources: grant.resources.as_str().into(),
                sid,
                gid: grant.id,
                generation: grant.generation,
            };
            let algorithm = self.rules.access_algorithm;
            Some(self.sign(TokenKind::Refresh, algorithm, &claims, now).await?)
        } else {
            None
        };
        let id_token = if issue.scope.has("openid") {
            Some(self.id_token(client, grant, &issue, &access_token, now).await?)
        } else {
            None
        };
        Ok(TokenSet {
            access_token,
            token_type: "Bearer",
            expires_in,
            scope,
            refresh_token,
            id_token,
        })
    }

    async fn sign_access(
        &self,
        client: &Client,
        claims: &AccessClaims<'_>,
        now: i64,
    ) -> Result<String, Fault> {
        let algorithm = client.access_token_algorithm.unwrap_or(self.rules.access_algorithm);
        self.sign(TokenKind::Access, algorithm, claims, now).await
    }

    async fn id_token(
        &self,
        client: &Client,
        grant: &Standing,
        issue: &Issue<'_>,
        access_token: &str,
        now: i64,
    ) -> Result<String, Fault> {
        let algorithm = client.id_token_algorithm.unwrap_or(self.rules.id_algorithm);
        let id = IdClaims {
            iss: self.rules.issuer.as_str().into(),
            sub: grant.account_id,
            aud: client.id.as_str().into(),
            azp: client.id.as_str().into(),
            exp: (now + self.rules.id_lifetime) / 1000,
            iat: now / 1000,
            // Who requires it hears that it was long ago (OpenID Connect Registration 1.0 §2).
            auth_time: (grant.auth_time != store::sessions::UNTOLD || client.require_auth_time)
                .then_some(grant.auth_time / 1000),
            nonce: issue.nonce.as_deref().map(Cow::from),
            at_hash: left_half(algorithm, access_token),
            c_hash: issue.code.map(|code| left_half(algorithm, code)),
            sid: if grant.offline { None } else { grant.session_id },
            acr: ONE_FACTOR.into(),
            amr: grant.amr.split_ascii_whitespace().map(Cow::from).collect(),
        };
        if grant.claims.is_none() {
            return self.sign(TokenKind::Id, algorithm, &id, now).await;
        }
        let asked = Box::pin(self.asked_of_id_token(grant, now)).await?;
        let mut id = serde_json::to_value(id).or_fault("sign a token")?;
        if let Value::Object(members) = &mut id {
            members.extend(asked);
        }
        self.sign(TokenKind::Id, algorithm, &id, now).await
    }

    /// The claims of the person that the `claims` parameter asked the ID token to hold.
    async fn asked_of_id_token(
        &self,
        grant: &Standing,
        now: i64,
    ) -> Result<Map<String, Value>, Fault> {
        let Some(asked) = asked(grant.claims.as_deref())? else { return Ok(Map::new()) };
        if asked.id_token.is_empty() {
            return Ok(Map::new());
        }
        let row = store::accounts::by_id(self.store.read(), grant.account_id)
            .await
            .or_fault("find a token's account")?;
        let Some(row) = row else { return Ok(Map::new()) };
        let account = self.pictured(Account::from_row(row)?, now).await;
        Ok(claims::named(&account, &asked.id_token))
    }

    /// A client's token for itself (RFC 6749 §4.4). Nothing is written, nothing is read.
    ///
    /// # Errors
    /// [`Refusal::ScopeTooWide`], [`Refusal::TargetUnknown`], or a fault.
    pub async fn client_credentials(
        &self,
        client: &Client,
        asked: Option<&Scope>,
        resources: &[String],
        now: i64,
    ) -> Result<TokenSet, Failure> {
        // A client has no identity to share and nothing to refresh: the standard scopes are about people.
        let own = client.scope.without(&scope::STANDARD);
        if asked.is_some_and(|asked| !asked.is_within(&own)) {
            return Err(Refusal::ScopeTooWide.into());
        }
        if !resources.iter().all(|resource| self.has_resource(resource)) {
            return Err(Refusal::TargetUnknown.into());
        }
        let scope = asked.unwrap_or(&own).to_string();
        let claims = AccessClaims {
            iss: self.rules.issuer.as_str().into(),
            sub: client.id.as_str().into(),
            aud: self.audience(resources),
            exp: (now + self.rules.access_lifetime) / 1000,
            iat: client.issue_time(now),
            jti: random::jti(),
            client_id: client.id.as_str().into(),
            scope: scope.as_str().into(),
            sid: None,
            gid: None,
            generation: None,
        };
        let expires_in = claims.exp - claims.iat;
        let access_token = self.sign_access(client, &claims, now).await?;
        Ok(TokenSet {
            access_token,
            token_type: "Bearer",
            expires_in,
            scope,
            refresh_token: None,
            id_token: None,
        })
    }

    /// The resources that a token of a grant is for; see [`narrow`].
    pub(in crate::core) fn resources(
        &self,
        granted: &str,
        asked: &[String],
    ) -> Result<Vec<String>, Refusal> {
        narrow(granted, asked, &self.rules.issuer)
    }
}

/// What a grant was asked for by the `claims` parameter.
pub(super) fn asked(claims: Option<&str>) -> Result<Option<ClaimsRequest>, Fault> {
    claims.map(serde_json::from_str).transpose().or_fault("read the claims of a grant")
}

/// `at_hash` and `c_hash` (OIDC Core §3.1.3.6, §3.3.2.11), with the hash of the signature's
/// algorithm; Ed25519's is SHA-512.
fn left_half(algorithm: Algorithm, text: &str) -> String {
    match algorithm {
        Algorithm::EdDsa => digest::left_half_512(text),
        Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => digest::left_half(text),
    }
}
