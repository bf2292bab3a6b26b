//! The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0).
//!
//! The browser goes back to the app only when a valid `id_token_hint` says which app it is and the
//! app has registered the very URI; otherwise the person ends here, on a page. Where the hint does
//! not speak for who is signed in, the person is asked first.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::authorize::{flawed, read_form};
use super::params::Params;
use crate::app::{Ctx, Problem, Shared, answer, paths, signing_out};
use crate::core::clients::Client;
use crate::core::logout::Logout;
use crate::core::tokens::IdClaims;

/// What the endpoint understands; anything else is ignored.
const PARAMETERS: [&str; 6] = [
    "id_token_hint",
    "logout_hint",
    "client_id",
    "post_logout_redirect_uri",
    "state",
    "ui_locales",
];

pub async fn get(
    State(app): State<Shared>,
    ctx: Ctx,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    let hint = hint(&app, &params, ctx.now)?;
    let client = client(&app, &params, hint.as_ref(), ctx.now).await?;
    let logout = Logout {
        started_at: ctx.now,
        app: client.as_ref().map(|client| client.name.clone()),
        redirect_uri: redirect_uri(&params, client.as_deref(), hint.is_some())?,
        state: value(&params, "state")?.map(str::to_owned),
    };
    let at_once = match &hint {
        Some(hint) => app.core.hint_matches(hint, ctx.session.as_ref(), ctx.now).await?,
        None => false,
    };
    if !at_once {
        let sealed = app.core.seal_logout(&logout)?;
        return Ok(answer::see_other(&format!("{}?logout={sealed}", paths::SIGN_OUT)));
    }
    let next = logout.location().unwrap_or_else(|| paths::SIGNED_OUT.to_owned());
    Ok(signing_out::leave(&app, &ctx, &next).await?)
}

/// A form that another site sent comes without our cookie (`SameSite=Lax`); the browser is sent here
/// again with its parameters, as one that followed a link.
pub async fn post(
    State(_): State<Shared>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    let params = Params::parse(&read_form(&headers, body)?);
    let mut query = form_urlencoded::Serializer::new(String::new());
    for name in PARAMETERS {
        if let Some(value) = value(&params, name)? {
            query.append_pair(name, value);
        }
    }
    Ok(answer::see_other(&format!("{}?{}", paths::END_SESSION, query.finish())))
}

fn value<'p>(params: &'p Params, name: &'static str) -> Result<Option<&'p str>, Problem> {
    params.get(name).map_err(|flaw| flawed(name, flaw))
}

/// The hint, expired or not; one that is none of ours is an error, as it may be somebody's attempt.
fn hint(app: &Shared, params: &Params, now: i64) -> Result<Option<IdClaims<'static>>, Problem> {
    let Some(token) = value(params, "id_token_hint")? else { return Ok(None) };
    let invalid = || Problem::request("invalid_request", "problem-logout-hint");
    app.core.hint(token, now).map(Some).ok_or_else(invalid)
}

/// The client that asks: the one that the hint was issued to, and no other (RP-Initiated Logout §2).
async fn client(
    app: &Shared,
    params: &Params,
    hint: Option<&IdClaims<'_>>,
    now: i64,
) -> Result<Option<Arc<Client>>, Problem> {
    let named = value(params, "client_id")?;
    if let (Some(named), Some(hint)) = (named, hint)
        && named != hint.aud
    {
        return Err(Problem::request("invalid_request", "problem-logout-client"));
    }
    match hint.map(|hint| &*hint.aud).or(named) {
        Some(id) => Ok(app.core.find_client(id, now).await?),
        None => Ok(None),
    }
}

fn redirect_uri(
    params: &Params,
    client: Option<&Client>,
    hinted: bool,
) -> Result<Option<String>, Problem> {
    let Some(uri) = value(params, "post_logout_redirect_uri")? else { return Ok(None) };
    // Without a hint anybody may have sent the browser here: it does not go on from here.
    let Some(client) = client.filter(|_| hinted) else { return Ok(None) };
    if !client.has_post_logout_redirect_uri(uri) {
        let problem = Problem::request("invalid_request", "problem-logout-redirect");
        return Err(problem.mentioning("redirect", uri));
    }
    Ok(Some(uri.to_owned()))
}
