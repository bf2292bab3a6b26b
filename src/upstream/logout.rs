//! Sessions there that end with ours (OpenID Connect RP-Initiated Logout 1.0), and ours that end with
//! theirs (OpenID Connect Back-Channel Logout 1.0).

use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use super::id_token::TOLERANCE;
use super::provider::Known;
use super::{Trouble, Upstream};
use crate::jose::foreign::{Believed, Unbelieved};
use crate::jose::{Algorithm, Secret};
use crate::outbox::Fetcher;

/// The event that makes a token one of logout (Back-Channel Logout §2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// A logout token that was made so long ago has been on its way for too long, in seconds.
const OLDEST: i64 = 5 * 60;
const LONGEST_ID: usize = 255;
/// Somebody who leaves waits no longer for an upstream of which nothing is known yet.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whose sessions have ended there: all of a person's, or one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedOut {
    pub issuer: String,
    pub subject: Option<String>,
    pub sid: Option<String>,
    /// Used once.
    pub jti: String,
    /// Until when it is remembered, in milliseconds.
    pub expires_at: i64,
}

impl Upstream {
    /// Where a browser goes to have its session there ended, if the operator wants that and there is
    /// such a place. What is known of it already counts, however old.
    pub async fn logout_url(
        &self,
        fetcher: &Fetcher,
        id_token: Option<&Secret>,
        back: &str,
        state: &Secret,
        now: i64,
    ) -> Option<String> {
        if !self.config().sign_out {
            return None;
        }
        let http = self.http(fetcher);
        let known = match self.provider.held() {
            Some(known) => known,
            None => tokio::time::timeout(PATIENCE, self.known(&http, now)).await.ok()?.ok()??,
        };
        let mut url = self.end_of_sessions(&known)?;
        let mut query = url.query_pairs_mut();
        if let Some(token) = id_token {
            query.append_pair("id_token_hint", token.expose());
        }
        query
            .append_pair("client_id", &self.config().client_id)
            .append_pair("post_logout_redirect_uri", back)
            .append_pair("state", state.expose());
        drop(query);
        Some(url.into())
    }

    /// The origin of the page on which sessions end there, if ours end them: the issuer's, until it is
    /// known better.
    pub fn logout_origin(&self) -> Option<String> {
        let config = self.config();
        if !config.sign_out {
            return None;
        }
        let url = match self.provider.held() {
            Some(known) => self.end_of_sessions(&known)?,
            None => Url::parse(config.issuer.as_ref()?).ok()?,
        };
        Some(url.origin().ascii_serialization())
    }

    /// RP-Initiated Logout §2.1.
    fn end_of_sessions(&self, known: &Known) -> Option<Url> {
        let endpoint = known.metadata.additional_metadata().end_session_endpoint.as_deref()?;
        let url = Url::parse(endpoint).ok()?;
        (url.scheme() == "https" || self.named.contains(&url.origin())).then_some(url)
    }

    /// Reads a logout token (Back-Channel Logout §2.6).
    ///
    /// # Errors
    /// See [`Trouble`].
    pub async fn logged_out(
        &self,
        fetcher: &Fetcher,
        token: &str,
        now: i64,
    ) -> Result<LoggedOut, Trouble> {
        let http = self.http(fetcher);
        let none = || Trouble::refused("an OAuth 2.0 server sends no logout tokens");
        let mut known = self.known(&http, now).await?.ok_or_else(none)?;
        let mut believed = known.foreign.verify(token, &Algorithm::ALL);
        if let Err(Unbelieved::UnknownKey) = believed
            && let Some(newer) = self.provider.newer_keys(&http, &known, now).await
        {
            known = newer;
            believed = known.foreign.verify(token, &Algorithm::ALL);
        }
        let believed = believed.map_err(|error| Trouble::Refused(error.to_string()))?;
        let issuer = known.metadata.issuer().as_str();
        check(&believed, issuer, &self.config().client_id, now).map_err(Trouble::refused)
    }
}

fn check(
    believed: &Believed,
    issuer: &str,
    client_id: &str,
    now: i64,
) -> Result<LoggedOut, &'static str> {
    let claims = &believed.claims;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if ![None, Some("jwt"), Some("logout+jwt")].contains(&believed.typ.as_deref()) {
        return Err("the token is of another type");
    }
    if text("iss") != Some(issuer) {
        return Err("`iss` is another issuer");
    }
    if !is_for(claims, client_id) {
        return Err("`aud` is another client");
    }
    let seconds = now / 1000;
    let time = |name: &str| claims.get(name).and_then(Value::as_i64);
    let iat = time("iat").ok_or("there is no `iat`")?;
    if iat > seconds + TOLERANCE || iat < seconds - OLDEST {
        return Err("`iat` is not now");
    }
    // Required since the final version; older providers leave it out, and `iat` bounds it all the same.
    let exp = match claims.get("exp") {
        None => iat + OLDEST,
        Some(exp) => exp.as_i64().ok_or("`exp` is no time")?,
    };
    if exp <= seconds - TOLERANCE {
        return Err("the token has expired");
    }
    let is_event = claims.get("events").and_then(|it| it.get(EVENT)).is_some_and(Value::is_object);
    if !is_event {
        return Err("`events` is not a logout");
    }
    // An ID token that somebody got hold of is none.
    if claims.contains_key("nonce") {
        return Err("a logout token has no `nonce`");
    }
    let is_id = |text: &&str| (1..=LONGEST_ID).contains(&text.len());
    let jti = text("jti").filter(is_id).ok_or("there is no `jti`")?;
    let (subject, sid) = (text("sub").filter(is_id), text("sid").filter(is_id));
    if subject.is_none() && sid.is_none() {
        return Err("there is neither `sub` nor `sid`");
    }
    Ok(LoggedOut {
        issuer: issuer.to_owned(),
        subject: subject.map(str::to_owned),
        sid: sid.map(str::to_owned),
        jti: jti.to_owned(),
        // No longer than it could be used again.
        expires_at: (iat + OLDEST + TOLERANCE).saturating_mul(1000),
    })
}

/// As of an ID token (OIDC Core §3.1.3.7 step 3): us, and nobody beside us whom we do not know.
fn is_for(claims: &Map<String, Value>, client_id: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(aud)) => aud == client_id,
        Some(Value::Array(all)) => {
            !all.is_empty() && all.iter().all(|aud| aud.as_str() == Some(client_id))
        }
        _ => false,
    }
}
