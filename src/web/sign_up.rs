//! `/sign-up`, with or without an authorization request behind it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::back;
use super::entry::{Entry, NotYet};
use super::form::{self, Address, Fields, OfFlow};
use super::page::{FieldProblem, SignUp};
use super::reply::Reply;
use super::upstreams;
use crate::app::{Ctx, Problem, Shared, paths};
use crate::core::accounts;

const PURPOSE: &str = "sign-up";

pub async fn show(
    State(app): State<Shared>,
    ctx: Ctx,
    address: Address,
) -> Result<Response, Problem> {
    let of_flow = form::open_flow(&app, &ctx, address.flow.as_deref()).await?;
    let reply = Reply::of_flow(&app, &ctx, of_flow.as_ref().map(|(flow, _)| flow));
    let hint = of_flow.as_ref().and_then(|(flow, _)| flow.login_hint.clone());
    let fields = Fields {
        flow: address.flow,
        email: hint.unwrap_or_default(),
        next: address.next,
        ..Fields::default()
    };
    Ok(reply.page(StatusCode::OK, &draw(&reply, &of_flow, &fields, Vec::new())))
}

pub async fn submit(
    State(app): State<Shared>,
    ctx: Ctx,
    fields: Fields,
) -> Result<Response, Problem> {
    let entry = Entry::open(&app, &ctx, fields).await?;
    if let Some(answer) = entry.declined().await? {
        return Ok(answer);
    }
    let outcome = match entry.check_form(PURPOSE) {
        Ok(()) => {
            let Fields { name, email, password, .. } = &entry.fields;
            let asked = accounts::SignUp {
                name: Some(name.clone()),
                flow: entry.fields.sealed().map(str::to_owned),
                ..accounts::SignUp::new(email, password.clone())
            };
            let (browser, place) = (ctx.session.as_ref(), entry.place());
            let signed_up = app.core.sign_up(asked, browser, place, ctx.now).await;
            signed_up.map(|it| it.signed_in).map_err(NotYet::Failure)
        }
        Err(not_yet) => Err(not_yet),
    };
    entry.end(outcome, |problem| draw(&entry.reply, &entry.of_flow, &entry.fields, vec![problem]))
}

fn draw(
    reply: &Reply<'_>,
    of_flow: &OfFlow,
    fields: &Fields,
    problems: Vec<FieldProblem>,
) -> SignUp {
    let next = back::page(fields.next.as_deref());
    SignUp {
        frame: reply.frame_at(back::entry(paths::SIGN_UP, fields.sealed(), next)),
        app: of_flow.as_ref().map(|(flow, client)| reply.app_card(client, flow)),
        flow: fields.flow.clone(),
        next,
        csrf: reply.form_token(PURPOSE),
        name: fields.name.clone(),
        email: fields.email.clone(),
        problems,
        upstreams: upstreams::doors(reply, fields.sealed(), next),
    }
}
