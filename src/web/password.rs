//! `/password`: a signed-in person changes the password, or sets one where the account has none.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::account::{Section, Signed};
use super::done::{self, Deed};
use super::entry::{Entry, NotYet};
use super::form::Fields;
use super::page::{Ask, FieldProblem};
use super::reply::{Reply, welcome};
use crate::app::{Problem, Shared, paths};

pub const SECTION: Section = Section {
    path: paths::PASSWORD,
    title: "password-section",
    lead: "password-section-lead",
    routes,
};

fn routes() -> Router<Shared> {
    Router::new().route(paths::PASSWORD, get(show).post(submit))
}

async fn show(State(app): State<Shared>, signed: Signed) -> Result<Response, Problem> {
    let reply = Reply::new(&app, &signed.ctx);
    let has_password = app.core.has_password(signed.visitor.account.id).await?;
    Ok(reply.page(StatusCode::OK, &draw(&reply, &signed, has_password, Vec::new())))
}

async fn submit(
    State(app): State<Shared>,
    signed: Signed,
    fields: Fields,
) -> Result<Response, Problem> {
    let ctx = &signed.ctx;
    let entry = Entry::open(&app, ctx, Fields { flow: None, ..fields }).await?;
    let has_password = app.core.has_password(signed.visitor.account.id).await?;
    let changed = match entry.check_form(&signed.purpose(&SECTION)) {
        Ok(()) => {
            let (owner, place) = (signed.owner(), entry.place());
            let (current, new) = (entry.fields.current.clone(), entry.fields.password.clone());
            let changed = if has_password {
                app.core.change_password(owner, (current, new), place, ctx.now).await
            } else {
                app.core.set_first_password(owner, new, place, ctx.now).await
            };
            changed.map_err(NotYet::Failure)
        }
        Err(not_yet) => Err(not_yet),
    };
    let deed = if has_password { Deed::Password } else { Deed::FirstPassword };
    let next = changed.map(|signed_in| welcome(ctx, &signed_in, &done::address(deed, None)));
    entry.answer(next, |problem| draw(&entry.reply, &signed, has_password, vec![problem]))
}

fn draw(
    reply: &Reply<'_>,
    signed: &Signed,
    has_password: bool,
    problems: Vec<FieldProblem>,
) -> Ask {
    let desk = signed.desk(reply, &SECTION);
    let (title, lead, button) = if has_password {
        ("password-title", "password-lead", "password-button")
    } else {
        ("first-password-title", "first-password-lead", "reset-button")
    };
    Ask {
        frame: reply.frame_at(SECTION.path.to_owned()),
        app: None,
        title: reply.say(title),
        lead: reply.say(lead),
        action: SECTION.path,
        csrf: desk.csrf.clone(),
        desk: Some(desk),
        flow: None,
        token: None,
        username: Some(signed.visitor.account.email.clone()),
        current: has_password,
        fresh: true,
        email: None,
        button: reply.say(button),
        other: Some((paths::ACCOUNT.to_owned(), reply.say("cancel"))),
        again: signed
            .again(&SECTION, has_password)
            .map(|href| (reply.say("first-password-again"), href)),
        problems,
    }
}
