//! The authorization endpoint (RFC 6749 §3.1, OIDC Core §3.1.2): a flat, ordered list of checks, then
//! the flow. Until the client and its redirect URI are proven an error is a page; afterwards it goes
//! back to the client.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::params::{Flaw, Params};
use crate::app::{Ctx, Problem, Shared, paths};
use crate::core::clients::{Client, GrantType};
use crate::core::flow::{Flow, Progress, Prompt};
use crate::core::scope::Scope;

/// What is told to the client: `error`, `error_description`.
type Told = (&'static str, String);

pub async fn get(
    State(app): State<Shared>,
    ctx: Ctx,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    begin(&app, &ctx, query.unwrap_or_default().as_bytes()).await
}

pub async fn post(
    State(app): State<Shared>,
    ctx: Ctx,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Problem> {
    let form = header_value(&headers).is_some_and(super::token::is_form);
    if !form {
        return Err(Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    let body = body.map_err(|rejection| Problem::of_status(rejection.status()))?;
    begin(&app, &ctx, &body).await
}

fn header_value(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok()
}

/// A page has done its part: what comes next?
pub async fn proceed(
    State(app): State<Shared>,
    ctx: Ctx,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    let sealed = params.get("flow").ok().flatten().unwrap_or_default();
    let (flow, client) = app.core.open_flow(sealed, ctx.now)?;
    advance(&app, &ctx, &flow, &client).await
}

async fn begin(app: &Shared, ctx: &Ctx, text: &[u8]) -> Result<Response, Problem> {
    let params = Params::parse(text);
    let client = find_client(app, &params)?;
    let redirect_uri = find_redirect_uri(&params, &client)?;
    // Values that are passed on as they are. One with a flaw is refused by the first check.
    let text = |name| params.get(name).ok().flatten().map(str::to_owned);
    let mut draft = Draft {
        app,
        params: &params,
        client: &client,
        flow: Flow {
            id: app.core.new_id(ctx.now),
            started_at: ctx.now,
            client_id: client.id.clone(),
            redirect_uri,
            scope: String::new(),
            // A state that cannot be read cannot be sent back either.
            state: text("state"),
            nonce: text("nonce"),
            challenge: String::new(),
            prompt: Prompt::default(),
            max_age: None,
            login_hint: text("login_hint"),
            subject: None,
            ui_locales: text("ui_locales"),
        },
    };
    for check in CHECKS {
        if let Err(told) = check(&mut draft) {
            let answer = draft.flow.answer(Err(told));
            return Ok(see_other(&answer.location(app.core.issuer())));
        }
    }
    let flow = draft.flow;
    advance(app, ctx, &flow, &client).await
}

async fn advance(
    app: &Shared,
    ctx: &Ctx,
    flow: &Flow,
    client: &Client,
) -> Result<Response, Problem> {
    let progress = app.core.advance(flow, client, ctx.session.as_ref(), ctx.now).await?;
    Ok(match progress {
        Progress::Ask { step, sealed } => see_other(&paths::of_step(step, &sealed)),
        Progress::Answer(answer) => see_other(&answer.location(app.core.issuer())),
    })
}

/// 303, so that no credential is ever posted on (RFC 9700 §4.12), and never kept: it may hold a code.
fn see_other(location: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    match HeaderValue::from_str(location) {
        Ok(location) => {
            response.headers_mut().insert(header::LOCATION, location);
            let no_store = HeaderValue::from_static("no-store");
            response.headers_mut().insert(header::CACHE_CONTROL, no_store);
            response
        }
        Err(_) => Problem::of_status(StatusCode::BAD_REQUEST).into_response(),
    }
}

fn flawed(name: &'static str, flaw: Flaw) -> Problem {
    let what = match flaw {
        Flaw::Repeated => "problem-repeated",
        Flaw::Encoding => "problem-encoding",
        Flaw::Oversized => "problem-oversized",
    };
    Problem::request("invalid_request", what).mentioning("parameter", name)
}

fn find_client(app: &Shared, params: &Params) -> Result<Arc<Client>, Problem> {
    let id = params.get("client_id").map_err(|flaw| flawed("client_id", flaw))?;
    let id = id.ok_or_else(|| Problem::request("invalid_request", "problem-client-missing"))?;
    app.core.client(id).ok_or_else(|| Problem::request("invalid_client", "problem-client-unknown"))
}

/// Never the client's only one by default: a request says where its answer goes (OIDC Core §3.1.2.1).
fn find_redirect_uri(params: &Params, client: &Client) -> Result<String, Problem> {
    let uri = params.get("redirect_uri").map_err(|flaw| flawed("redirect_uri", flaw))?;
    let uri = uri.ok_or_else(|| Problem::request("invalid_request", "problem-redirect-missing"))?;
    if !client.has_redirect_uri(uri) {
        let problem = Problem::request("invalid_request", "problem-redirect-mismatch");
        return Err(problem.mentioning("redirect", uri));
    }
    Ok(uri.to_owned())
}

/// A request whose parameters are being checked.
struct Draft<'a> {
    app: &'a Shared,
    params: &'a Params,
    client: &'a Client,
    flow: Flow,
}

impl Draft<'_> {
    fn get(&self, name: &'static str) -> Option<&str> {
        // `flaws` has run, so none is left.
        self.params.get(name).ok().flatten()
    }
}

type Check = fn(&mut Draft) -> Result<(), Told>;

const CHECKS: [Check; 9] = [
    flaws,
    request_objects,
    response_type,
    response_mode,
    scope,
    pkce,
    prompt,
    max_age,
    id_token_hint,
];

fn refuse<T>(error: &'static str, description: impl Into<String>) -> Result<T, Told> {
    Err((error, description.into()))
}

fn invalid<T>(description: impl Into<String>) -> Result<T, Told> {
    refuse("invalid_request", description)
}

fn flaws(draft: &mut Draft) -> Result<(), Told> {
    match draft.params.first_flaw() {
        None => Ok(()),
        Some((name, flaw)) => {
            // The name is the sender's: only what an error description may hold of it is repeated.
            let is_plain = |c: &char| c.is_ascii_alphanumeric() || "_-.".contains(*c);
            let name: String = name.chars().filter(is_plain).take(40).collect();
            invalid(format!("{name} {}", flaw.words()))
        }
    }
}

/// OIDC Core §6; RFC 9101.
fn request_objects(draft: &mut Draft) -> Result<(), Told> {
    if draft.params.has("request") {
        return refuse("request_not_supported", "request is not supported");
    }
    if draft.params.has("request_uri") {
        return refuse("request_uri_not_supported", "request_uri is not supported");
    }
    Ok(())
}

/// RFC 6749 §3.1.1.
fn response_type(draft: &mut Draft) -> Result<(), Told> {
    match draft.get("response_type") {
        None => invalid("response_type is required"),
        Some("code") if draft.client.may(GrantType::AuthorizationCode) => Ok(()),
        Some("code") => {
            refuse("unauthorized_client", "the client is not registered for authorization_code")
        }
        Some(_) => refuse("unsupported_response_type", "response_type must be code"),
    }
}

/// OAuth 2.0 Multiple Response Type Encoding Practices §2.1.
fn response_mode(draft: &mut Draft) -> Result<(), Told> {
    match draft.get("response_mode") {
        None | Some("query") => Ok(()),
        Some(_) => invalid("response_mode must be query"),
    }
}

/// RFC 6749 §3.3.
fn scope(draft: &mut Draft) -> Result<(), Told> {
    let Some(text) = draft.get("scope") else {
        return refuse("invalid_scope", "scope is required, such as openid");
    };
    let Ok(mut scope) = Scope::parse(text) else {
        return refuse("invalid_scope", "scope must be values with one space between");
    };
    if !scope.is_within(&draft.client.scope) {
        return refuse("invalid_scope", "scope exceeds what the client is registered for");
    }
    // OIDC Core §11: ignored where it could lead to no refresh token.
    if !draft.client.may(GrantType::RefreshToken) {
        scope = scope.without("offline_access");
        if scope.is_empty() {
            return refuse("invalid_scope", "offline_access alone asks for nothing");
        }
    }
    draft.flow.scope = scope.to_string();
    Ok(())
}

/// RFC 7636 §4.3, RFC 9700 §2.1.1.
fn pkce(draft: &mut Draft) -> Result<(), Told> {
    let method = draft.get("code_challenge_method");
    let Some(challenge) = draft.get("code_challenge") else {
        return match method {
            Some(_) => invalid("code_challenge_method without code_challenge"),
            None if draft.client.requires_pkce => {
                invalid("code_challenge is required of this client (PKCE with S256)")
            }
            None => Ok(()),
        };
    };
    if method != Some("S256") {
        return invalid("code_challenge_method must be S256");
    }
    let is_digest = challenge.len() == 43
        && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !is_digest {
        return invalid("code_challenge must be 43 characters of base64url, a SHA-256");
    }
    draft.flow.challenge = challenge.to_owned();
    Ok(())
}

/// OIDC Core §3.1.2.1.
fn prompt(draft: &mut Draft) -> Result<(), Told> {
    let mut prompt = Prompt::default();
    for value in draft.get("prompt").unwrap_or_default().split_ascii_whitespace() {
        let asked = match value {
            "none" => &mut prompt.none,
            "login" => &mut prompt.login,
            "consent" => &mut prompt.consent,
            "select_account" => &mut prompt.select_account,
            "create" => &mut prompt.create,
            _ => return invalid("prompt must be of none, login, consent, select_account, create"),
        };
        *asked = true;
    }
    let others = prompt.login || prompt.consent || prompt.select_account || prompt.create;
    if prompt.none && others {
        return invalid("prompt=none goes with no other value");
    }
    draft.flow.prompt = prompt;
    Ok(())
}

fn max_age(draft: &mut Draft) -> Result<(), Told> {
    draft.flow.max_age = match draft.get("max_age").map(str::parse) {
        None => None,
        Some(Ok(seconds)) => Some(seconds),
        Some(Err(_)) => return invalid("max_age must be a number of seconds"),
    };
    Ok(())
}

fn id_token_hint(draft: &mut Draft) -> Result<(), Told> {
    let Some(hint) = draft.get("id_token_hint") else { return Ok(()) };
    let now = draft.flow.started_at;
    match draft.app.core.hinted_subject(hint, draft.client, now) {
        Some(subject) => draft.flow.subject = Some(subject),
        None => return invalid("id_token_hint is not an ID token that was issued to this client"),
    }
    Ok(())
}
