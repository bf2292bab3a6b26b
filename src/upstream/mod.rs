//! Other people's providers: OpenID Connect by discovery, and OAuth 2.0 with a person's profile behind
//! an API. Says who somebody is there, with proof; what that opens here, `core` decides. Opens `config`,
//! `jose` and `outbox`.
//!
//! Nothing is taken for granted that an upstream says: addresses that its metadata names are a
//! stranger's, its keys verify its tokens and nothing else, and what it sends is never shown as it is.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::{Origin, Url};

use crate::config::{UpstreamConfig, UpstreamKind};
use crate::jose::Secret;
use crate::outbox::Fetcher;

mod code;
mod http;
mod id_token;
mod logout;
mod person;
mod probe;
mod provider;

pub use logout::LoggedOut;
pub use person::Person;
pub use probe::{Finding, Probe};

use self::http::Http;
use provider::{Known, Provider};

/// Why an upstream did not say who somebody is. For the log and the operator: people are told which of
/// the two it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It is away, too slow, or answers what nobody can read.
    #[error("{0}")]
    Unavailable(String),
    /// It answered, and a proof is missing or wrong.
    #[error("{0}")]
    Refused(String),
}

impl Trouble {
    fn unavailable(what: &str, why: impl std::fmt::Display) -> Self {
        Self::Unavailable(format!("{what}: {why}"))
    }

    fn refused(why: impl Into<String>) -> Self {
        Self::Refused(why.into())
    }
}

/// What goes along when a person is sent there.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub state: &'a Secret,
    pub nonce: &'a Secret,
    /// RFC 7636 §4.1.
    pub verifier: &'a Secret,
    pub wish: &'a Wish,
}

/// What an app wants of the sign-in (OIDC Core §3.1.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Wish {
    /// `prompt=login`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub login: bool,
    /// `prompt=select_account`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub select_account: bool,
    /// In seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ui_locales: Option<String>,
}

impl Wish {
    /// Whether it takes proof of when the person signed in.
    #[must_use]
    pub fn is_dated(&self) -> bool {
        self.login || self.max_age.is_some()
    }

    /// When the person proved a factor there, by the time that was told and found to hold. The clock there
    /// may be behind ours: what is right by that one is not asked for again.
    #[must_use]
    pub fn proven_at(&self, told: i64, asked_at: i64, now: i64) -> i64 {
        let is_of_this_trip = told >= asked_at - id_token::TOLERANCE * 1000;
        let no_earlier_than = match self.max_age {
            _ if self.is_dated() && is_of_this_trip => asked_at,
            Some(seconds) => {
                let age = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1000);
                now.saturating_sub(age)
            }
            None => told,
        };
        told.max(no_earlier_than).min(now)
    }

    /// The `max_age` that goes along. A provider has to tell the time where it is asked for one (OIDC Core
    /// §2), and 0 is another word for `prompt=login`.
    fn max_age(&self) -> Option<u64> {
        self.max_age.or(self.login.then_some(0))
    }
}

/// What it sent the person back with.
#[derive(Clone, Copy, Debug)]
pub struct Reply<'a> {
    pub code: &'a Secret,
    pub nonce: &'a Secret,
    pub verifier: &'a Secret,
    pub wish: &'a Wish,
    /// When the person was sent there, in milliseconds.
    pub asked_at: i64,
}

/// Who somebody is there, proven.
#[derive(Clone, Debug)]
pub struct Identity {
    /// With the subject, the identity: never an address or a name.
    pub issuer: String,
    pub person: Person,
    /// When the person proved a factor there, in milliseconds, where it is told.
    pub auth_time: Option<i64>,
    /// How (RFC 8176).
    pub amr: Vec<String>,
    /// Its session, which its logout tokens name.
    pub sid: Option<String>,
    pub tokens: Tokens,
}

/// What it gave out.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access_token: Secret,
    pub refresh_token: Option<Secret>,
    pub id_token: Option<Secret>,
    /// In milliseconds; none where it is not told.
    pub expires_at: Option<i64>,
    pub scopes: Vec<String>,
}

