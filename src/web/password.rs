//! `/password`: a signed-in person changes the password.

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
    Ok(reply.page(StatusCode::OK, &draw(&reply, &signed, Vec::new())))
}

async fn submit(
    State(app): State<Shared>,
    signed: Signed,
    fields: Fields,
) -> Result<Response, Problem> {
    let ctx = &signed.ctx;
    let entry = Entry::open(&app, ctx, Fields { flow: None, ..fields }).await?;
    let changed = match entry.check_form(&signed.purpose(&SECTION)) {
        Ok(()) => {
            let passwords = (entry.fields.current.clone(), entry.fields.password.clone());
            let owner = signed.owner();
            let changed = app.core.change_password(owner, passwords, entry.place(), ctx.now);
            changed.await.map_err(NotYet::Failure)
        }
        Err(not_yet) => Err(not_yet),
    };
    let next =
        changed.map(|signed_in| welcome(ctx, &signed_in, &done::address(Deed::Password, None)));
    entry.answer(next, |problem| draw(&entry.reply, &signed, vec![problem]))
}

fn draw(reply: &Reply<'_>, signed: &Signed, problems: Vec<FieldProblem>) -> Ask {
    let desk = signed.desk(reply, &SECTION);
    Ask {
        frame: reply.frame_at(SECTION.path.to_owned()),
        app: None,
        title: reply.say("password-title"),
        lead: reply.say("password-lead"),
        action: SECTION.path,
        csrf: desk.csrf.clone(),
        desk: Some(desk),
        flow: None,
        token: None,
        username: Some(signed.visitor.account.email.clone()),
        current: true,
        fresh: true,
        email: None,
        button: reply.say("password-button"),
        other: Some((paths::ACCOUNT.to_owned(), reply.say("cancel"))),
        problems,
    }
}
