//! Who is behind a request of a first-party app. One pipeline for all of them: each credential that a
//! request shows must be good by itself, and all must be the same person's.

use uuid::Uuid;

use super::accounts::Account;
use super::api_keys;
use super::refusal::OrFault as _;
use super::sessions::{Owner, Session, TOUCH_EVERY};
use super::tokens::{AccessClaims, FIRST_PARTY};
use super::{Core, Failure, Refusal};
use crate::jose::{Secret, TokenKind};
use crate::store;
use crate::store::sessions::By;

/// The credentials that a request shows.
#[derive(Default)]
pub struct Presented {
    /// Of the `Authorization` header: a token of ours or an API key.
    pub bearer: Option<Secret>,
    /// Of the `X-API-Key` header.
    pub api_key: Option<Secret>,
    /// Of the `access_token` cookie.
    pub access_cookie: Option<Secret>,
    /// Of the session's cookie.
    pub session_cookie: Option<Secret>,
}

/// By what the person is known.
#[derive(Clone, Debug)]
pub enum Via {
    Session(Session),
    ApiKey(Key),
}

/// An API key in use.
#[derive(Clone, Debug)]
pub struct Key {
    pub id: Uuid,
    pub created_at: i64,
    pub expires_at: Option<i64>,
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    pub account: Account,
    pub via: Via,
    /// When the access token is over that was shown, in milliseconds; none where it was something else.
    pub token_until: Option<i64>,
    /// The browser sent the credential by itself: whoever made it do so is another question.
    pub by_cookie: bool,
}

impl Caller {
    /// The session that the request belongs to; what API keys cannot do asks for it.
    ///
    /// # Errors
    /// [`Refusal::ApiKeyInsufficient`].
    pub fn session(&self) -> Result<&Session, Refusal> {
        match &self.via {
            Via::Session(session) => Ok(session),
            Via::ApiKey(_) => Err(Refusal::ApiKeyInsufficient),
        }
    }

    /// Whoever is signed in, for what only they may change.
    ///
    /// # Errors
    /// [`Refusal::ApiKeyInsufficient`].
    pub fn owner(&self) -> Result<Owner<'_>, Refusal> {
        let session = self.session()?;
        let (session_id, auth_time) = (session.id, session.auth_time);
        Ok(Owner { account: &self.account, session_id, auth_time })
    }
}

impl Core {
    /// What the request belongs to, as apps that know of sessions alone see it: its id, and until when
    /// it lasts if it is not used again. An API key without an end lasts as long as whatever is used.
    #[must_use]
    pub fn standing(&self, caller: &Caller, now: i64) -> (Uuid, i64) {
        match &caller.via {
            Via::Session(session) => (session.id, session.expires_at),
            Via::ApiKey(key) => (key.id, key.expires_at.unwrap_or(now + self.rules.session_idle)),
        }
    }

    /// Who asks; none without any credential. Headers must be good (RFC 6750 §3.1); a cookie that is
    /// not says nothing, as browsers keep them for longer than they are good for.
    ///
    /// # Errors
    /// [`Refusal::CredentialInvalid`], [`Refusal::AccountGone`], [`Refusal::CredentialsAmbiguous`].
    pub async fn caller(&self, shown: &Presented, now: i64) -> Result<Option<Caller>, Failure> {
        let mut found: Option<Caller> = None;
        let bearer = shown.bearer.as_ref();
        let is_key = bearer.is_some_and(|it| it.expose().starts_with(api_keys::PREFIX));
        for (credential, is_key, by_cookie) in [
            (bearer, is_key, false),
            (shown.api_key.as_ref(), true, false),
            (shown.access_cookie.as_ref(), false, true),
        ] {
            let Some(credential) = credential else { continue };
            let known = if is_key {
                self.by_api_key(credential, now).await
            } else {
                self.by_access_token(credential, now).await
            };
            let known = match known {
                Ok(known) => Caller { by_cookie, ..known },
                Err(Failure::Refused(_)) if by_cookie => continue,
                Err(failure) => return Err(failure),
            };
            found = Some(same_person(found, known)?);
        }
        if let Some(cookie) = &shown.session_cookie
            && let Some(known) = self.by_session_cookie(cookie, now).await?
        {
            found = Some(same_person(found, known)?);
        }
        let had_any = shown.bearer.is_some() || shown.api_key.is_some();
        match found {
            None if had_any => Err(Refusal::CredentialInvalid.into()),
            found => Ok(found),
        }
    }

