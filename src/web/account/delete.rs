//! `/account/delete`: the account goes, with all that belongs to it.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use serde::Deserialize;

use super::{Desk, Section, Signed, page};
use crate::app::{Problem, Shared, cookies, paths};
use crate::core::Secret;
use crate::web::done::{self, Deed};
use crate::web::form::{self, Sent};
use crate::web::page::{FieldProblem, Frame};
use crate::web::reply::{Reply, see_other};

pub const SECTION: Section =
    Section { path: paths::ACCOUNT_DELETE, title: "delete-title", lead: "delete-lead", routes };

fn routes() -> Router<Shared> {
    Router::new().route(paths::ACCOUNT_DELETE, get(show).post(submit))
}

#[derive(Template)]
#[template(path = "account/delete.html")]
struct View {
    frame: Frame,
    desk: Desk,
    email: String,
    /// It is asked for; else a sign-in of a moment ago will do.
    has_password: bool,
    again: Option<String>,
}

#[derive(Deserialize)]
#[serde(default)]
struct Fields {
    csrf: String,
    current: Secret,
    confirm: String,
}

impl Default for Fields {
    fn default() -> Self {
        Self { csrf: String::new(), current: Secret::new(""), confirm: String::new() }
    }
}

async fn show(State(app): State<Shared>, signed: Signed) -> Result<Response, Problem> {
    let reply = Reply::new(&app, &signed.ctx);
    draw(&reply, &signed, Vec::new()).await
}

async fn submit(
    State(app): State<Shared>,
    signed: Signed,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    let reply = Reply::new(&app, &signed.ctx);
    if let Err(problem) = signed.check_form(&reply, &fields.csrf, &SECTION) {
        return draw(&reply, &signed, vec![problem]).await;
    }
    if fields.confirm != "yes" {
        let message = reply.say("error-delete-unconfirmed");
        let problem = FieldProblem { field: "confirm", ..FieldProblem::of_form(message) };
        return draw(&reply, &signed, vec![problem]).await;
    }
    let (owner, place) = (signed.owner(), reply.place());
    let password = app.core.has_password(owner.account.id).await?.then_some(fields.current);
    let deleted = app.core.delete_own_account(owner, password, &place, signed.ctx.now).await;
    if let Err(failure) = deleted {
        let problem = form::beside(&reply, failure)?;
        return draw(&reply, &signed, vec![problem]).await;
    }
    let mut response = see_other(&done::address(Deed::Deleted, None));
    cookies::forget(response.headers_mut(), cookies::SESSION, signed.ctx.is_https);
    Ok(response)
}

async fn draw(
    reply: &Reply<'_>,
    signed: &Signed,
    problems: Vec<FieldProblem>,
) -> Result<Response, Problem> {
    let owner = signed.owner();
    let has_password = reply.app.core.has_password(owner.account.id).await?;
    let desk = Desk { problems, ..signed.desk(reply, &SECTION) };
    let status = desk.status();
    let view = View {
        frame: reply.frame_at(SECTION.path.to_owned()),
        desk,
        email: owner.account.email.clone(),
        has_password,
        again: signed.again(&SECTION, has_password),
    };
    Ok(page(reply, status, &view))
}
