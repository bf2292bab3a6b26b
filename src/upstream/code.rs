//! The authorization code grant with PKCE (RFC 6749 §4.1, RFC 7636), and what its tokens are good for
//! later: the same for both kinds of upstream.

use std::error::Error;

use oauth2::basic::{
    BasicErrorResponse, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
    BasicTokenType,
};
use oauth2::{
    AuthType, AuthUrl, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken, ErrorResponse,
    ExtraTokenFields, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, StandardRevocableToken, StandardTokenResponse, TokenResponse,
    TokenUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::http::Http;
use super::provider::Known;
use super::{Question, Tokens, Trouble, Upstream};
use crate::config::UpstreamClientAuth;
use crate::jose::Secret;
use crate::outbox::FetchError;

/// What stands before the code of an OAuth error.
pub const OAUTH_ERROR: &str = "the upstream answered ";

/// What an OpenID Connect provider adds to a token response (OIDC Core §3.1.3.3). As text: who reads
/// it verifies it.
#[derive(Debug, Deserialize, Serialize)]
struct WithIdToken {
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

impl ExtraTokenFields for WithIdToken {}

type Granted = StandardTokenResponse<WithIdToken, BasicTokenType>;

type Party = Client<
    BasicErrorResponse,
    Granted,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
>;

/// Ourselves, as the upstream knows us.
fn party(upstream: &Upstream) -> Result<Party, Trouble> {
    let config = upstream.config();
    let redirect = RedirectUrl::new(upstream.redirect_uri().to_owned());
    let redirect = redirect.map_err(|error| Trouble::unavailable("redirect_uri", error))?;
    let auth = match config.client_auth {
        UpstreamClientAuth::ClientSecretBasic => AuthType::BasicAuth,
        UpstreamClientAuth::ClientSecretPost => AuthType::RequestBody,
    };
    Ok(Client::new(ClientId::new(config.client_id.clone()))
        .set_client_secret(ClientSecret::new(config.client_secret.clone()))
        .set_auth_type(auth)
        .set_redirect_uri(redirect))
}

/// An endpoint: the metadata's, or the one that is written down.
fn endpoint(
    known: Option<String>,
    written: Option<&String>,
    name: &str,
) -> Result<String, Trouble> {
    let lacking = || Trouble::unavailable("metadata", format!("there is no {name}"));
    known.or_else(|| written.cloned()).ok_or_else(lacking)
}

fn token_url(upstream: &Upstream, known: Option<&Known>) -> Result<TokenUrl, Trouble> {
    let told = known.and_then(|known| known.metadata.token_endpoint());
    let told = told.map(|url| url.as_str().to_owned());
    let url = endpoint(told, upstream.config().token_endpoint.as_ref(), "token_endpoint")?;
    TokenUrl::new(url).map_err(|error| Trouble::unavailable("token_endpoint", error))
}

pub fn authorization_url(
    upstream: &Upstream,
    known: Option<&Known>,
    question: Question<'_>,
) -> Result<String, Trouble> {
    let told = known.map(|known| known.metadata.authorization_endpoint().as_str().to_owned());
    let written = upstream.config().authorization_endpoint.as_ref();
    let url = endpoint(told, written, "authorization_endpoint")?;
    let failed = |why: &dyn std::fmt::Display| Trouble::unavailable("authorization_endpoint", why);
    // The person's browser goes there with the question: nowhere that others can listen.
    let parsed = Url::parse(&url).map_err(|error| failed(&error))?;
    if parsed.scheme() != "https" && !upstream.named.contains(&parsed.origin()) {
        return Err(failed(&"expected https"));
    }
    let verifier = PkceCodeVerifier::new(question.verifier.expose().to_owned());
    let party = party(upstream)?.set_auth_uri(AuthUrl::new(url).map_err(|error| failed(&error))?);
    let state = question.state.expose().to_owned();
    let mut request = party
        .authorize_url(|| CsrfToken::new(state))
        .add_scopes(upstream.config().scopes().into_iter().map(Scope::new))
        // RFC 7636 §4.3; an upstream that knows nothing of it leaves it aside.
        .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
    let wish = question.wish;
    if known.is_some() {
        request = request.add_extra_param("nonce", question.nonce.expose().to_owned());
        let values = [("login", wish.login), ("select_account", wish.select_account)];
        let prompt: Vec<_> = values.iter().filter(|(_, is)| *is).map(|(value, _)| *value).collect();
        if !prompt.is_empty() {
            request = request.add_extra_param("prompt", prompt.join(" "));
        }
        if let Some(seconds) = wish.max_age() {
            request = request.add_extra_param("max_age", seconds.to_string());
        }
        if let Some(locales) = &wish.ui_locales {
            request = request.add_extra_param("ui_locales", locales.clone());
        }
    }
    if let Some(hint) = &wish.login_hint {
        // GitHub's name for it is its own; whoever does not know either leaves it aside.
        request = request.add_extra_param("login_hint", hint.clone());
    }
    Ok(request.url().0.into())
}

pub async fn exchange(
    upstream: &Upstream,
    known: Option<&Known>,
    http: &Http<'_>,
    code: &Secret,
    verifier: &Secret,
    now: i64,
) -> Result<Tokens, Trouble> {
    let party = party(upstream)?.set_token_uri(token_url(upstream, known)?);
    let request = party
        .exchange_code(AuthorizationCode::new(code.expose().to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(verifier.expose().to_owned()));
    let granted = request.request_async(http).await.map_err(|error| of_request(&error))?;
    tokens(&granted, None, now)
}

pub async fn refresh(
    upstream: &Upstream,
    known: Option<&Known>,
    http: &Http<'_>,
    old: &Tokens,
    now: i64,
) -> Result<Tokens, Trouble> {
    let none = || Trouble::refused("there is no refresh token");
    let refresh = old.refresh_token.as_ref().ok_or_else(none)?;
    let party = party(upstream)?.set_token_uri(token_url(upstream, known)?);
    let refresh = RefreshToken::new(refresh.expose().to_owned());
    let request = party.exchange_refresh_token(&refresh);
    let granted = request.request_async(http).await.map_err(|error| of_request(&error))?;
    tokens(&granted, Some(old), now)
}

/// What was granted; where it is silent, what there was before stays.
fn tokens(granted: &Granted, old: Option<&Tokens>, now: i64) -> Result<Tokens, Trouble> {
    if !matches!(granted.token_type(), BasicTokenType::Bearer) {
        return Err(Trouble::refused("the token is no bearer token"));
    }
    let lifetime = granted.expires_in().map(|it| i64::try_from(it.as_millis()).unwrap_or(i64::MAX));
    let scopes = granted.scopes().map(|it| it.iter().map(|scope| scope.to_string()).collect());
    let fresh_id = granted.extra_fields().id_token.as_deref().map(Secret::new);
    let fresh = granted.refresh_token().map(|token| Secret::new(token.secret()));
    Ok(Tokens {
        access_token: Secret::new(granted.access_token().secret()),
        refresh_token: fresh.or_else(|| old.and_then(|old| old.refresh_token.clone())),
        // A new one was not verified: the one of the sign-in still speaks for the session there.
        id_token: match old {
            Some(old) => old.id_token.clone(),
            None => fresh_id,
        },
        expires_at: lifetime.map(|lifetime| now.saturating_add(lifetime)),
        scopes: scopes.unwrap_or_else(|| old.map(|old| old.scopes.clone()).unwrap_or_default()),
    })
}

pub async fn revoke(
    upstream: &Upstream,
    known: Option<&Known>,
    http: &Http<'_>,
    tokens: &Tokens,
) -> Result<bool, Trouble> {
    let told = known.and_then(|it| it.metadata.additional_metadata().revocation_endpoint.clone());
    let Some(url) = told.or_else(|| upstream.config().revocation_endpoint.clone()) else {
        return Ok(false);
    };
    // With the refresh token go the access tokens that came of it (RFC 7009 §2.1).
    let (token, hint) = match &tokens.refresh_token {
        Some(token) => (token, "refresh_token"),
        None => (&tokens.access_token, "access_token"),
    };
    let pairs = [("token", token.expose()), ("token_type_hint", hint)];
    // The library does this over https alone, and not at an upstream on this very machine.
    let answer = http.form(&url, upstream.config(), &pairs).await?;
    if answer.status() != 200 {
        let status = answer.status().as_u16();
        let why = format!("the host answered {status}");
        return Err(Trouble::unavailable("revocation_endpoint", why));
    }
    Ok(true)
}

/// The library's words for a body that it cannot read may quote it, and it may hold a token.
fn of_request<T>(error: &RequestTokenError<FetchError, T>) -> Trouble
where
    T: ErrorResponse + Serialize + 'static,
{
    match error {
        RequestTokenError::ServerResponse(answer) => {
            of_answer(&serde_json::to_value(answer).unwrap_or_default())
        }
        RequestTokenError::Request(error) => {
            let why =
                error.source().map_or_else(|| error.to_string(), |it| format!("{error}: {it}"));
            Trouble::unavailable("token endpoint", why)
        }
        // GitHub tells its errors with status 200.
        RequestTokenError::Parse(_, body) => match serde_json::from_slice::<Value>(body) {
            Ok(answer) if answer.get("error").is_some() => of_answer(&answer),
            _ => Trouble::unavailable("token endpoint", "the answer cannot be read"),
        },
        RequestTokenError::Other(_) => {
            Trouble::unavailable("token endpoint", "the answer is empty or of another status")
        }
    }
}

/// What the upstream said is wrong, by its code, if that is one (RFC 6749 §5.2).
fn of_answer(answer: &Value) -> Trouble {
    let is_code = |code: &&str| {
        (1..=64).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    };
    let code = answer.get("error").and_then(Value::as_str).filter(is_code);
    Trouble::Refused(format!("{OAUTH_ERROR}{}", code.unwrap_or("an error")))
}
