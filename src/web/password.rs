//! `/password`: a signed-in person changes the password.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::done::{self, Deed};
use super::entry::{Entry, NotYet};
use super::form::Fields;
use super::page::{Ask, FieldProblem};
use super::reply::{Reply, see_other, welcome};
use crate::app::{Ctx, Problem, Shared, paths};

const PURPOSE: &str = "password";

pub async fn show(State(app): State<Shared>, ctx: Ctx) -> Result<Response, Problem> {
    let visitor = app.core.visitor(ctx.session.as_ref(), None, ctx.now).await?;
    let Some(visitor) = visitor else { return Ok(see_other(paths::SIGN_IN)) };
    let reply = Reply::new(&app, &ctx);
    Ok(reply.page(StatusCode::OK, &draw(&reply, &visitor.account.email, Vec::new())))
}

pub async fn submit(
    State(app): State<Shared>,
    ctx: Ctx,
    fields: Fields,
) -> Result<Response, Problem> {
    let visitor = app.core.visitor(ctx.session.as_ref(), None, ctx.now).await?;
    let Some(visitor) = visitor else { return Ok(see_other(paths::SIGN_IN)) };
    let entry = Entry::open(&app, &ctx, Fields { flow: None, ..fields }).await?;
    let changed = match entry.check_form(PURPOSE) {
        Ok(()) => {
            let passwords = (entry.fields.current.clone(), entry.fields.password.clone());
            let owner = visitor.owner();
            let changed = app.core.change_password(owner, passwords, entry.place(), ctx.now);
            changed.await.map_err(NotYet::Failure)
        }
        Err(not_yet) => Err(not_yet),
    };
    let next =
        changed.map(|signed_in| welcome(&ctx, &signed_in, &done::address(Deed::Password, None)));
    entry.answer(next, |problem| draw(&entry.reply, &visitor.account.email, vec![problem]))
}

fn draw(reply: &Reply<'_>, email: &str, problems: Vec<FieldProblem>) -> Ask {
    Ask {
        frame: reply.frame_at(paths::PASSWORD.to_owned()),
        app: None,
        title: reply.say("password-title"),
        lead: reply.say("password-lead"),
        action: paths::PASSWORD,
        csrf: reply.form_token(PURPOSE),
        flow: None,
        token: None,
        username: Some(email.to_owned()),
        current: true,
        fresh: true,
        email: None,
        button: reply.say("password-button"),
        other: Some((paths::HOME.to_owned(), reply.say("cancel"))),
        problems,
    }
}
