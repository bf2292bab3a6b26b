//! `/sign-up`, with or without an authorization request behind it.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::Response;

use super::form::{self, Fields, FlowQuery, OfFlow};
use super::page::{FieldProblem, SignUp};
use super::reply::{Reply, app_card, see_other, welcome};
use crate::app::{Ctx, Problem, Shared, paths};
use crate::core::accounts;

const PURPOSE: &str = "sign-up";

pub async fn show(
    State(app): State<Shared>,
    ctx: Ctx,
    Query(address): FlowQuery,
) -> Result<Response, Problem> {
    let of_flow = form::open_flow(&app, &ctx, address.flow.as_deref())?;
    let reply = Reply::of_flow(&app, &ctx, of_flow.as_ref().map(|(flow, _)| flow));
    let hint = of_flow.as_ref().and_then(|(flow, _)| flow.login_hint.clone());
    let fields =
        Fields { flow: address.flow, email: hint.unwrap_or_default(), ..Fields::default() };
    Ok(reply.page(StatusCode::OK, &draw(&reply, &of_flow, &fields, Vec::new())))
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
        Ok(reply.page(status, &draw(&reply, &of_flow, &fields, vec![problem])))
    };
    if !reply.is_own_form(&fields.csrf, PURPOSE) {
        return again(form::stale_form(&reply), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let asked = accounts::SignUp {
        name: fields.name.clone(),
        email: fields.email.clone(),
        password: fields.password.clone(),
    };
    match app.core.sign_up(asked, ctx.session.as_ref(), ctx.place.clone(), ctx.now).await {
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
    fields: &Fields,
    problems: Vec<FieldProblem>,
) -> SignUp {
    let here = fields.sealed().map(|sealed| paths::with_flow(paths::SIGN_UP, sealed));
    SignUp {
        frame: reply.frame_at(here.unwrap_or_else(|| paths::SIGN_UP.to_owned())),
        app: of_flow.as_ref().map(|(flow, client)| app_card(client, flow)),
        flow: fields.flow.clone(),
        csrf: reply.form_token(PURPOSE),
        name: fields.name.clone(),
        email: fields.email.clone(),
        problems,
    }
}
