//! The authorization endpoint (RFC 6749 §3.1, OIDC Core §3.1.2): a flat, ordered list of checks, then
//! the flow. Until the client and its redirect URI are proven an error is a page; afterwards it goes
//! back to the client.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;

use super::params::{Flaw, Params};
use crate::app::{Ctx, Problem, Shared, answer, paths};
use crate::core::clients::Client;
use crate::core::flow::{Flow, Progress, Step};

mod checks;
mod request_object;

pub use checks::{Refused, Told, check};
pub use request_object::read_claims;

pub async fn get(
    State(app): State<Shared>,
    ctx: Ctx,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    begin(&app, &ctx, query.unwrap_or_default().as_bytes(), Stage::First).await
}

/// A form that another site sent comes without our cookie (`SameSite=Lax`); once the request is proven,
/// the browser is sent on with it as one that followed a link.
pub async fn post(
    State(app): State<Shared>,
    ctx: Ctx,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Response, Problem> {
    let stage = if ctx.session.is_some() { Stage::First } else { Stage::Unseen };
    begin(&app, &ctx, &read_form(&headers, body)?, stage).await
}

/// The body of a form that a page sent here.
pub fn read_form(
    headers: &HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Bytes, Problem> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(super::token::is_form) {
        return Err(Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE));
    }
    body.map_err(|rejection| Problem::of_status(rejection.status()))
}

/// A page has done its part: what comes next?
pub async fn proceed(
    State(app): State<Shared>,
    ctx: Ctx,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    let sealed = params.get("flow").ok().flatten().unwrap_or_default();
    let (flow, client) = app.core.open_flow(sealed, ctx.now).await?;
    // Whoever comes back from an upstream and has to sign in all the same chooses how.
    let is_first = params.get(FIRST).ok().flatten().is_some();
    let stage = if is_first { Stage::First } else { Stage::Later };
    advance(&app, &ctx, (&flow, &client), stage).await
}

/// The parameter of [`paths::CONTINUE`] for a request that has not been anywhere yet.
const FIRST: &str = "first";

/// How far a request is on its way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It came by a form without a session, which says nothing of who is signed in.
    Unseen,
    First,
    /// A page has done its part.
    Later,
}

async fn begin(app: &Shared, ctx: &Ctx, text: &[u8], stage: Stage) -> Result<Response, Problem> {
    let params = Params::parse(text);
    let client = find_client(app, ctx, &params).await?;
    if let Some(reference) = params.get("request_uri").ok().flatten()
        && reference.starts_with("urn:")
    {
        // What stands beside the reference was not pushed, and does not count (RFC 9126 §4).
        let flow = Box::pin(app.core.pushed(reference, &client, ctx.now)).await?;
        return advance(app, ctx, (&flow, &client), stage).await;
    }
    match check(app, &client, &params, ctx.now).await {
        Ok(flow) if client.requires_par => {
            let told = ("invalid_request", "the request must be pushed (RFC 9126)".to_owned());
            Ok(answer::to_app(&flow.answer(Err(told)), app.core.issuer()))
        }
        Ok(flow) => advance(app, ctx, (&flow, &client), stage).await,
        Err(Refused::Told(flow, told)) => {
            Ok(answer::to_app(&flow.answer(Err(told)), app.core.issuer()))
        }
        Err(Refused::Unproven(problem, _)) => Err(*problem),
        Err(Refused::Fault(fault)) => Err(fault.into()),
    }
}

async fn advance(
    app: &Shared,
    ctx: &Ctx,
    (flow, client): (&Flow, &Client),
    stage: Stage,
) -> Result<Response, Problem> {
    if stage == Stage::Unseen {
        let next = paths::with_flow(paths::CONTINUE, &app.core.seal_flow(flow)?);
        return Ok(answer::see_other(&format!("{next}&{FIRST}=1")));
    }
    let progress = app.core.advance(flow, client, ctx.session.as_ref(), ctx.now).await?;
    Ok(match progress {
        Progress::Ask { step: Step::SignIn | Step::SignUp, sealed }
            if flow.upstream.is_some() && stage == Stage::First =>
        {
            let id = flow.upstream.as_deref().unwrap_or_default();
            answer::see_other(&paths::with_flow(&paths::to_upstream(id), &sealed))
        }
        Progress::Ask { step, sealed } => answer::see_other(&paths::of_step(step, &sealed)),
        Progress::Answer(answer) => answer::to_app(&answer, app.core.issuer()),
    })
}

pub fn flawed(name: &'static str, flaw: Flaw) -> Problem {
    let what = match flaw {
        Flaw::Repeated => "problem-repeated",
        Flaw::Encoding => "problem-encoding",
        Flaw::Oversized => "problem-oversized",
        Flaw::TooMany => "problem-too-many-parameters",
    };
    Problem::request("invalid_request", what).mentioning("parameter", name)
}

async fn find_client(app: &Shared, ctx: &Ctx, params: &Params) -> Result<Arc<Client>, Problem> {
    let id = params.get("client_id").map_err(|flaw| flawed("client_id", flaw))?;
    let id = id.ok_or_else(|| Problem::request("invalid_request", "problem-client-missing"))?;
    let client = app.core.find_client(id, ctx.now).await?;
    client.ok_or_else(|| Problem::request("invalid_client", "problem-client-unknown"))
}
