//! What an access token may read about its person.

use serde::Serialize;
use serde_json::{Map, Value};

use super::issue::asked;
use super::{AccessClaims, FIRST_PARTY};
use crate::core::accounts::Account;
use crate::core::refusal::OrFault as _;
use crate::core::scope::Scope;
use crate::core::{Core, Failure, Refusal, claims};
use crate::jose::TokenKind;
use crate::store;
use crate::store::grants::TokenUse;

/// The answer of the userinfo endpoint (OIDC Core §5.3.2).
pub enum UserInfo {
    Claims(Map<String, Value>),
    /// As a JWT, because the client registered `userinfo_signed_response_alg`.
    Signed(String),
}

#[derive(Serialize)]
struct Signed {
    iss: String,
    aud: String,
    #[serde(flatten)]
    claims: Map<String, Value>,
}

impl Core {
    /// The claims that an access token may read at the userinfo endpoint (OIDC Core §5.3).
    ///
    /// # Errors
    /// [`Refusal::TokenInvalid`], [`Refusal::ScopeInsufficient`], or a fault.
    pub async fn userinfo(&self, token: &str, now: i64) -> Result<UserInfo, Failure> {
        let access: AccessClaims<'_> = self
            .ring
            .load()
            .verify(TokenKind::Access, token, now)
            .map_err(|_| Refusal::TokenInvalid)?;
        let ours = access.iss == self.rules.issuer && access.aud.has(&self.rules.issuer);
        if !ours || access.exp <= now / 1000 {
            return Err(Refusal::TokenInvalid.into());
        }
        if access.client_id == FIRST_PARTY {
            return self.userinfo_of_session(&access, now).await;
        }
        // A client's own token is good, but not about anybody.
        let grant_id = access.gid.ok_or(Refusal::ScopeInsufficient)?;
        let scope = Scope::stored(&access.scope);
        if !scope.has("openid") {
            return Err(Refusal::ScopeInsufficient.into());
        }
        let client =
            self.find_client(&access.client_id, now).await?.ok_or(Refusal::TokenInvalid)?;
        let (jti, idle_since) = (access.jti.as_str(), now - self.rules.session_idle);
        let token = TokenUse { grant_id, jti, now, idle_since };
        let (account, claims) = store::grants::standing_account(self.store.read(), &token)
            .await
            .or_fault("find a token's account")?
            .ok_or(Refusal::TokenInvalid)?;
        let account = self.pictured(Account::from_row(account)?, now).await;
        let mut shown = claims::of_scope(&account, &scope);
        if let Some(asked) = asked(claims.as_deref())? {
            shown.extend(claims::named(&account, &asked.userinfo));
        }
        let Some(algorithm) = client.userinfo_algorithm else {
            return Ok(UserInfo::Claims(shown));
        };
        let (iss, aud) = (self.rules.issuer.clone(), client.id.clone());
        let signed = Signed { iss, aud, claims: shown };
        Ok(UserInfo::Signed(self.sign(TokenKind::UserInfo, algorithm, &signed, now).await?))
    }

    /// The same, by the token of a first-party app.
    async fn userinfo_of_session(
        &self,
        access: &AccessClaims<'_>,
        now: i64,
    ) -> Result<UserInfo, Failure> {
        let found = self.by_claims(access, now).await;
        let (account, _) = found.map_err(|failure| match failure {
            Failure::Refused(_) => Refusal::TokenInvalid.into(),
            fault @ Failure::Fault(_) => fault,
        })?;
        Ok(UserInfo::Claims(claims::of_scope(&account, &Scope::stored(&access.scope))))
    }
}