    async fn by_access_token(&self, token: &Secret, now: i64) -> Result<Caller, Failure> {
        let claims = self.ring.load().verify(TokenKind::Access, token.expose(), now);
        let claims: AccessClaims<'_> = claims.map_err(|_| Refusal::CredentialInvalid)?;
        let (account, via) = self.by_claims(&claims, now).await?;
        Ok(Caller { account, via, token_until: Some(claims.exp * 1000), by_cookie: false })
    }

    /// Whose access token of a first-party app it is, if its session is live. Its signature holds.
    pub(super) async fn by_claims(
        &self,
        access: &AccessClaims<'_>,
        now: i64,
    ) -> Result<(Account, Via), Failure> {
        // A token that was issued to a relying party opens nothing here.
        let ours = access.iss == self.rules.issuer
            && access.client_id == FIRST_PARTY
            && access.aud.has(&self.rules.issuer);
        let id = access.sid.filter(|_| ours && access.exp > now / 1000);
        let id = id.ok_or(Refusal::CredentialInvalid)?;
        let found = store::sessions::person(self.store.read(), By::Id(id), now).await;
        let Some((session, person)) = found.or_fault("look at a session")? else {
            return Err(self.why_unknown(&access.sub).await?.into());
        };
        let account = Account::of_person(person)?;
        let is_living = access.generation.is_none_or(|generation| generation == session.generation);
        let is_its = account.id.to_string() == access.sub;
        if !self.is_live(&session, now) || account.disabled || !is_living || !is_its {
            return Err(Refusal::CredentialInvalid.into());
        }
        if session.last_seen_at + TOUCH_EVERY < now {
            self.note_use(session.id, now).await;
        }
        Ok((account, Via::Session(self.session(session))))
    }

    /// The session is gone: with its account, or by itself.
    async fn why_unknown(&self, sub: &str) -> Result<Refusal, Failure> {
        let Ok(id) = Uuid::parse_str(sub) else { return Ok(Refusal::CredentialInvalid) };
        let account = store::accounts::by_id(self.store.read(), id).await;
        let is_there = account.or_fault("find an account")?.is_some();
        Ok(if is_there { Refusal::CredentialInvalid } else { Refusal::AccountGone })
    }

    async fn by_api_key(&self, key: &Secret, now: i64) -> Result<Caller, Failure> {
        let found = store::api_keys::look(self.store.read(), &key.digest(), now).await;
        let found = found.or_fault("look at an API key")?.ok_or(Refusal::CredentialInvalid)?;
        let account = Account::of_person(found.person)?;
        if account.disabled || found.expires_at.is_some_and(|at| at <= now) {
            return Err(Refusal::CredentialInvalid.into());
        }
        if found.last_used_at.is_none_or(|at| at + TOUCH_EVERY < now)
            && let Err(error) = store::api_keys::touch(self.store.write(), found.id, now).await
        {
            tracing::warn!(%error, "api_keys.touch");
        }
        let key = Key { id: found.id, created_at: found.created_at, expires_at: found.expires_at };
        Ok(Caller { account, via: Via::ApiKey(key), token_until: None, by_cookie: false })
    }

    async fn by_session_cookie(
        &self,
        cookie: &Secret,
        now: i64,
    ) -> Result<Option<Caller>, Failure> {
        let digest = cookie.digest();
        let found = store::sessions::person(self.store.read(), By::Token(&digest), now).await;
        let Some((session, person)) = found.or_fault("look at a session")? else {
            return Ok(None);
        };
        let account = Account::of_person(person)?;
        if !self.is_live(&session, now) || account.disabled {
            return Ok(None);
        }
        if session.last_seen_at + TOUCH_EVERY < now {
            self.note_use(session.id, now).await;
        }
        let via = Via::Session(self.session(session));
        Ok(Some(Caller { account, via, token_until: None, by_cookie: true }))
    }
}

/// The first credential speaks for the request; another one must be the same person's.
fn same_person(first: Option<Caller>, another: Caller) -> Result<Caller, Refusal> {
    match first {
        None => Ok(another),
        Some(first) if first.account.id == another.account.id => Ok(first),
        Some(_) => Err(Refusal::CredentialsAmbiguous),
    }
}