/// One of the configuration's.
pub struct Upstream {
    config: UpstreamConfig,
    redirect_uri: String,
    /// The origins that the configuration itself names.
    named: Vec<Origin>,
    provider: Provider,
}

impl Upstream {
    /// `callback` is our own address, to which the upstream sends people back.
    #[must_use]
    pub fn new(config: &UpstreamConfig, callback: String) -> Self {
        let written = [
            &config.issuer,
            &config.authorization_endpoint,
            &config.token_endpoint,
            &config.userinfo_endpoint,
            &config.emails_endpoint,
            &config.revocation_endpoint,
        ];
        let urls = written.into_iter().flatten().filter_map(|url| Url::parse(url).ok());
        Self {
            named: urls.map(|url| url.origin()).collect(),
            config: config.clone(),
            redirect_uri: callback,
            provider: Provider::default(),
        }
    }

    /// What the operator wrote of it.
    #[must_use]
    pub fn config(&self) -> &UpstreamConfig {
        &self.config
    }

    #[must_use]
    pub fn id(&self) -> &str {
        &self.config.id
    }

    /// The name that people read.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.config.name
    }

    /// The address to be registered there.
    #[must_use]
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// The issuer of the identities that it tells now.
    #[must_use]
    pub fn issuer(&self) -> String {
        match self.config.kind {
            UpstreamKind::Oidc => self.config.issuer.clone().unwrap_or_default(),
            UpstreamKind::OAuth2 => self.own_issuer(),
        }
    }

    /// Whether it can be asked for a fresh sign-in, and prove it: OAuth 2.0 has no words for either.
    #[must_use]
    pub fn tells_time(&self) -> bool {
        self.config.kind == UpstreamKind::Oidc
    }

    /// The origin of the page on which people sign in there: the issuer's, until it is known better.
    #[must_use]
    pub fn page_origin(&self) -> Option<String> {
        let config = &self.config;
        let written = config.authorization_endpoint.as_ref().or(config.issuer.as_ref());
        let url = match self.provider.held() {
            Some(known) => known.metadata.authorization_endpoint().url().clone(),
            None => Url::parse(written?).ok()?,
        };
        Some(url.origin().ascii_serialization())
    }

    fn http<'a>(&'a self, fetcher: &'a Fetcher) -> Http<'a> {
        Http::new(fetcher, &self.named)
    }

    async fn known(
        &self,
        http: &Http<'_>,
        now: i64,
    ) -> Result<Option<std::sync::Arc<Known>>, Trouble> {
        match (self.config.kind, &self.config.issuer) {
            (UpstreamKind::Oidc, Some(issuer)) => {
                self.provider.known(http, issuer, now).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The address that a person is sent to.
    ///
    /// # Errors
    /// [`Trouble::Unavailable`].
    pub async fn begin(
        &self,
        fetcher: &Fetcher,
        question: Question<'_>,
        now: i64,
    ) -> Result<String, Trouble> {
        let known = self.known(&self.http(fetcher), now).await?;
        code::authorization_url(self, known.as_deref(), question)
    }

    /// Whether the answer comes from this upstream, where it says so or has promised to
    /// (RFC 9207 §2.4).
    ///
    /// # Errors
    /// [`Trouble::Refused`]; [`Trouble::Unavailable`].
    pub async fn check_issuer(
        &self,
        fetcher: &Fetcher,
        iss: Option<&str>,
        now: i64,
    ) -> Result<(), Trouble> {
        let known = self.known(&self.http(fetcher), now).await?;
        let Some(known) = known else { return Ok(()) };
        match iss {
            Some(iss) if iss == known.metadata.issuer().as_str() => Ok(()),
            Some(_) => Err(Trouble::refused("the answer's `iss` is another issuer")),
            None if known.names_itself() => {
                Err(Trouble::refused("the answer has no `iss`, which the metadata promises"))
            }
            None => Ok(()),
        }
    }

    /// Exchanges the code for the proof of who somebody is.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub async fn finish(
        &self,
        fetcher: &Fetcher,
        reply: Reply<'_>,
        now: i64,
    ) -> Result<Identity, Trouble> {
        let http = self.http(fetcher);
        let known = self.known(&http, now).await?;
        let mut tokens =
            code::exchange(self, known.as_deref(), &http, reply.code, reply.verifier, now).await?;
        let Some(known) = known else {
            let person = person::of_api(&self.config, &http, &tokens.access_token).await?;
            return Ok(Identity {
                issuer: self.own_issuer(),
                person,
                auth_time: None,
                amr: Vec::new(),
                sid: None,
                tokens,
            });
        };
        let raw = tokens.id_token.take().ok_or_else(|| Trouble::refused("there is no ID token"))?;
        let asked = id_token::Asked { nonce: reply.nonce, access_token: &tokens.access_token };
        let proven = id_token::verify(self, &http, known, &raw, &asked, now).await?;
        id_token::check_age(&proven, &reply, now)?;
        let mut claims = proven.claims;
        if person::lacks(&self.config, &claims)
            && let Some(endpoint) = proven.known.metadata.userinfo_endpoint()
        {
            let told = http.json(endpoint.as_str(), Some(&tokens.access_token)).await?;
            person::merge(&self.config, &mut claims, told)?;
        }
        let person = Person::read(&self.config, &claims)?;
        tokens.id_token = Some(raw);
        let issuer = proven.known.metadata.issuer().as_str().to_owned();
        Ok(Identity {
            issuer,
            person,
            auth_time: seconds(&claims, "auth_time"),
            amr: id_token::amr(&claims),
            sid: claims.get("sid").and_then(Value::as_str).map(str::to_owned),
            tokens,
        })
    }

    /// Fresh tokens for old ones. An upstream that sends no new refresh token means the old one to stay
    /// (RFC 6749 §6).
    ///
    /// # Errors
    /// [`Trouble::Refused`] where they cannot be had any more; [`Trouble::Unavailable`].
    pub async fn refresh(
        &self,
        fetcher: &Fetcher,
        tokens: &Tokens,
        now: i64,
    ) -> Result<Tokens, Trouble> {
        let http = self.http(fetcher);
        let known = self.known(&http, now).await?;
        code::refresh(self, known.as_deref(), &http, tokens, now).await
    }

    /// Gives tokens back (RFC 7009). Whether there is anywhere to give them back to.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub async fn revoke(
        &self,
        fetcher: &Fetcher,
        tokens: &Tokens,
        now: i64,
    ) -> Result<bool, Trouble> {
        let http = self.http(fetcher);
        let known = self.known(&http, now).await?;
        code::revoke(self, known.as_deref(), &http, tokens).await
    }

    /// What stands for the issuer of a server that has none: the origin of its authorization endpoint.
    fn own_issuer(&self) -> String {
        let url = self.config.authorization_endpoint.as_deref().unwrap_or_default();
        Url::parse(url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }
}

/// A time of a token, in milliseconds.
fn seconds(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    claims.get(name).and_then(Value::as_i64).and_then(|seconds| seconds.checked_mul(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r22_a_time_that_was_told_is_moved_no_further_than_clocks_differ() {
        const SECOND: i64 = 1000;
        let now = 1_800_000_000 * SECOND;
        let asked_at = now - 5 * SECOND;
        let proven_ago = |max_age: Option<u64>, login, told_ago: i64| {
            let wish = Wish { login, max_age, ..Wish::default() };
            (now - wish.proven_at(now - told_ago * SECOND, asked_at, now)) / SECOND
        };
        // Where nothing is asked it is as it was told, and not ahead of us.
        assert_eq!(proven_ago(None, false, 40), 40);
        assert_eq!(proven_ago(None, false, -40), 0);
        // Of this trip, by a clock that is behind.
        assert_eq!(proven_ago(None, true, 40), 5);
        assert_eq!(proven_ago(Some(3600), false, 40), 5);
        // Longer ago: as it was told, or as long ago as was allowed.
        assert_eq!(proven_ago(Some(3600), false, 59 * 60), 59 * 60);
        assert_eq!(proven_ago(Some(3600), false, 3630), 3600);
    }
}
