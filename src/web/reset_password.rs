//! `/reset-password`: where the link of a mail leads. The page uses nothing up; its form does.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::done::{self, Deed};
use super::entry::{Entry, NotYet};
use super::form::{self, Address, Fields, OfFlow};
use super::page::{Ask, FieldProblem};
use super::reply::{Reply, see_other};
use crate::app::{Ctx, Problem, Shared, paths};
use crate::core::Secret;
use crate::core::proofs::Purpose;

const PURPOSE: &str = "reset-password";

pub async fn show(
    State(app): State<Shared>,
    ctx: Ctx,
    address: Address,
) -> Result<Response, Problem> {
    let token = address.token.unwrap_or_else(|| Secret::new(""));
    let link = app.core.look_at_link(Purpose::ResetPassword, &token, ctx.now).await?;
    let (of_flow, flow) = form::open_flow_if_live(&app, &ctx, address.flow).await;
    let reply = Reply::of_flow(&app, &ctx, of_flow.as_ref().map(|(flow, _)| flow));
    let fields = Fields { flow, token, ..Fields::default() };
    let page = draw(&reply, &of_flow, &fields, &link.email, Vec::new());
    Ok(reply.page(StatusCode::OK, &page))
}

pub async fn submit(
    State(app): State<Shared>,
    ctx: Ctx,
    fields: Fields,
) -> Result<Response, Problem> {
    let entry = Entry::open_if_live(&app, &ctx, fields).await;
    if let Some(answer) = entry.declined().await? {
        return Ok(answer);
    }
    let (token, purpose) = (&entry.fields.token, Purpose::ResetPassword);
    let link = app.core.look_at_link(purpose, token, ctx.now).await?;
    let set = match entry.check_form(PURPOSE) {
        Ok(()) => {
            let (password, place) = (entry.fields.password.clone(), entry.place());
            let set = app.core.set_password_by_link(purpose, token, password, &place, ctx.now);
            set.await.map_err(NotYet::Failure)
        }
        Err(not_yet) => Err(not_yet),
    };
    let next = set.map(|()| see_other(&done::address(Deed::Reset, entry.fields.sealed())));
    entry.answer(next, |problem| {
        draw(&entry.reply, &entry.of_flow, &entry.fields, &link.email, vec![problem])
    })
}

fn draw(
    reply: &Reply<'_>,
    of_flow: &OfFlow,
    fields: &Fields,
    email: &str,
    problems: Vec<FieldProblem>,
) -> Ask {
    Ask {
        frame: reply.frame_at(form::mailed(paths::RESET_PASSWORD, fields)),
        desk: None,
        app: of_flow.as_ref().map(|(flow, client)| reply.app_card(client, flow)),
        title: reply.say("reset-title"),
        lead: reply.say("reset-lead"),
        action: paths::RESET_PASSWORD,
        csrf: reply.form_token(PURPOSE),
        flow: fields.flow.clone(),
        token: Some(fields.token.expose().to_owned()),
        username: Some(email.to_owned()),
        current: false,
        fresh: true,
        email: None,
        button: reply.say("reset-button"),
        other: None,
        again: None,
        problems,
    }
}
