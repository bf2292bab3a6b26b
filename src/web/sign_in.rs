//! `/sign-in`, with or without an authorization request behind it.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::Response;

use super::form::{self, Fields, FlowQuery, OfFlow};
use super::home::person;
use super::page::{FieldProblem, SignIn};
use super::reply::{Reply, app_card, see_other, welcome};
use crate::app::{Ctx, Problem, Shared, paths};

const PURPOSE: &str = "sign-in";

pub async fn show(
    State(app): State<Shared>,
    ctx: Ctx,
    Query(address): FlowQuery,
) -> Result<Response, Problem> {
    let of_flow = form::open_flow(&app, &ctx, address.flow.as_deref())?;
    let client_id = of_flow.as_ref().map(|(_, client)| client.id.as_str());
    let visitor = app.core.visitor(ctx.session.as_ref(), client_id, ctx.now).await?;
    // "Use another account" was asked for: whoever is signed in is of no interest.
    let visitor = visitor.filter(|_| address.account.is_none());
    if of_flow.is_none() && visitor.is_some() {
        return Ok(see_other(paths::HOME));
    }
    let hint = of_flow.as_ref().and_then(|(flow, _)| flow.login_hint.clone());
    let person = visitor.as_ref().map(|visitor| person(&visitor.account));
    let email = person.as_ref().map(|person| person.email.clone()).or(hint).unwrap_or_default();
    let reply = Reply::of_flow(&app, &ctx, of_flow.as_ref().map(|(flow, _)| flow));
    let mut page = draw(&reply, &of_flow, address.flow, email, Vec::new());
    page.again = person.is_some();
    page.person = person;
    Ok(reply.page(StatusCode::OK, &page))
}

pub async fn submit(
    State(app): State<Shared>,
    ctx: Ctx,
    fields: Fields,
) -> Result<Response, Problem> {
    let of_flow = form::open_flow(&app, &ctx, fields.sealed())?;
    let reply = Reply::of_flow(&app, &ctx, of_flow.as_ref().map(|(flow, _)| flow));
    if let (Some((flow, _)), "deny") = (&of_flow, fields.action.as_str()) {
        return Ok(see_other(&app.core.deny(flow).location(app.core.issuer())));
    }
    let again = |problem: FieldProblem, status: StatusCode| {
        let email = fields.email.clone();
        let page = draw(&reply, &of_flow, fields.flow.clone(), email, vec![problem]);
        Ok(reply.page(status, &page))
    };
    if !reply.is_own_form(&fields.csrf, PURPOSE) {
        return again(form::stale_form(&reply), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let (browser, place) = (ctx.session.as_ref(), ctx.place.clone());
    let password = fields.password.clone();
    match app.core.sign_in(&fields.email, password, browser, place, ctx.now).await {
        Ok(signed_in) => {
            let next = fields.sealed().map(|sealed| paths::with_flow(paths::CONTINUE, sealed));
            Ok(welcome(&ctx, &signed_in, next.as_deref().unwrap_or(paths::HOME)))
        }
        Err(failure) => {
            let (status, wait) = form::status(&failure);
            let mut response = again(form::beside(&reply, failure)?, status)?;
            if let Some(seconds) = wait {
                response.headers_mut().insert(RETRY_AFTER, seconds.into());
            }
            Ok(response)
        }
    }
}

fn draw(
    reply: &Reply<'_>,
    of_flow: &OfFlow,
    sealed: Option<String>,
    email: String,
    problems: Vec<FieldProblem>,
) -> SignIn {
    let here = sealed.as_ref().map(|sealed| paths::with_flow(paths::SIGN_IN, sealed));
    SignIn {
        frame: reply.frame_at(here.unwrap_or_else(|| paths::SIGN_IN.to_owned())),
        app: of_flow.as_ref().map(|(flow, client)| app_card(client, flow)),
        flow: sealed,
        csrf: reply.form_token(PURPOSE),
        email,
        problems,
        again: false,
        person: None,
    }
}
