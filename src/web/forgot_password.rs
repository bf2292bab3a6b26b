//! `/forgot-password`: sends a link. The answer tells nobody whether there is such an account.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::done::{self, Deed};
use super::entry::{Entry, NotYet};
use super::form::{self, Address, Fields, OfFlow};
use super::page::{Ask, FieldProblem};
use super::reply::{Reply, see_other};
use crate::app::{Ctx, Problem, Shared, paths};

const PURPOSE: &str = "forgot-password";

pub async fn show(
    State(app): State<Shared>,
    ctx: Ctx,
    address: Address,
) -> Result<Response, Problem> {
    let of_flow = form::open_flow(&app, &ctx, address.flow.as_deref()).await?;
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
    let entry = Entry::open(&app, &ctx, fields).await?;
    if let Some(answer) = entry.declined().await? {
        return Ok(answer);
    }
    let sent = match entry.check_form(PURPOSE) {
        Ok(()) => {
            let (email, flow) = (&entry.fields.email, entry.fields.sealed());
            let language = entry.place().language;
            app.core
                .forgot_password(email, flow, language, ctx.now)
                .map_err(|refusal| NotYet::Failure(refusal.into()))
        }
        Err(not_yet) => Err(not_yet),
    };
    let next = sent.map(|()| see_other(&done::address(Deed::ResetSent, entry.fields.sealed())));
    entry.answer(next, |problem| draw(&entry.reply, &entry.of_flow, &entry.fields, vec![problem]))
}

fn draw(reply: &Reply<'_>, of_flow: &OfFlow, fields: &Fields, problems: Vec<FieldProblem>) -> Ask {
    let with_flow = |path: &str| match fields.sealed() {
        Some(sealed) => paths::with_flow(path, sealed),
        None => path.to_owned(),
    };
    Ask {
        frame: reply.frame_at(with_flow(paths::FORGOT_PASSWORD)),
        desk: None,
        app: of_flow.as_ref().map(|(flow, client)| reply.app_card(client, flow)),
        title: reply.say("forgot-title"),
        lead: reply.say("forgot-lead"),
        action: paths::FORGOT_PASSWORD,
        csrf: reply.form_token(PURPOSE),
        flow: fields.flow.clone(),
        token: None,
        username: None,
        current: false,
        fresh: false,
        email: Some((reply.say("email-label"), fields.email.clone())),
        button: reply.say("forgot-button"),
        other: Some((with_flow(paths::SIGN_IN), reply.say("forgot-back"))),
        again: None,
        problems,
    }
}
