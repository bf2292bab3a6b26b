//! What must hold of an authorization request, whether it came through a browser or was pushed.

use super::{flawed, request_object};
use crate::app::{Problem, Shared};
use crate::core::Fault;
use crate::core::claims_request::ClaimsRequest;
use crate::core::clients::{Client, GrantType};
use crate::core::flow::{Flow, Prompt, ResponseMode};
use crate::core::scope::Scope;
use crate::oidc::params::Params;

/// What is told to the client: `error`, `error_description`.
pub type Told = (&'static str, String);

/// Why a request does not go on.
pub enum Refused {
    /// It does not say where its answer may go: a page for the person, words for a program.
    Unproven(Box<Problem>, String),
    /// The client is told, where this draft of a flow leads.
    Told(Box<Flow>, Told),
    Fault(Fault),
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Checks a request of a client that is known.
pub async fn check(
    app: &Shared,
    client: &Client,
    params: &Params,
    now: i64,
) -> Result<Flow, Refused> {
    // In a box: few requests are objects, and to open one takes much room.
    let opened = if params.has("request") {
        Box::pin(request_object::open(app, client, params, now)).await?
    } else {
        request_object::without(client)
    };
    // Of a request object that cannot be opened, the client is told where the request itself leads.
    let (params, broken) = match &opened {
        Ok(None) => (params, None),
        Ok(Some(inside)) => (inside, None),
        Err(told) => (params, Some(told.clone())),
    };
    let redirect_uri = redirect_uri(params, client)?;
    // Values that are passed on as they are. One with a flaw is refused by the first check.
    let text = |name| params.get(name).ok().flatten().map(str::to_owned);
    let mut draft = Draft {
        app,
        params,
        client,
        flow: Flow {
            id: app.core.new_id(now),
            started_at: now,
            client_id: client.id.clone(),
            redirect_uri,
            response_mode: response_mode(params).unwrap_or_default(),
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
            claims: ClaimsRequest::default(),
            resources: Vec::new(),
            upstream: None,
            chosen: None,
            pushed: None,
        },
    };
    let refusal = broken.or_else(|| CHECKS.iter().find_map(|check| check(&mut draft).err()));
    match refusal {
        None => Ok(draft.flow),
        Some(told) => Err(Refused::Told(Box::new(draft.flow), told)),
    }
}

/// Never the client's only one by default: a request says where its answer goes (OIDC Core §3.1.2.1).
fn redirect_uri(params: &Params, client: &Client) -> Result<String, Refused> {
    let unproven = |problem: Problem, description: &str| {
        Refused::Unproven(Box::new(problem), description.to_owned())
    };
    let uri = params.get("redirect_uri").map_err(|flaw| {
        unproven(flawed("redirect_uri", flaw), &format!("redirect_uri {}", flaw.words()))
    })?;
    let uri = uri.ok_or_else(|| {
        let problem = Problem::request("invalid_request", "problem-redirect-missing");
        unproven(problem, "redirect_uri is required")
    })?;
    if !client.has_redirect_uri(uri) {
        let problem = Problem::request("invalid_request", "problem-redirect-mismatch");
        let description = "redirect_uri is not registered for this client";
        return Err(unproven(problem.mentioning("redirect", uri), description));
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

const CHECKS: [Check; 12] = [
    flaws,
    by_reference,
    response_type,
    known_response_mode,
    scope,
    pkce,
    prompt,
    max_age,
    upstream,
    id_token_hint,
    claims,
    resource,
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

/// OIDC Core §6.2. A reference to a request that was pushed does not come this far.
fn by_reference(draft: &mut Draft) -> Result<(), Told> {
    if draft.params.has("request_uri") {
        return refuse(
            "request_uri_not_supported",
            "request_uri must be one from the PAR endpoint",
        );
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

fn response_mode(params: &Params) -> Option<ResponseMode> {
    let name = params.get("response_mode").ok().flatten()?;
    ResponseMode::ALL.into_iter().find(|mode| mode.name() == name)
}

/// OAuth 2.0 Multiple Response Type Encoding Practices §2.1.
fn known_response_mode(draft: &mut Draft) -> Result<(), Told> {
    match draft.get("response_mode") {
        Some(_) if response_mode(draft.params).is_none() => {
            invalid("response_mode must be query or form_post")
        }
        _ => Ok(()),
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
        scope = scope.without(&["offline_access"]);
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

/// Our own parameter: the upstream that people are sent to who have to sign in. OIDC Core §3.1.2.1
/// leaves room for it.
fn upstream(draft: &mut Draft) -> Result<(), Told> {
    let Some(id) = draft.get("upstream") else { return Ok(()) };
    if !draft.app.core.has_upstream(id) {
        return invalid("upstream is not the id of one");
    }
    draft.flow.upstream = Some(id.to_owned());
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

/// OIDC Core §5.5. Of `acr_values`, which are only a wish, nothing is left to check.
fn claims(draft: &mut Draft) -> Result<(), Told> {
    let Some(text) = draft.get("claims") else { return Ok(()) };
    let (request, demands) = match ClaimsRequest::parse(text, draft.client) {
        Ok(parsed) => parsed,
        Err(malformed) => return invalid(malformed.0),
    };
    if demands.are_unmet() {
        // OpenID Connect Core Unmet Authentication Requirements 1.0 §2.
        let description = "none of the essential acr values can be given";
        return refuse("unmet_authentication_requirements", description);
    }
    let hinted = draft.flow.subject;
    if demands.subject.is_some() && hinted.is_some() && demands.subject != hinted {
        return invalid("claims and id_token_hint ask for different people");
    }
    draft.flow.subject = hinted.or(demands.subject);
    draft.flow.claims = request;
    Ok(())
}

/// RFC 8707 §2.1.
fn resource(draft: &mut Draft) -> Result<(), Told> {
    let resources: Vec<String> = draft.params.all("resource").map(str::to_owned).collect();
    if !resources.iter().all(|resource| draft.app.core.has_resource(resource)) {
        let description = "resource is not one that access tokens are issued for";
        return refuse("invalid_target", description);
    }
    draft.flow.resources = resources;
    Ok(())
}
