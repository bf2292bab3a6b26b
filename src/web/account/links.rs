//! `/account/links`: the accounts elsewhere by which the person gets in.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use uuid::Uuid;

use super::{Desk, Section, Signed, done, moment, page};
use crate::app::{Problem, Shared, cookies, paths};
use crate::core::links::{Astray, Goal, Linked, Named};
use crate::core::{Failure, Refusal};
use crate::web::back;
use crate::web::form::{self, Address, Sent};
use crate::web::page::{FieldProblem, Frame};
use crate::web::reply::{Reply, see_other};
use crate::web::upstreams;

pub const SECTION: Section =
    Section { path: paths::LINKS, title: "links-title", lead: "links-lead", routes };

fn routes() -> Router<Shared> {
    Router::new().route(paths::LINKS, get(show).post(submit))
}

const DONE: [(&str, &str); 2] = [("removed", "links-removed"), ("linked", "links-linked")];

#[derive(Template)]
#[template(path = "account/links.html")]
struct View {
    frame: Frame,
    desk: Desk,
    links: Vec<Shown>,
    /// Those that can be linked.
    upstreams: Vec<Named>,
    /// The sign-in is too long ago: where it is done again.
    again: Option<String>,
}

struct Shown {
    id: Uuid,
    name: String,
    /// The address there, or the subject.
    whose: String,
    made: String,
    used: String,
    /// The configuration has it no more, or it is switched off.
    is_off: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    csrf: String,
    action: String,
    id: String,
    upstream: String,
}

async fn show(
    State(app): State<Shared>,
    signed: Signed,
    address: Address,
) -> Result<Response, Problem> {
    let reply = reply(&app, &signed);
    let mut desk = signed.desk(&reply, &SECTION).noticing(&reply, address.what.as_deref(), &DONE);
    desk.problems.extend(upstreams::problem(&reply, &address));
    draw(&reply, &signed, desk).await
}

/// A form of this page leads to an upstream's, which browsers have to be told.
fn reply<'a>(app: &'a Shared, signed: &'a Signed) -> Reply<'a> {
    let upstreams = app.core.upstreams();
    let origins: Vec<_> =
        upstreams.iter().filter_map(|it| app.core.upstream_origin(&it.id)).collect();
    Reply::leading_to(app, &signed.ctx, origins.iter().map(String::as_str))
}

async fn submit(
    State(app): State<Shared>,
    signed: Signed,
    headers: HeaderMap,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    let reply = reply(&app, &signed);
    if let Err(problem) = signed.check_form(&reply, &fields.csrf, &SECTION) {
        return refuse(&reply, &signed, problem).await;
    }
    let (owner, place, now) = (signed.owner(), reply.place(), signed.ctx.now);
    let (failure, name) = match fields.action.as_str() {
        "remove" => {
            let id = Uuid::parse_str(&fields.id).map_err(|_| Refusal::Unknown)?;
            match app.core.unlink(owner, id, &place, now).await {
                Ok(()) => return Ok(done(&SECTION, "removed")),
                Err(failure) => (failure, name_of(&app, &signed, id).await?),
            }
        }
        "add" => match begin(&app, &signed, &fields.upstream, &headers).await {
            Ok(response) => return Ok(response),
            Err(failure) => {
                (failure, app.core.upstream_name(&fields.upstream).unwrap_or_default().to_owned())
            }
        },
        _ => return Ok(see_other(SECTION.path)),
    };
    let problem = match failure {
        // The page offers to sign in again.
        Failure::Refused(Refusal::SignInTooOld) => FieldProblem::of_form(reply.say("links-again")),
        Failure::Refused(Refusal::Astray(astray)) => match upstreams::words(astray) {
            Some(id) => FieldProblem::of_form(reply.say_with(id, &[("upstream", &name)])),
            None => return Err(Refusal::Astray(astray).into()),
        },
        other => form::beside(&reply, other)?,
    };
    refuse(&reply, &signed, problem).await
}

/// The name of the upstream of a link.
async fn name_of(app: &Shared, signed: &Signed, id: Uuid) -> Result<String, Problem> {
    let links = app.core.links(signed.visitor.account.id).await?;
    Ok(links.into_iter().find(|link| link.id == id).map(|link| link.name).unwrap_or_default())
}

/// Sends the person there, to prove that the account there is theirs, too.
async fn begin(
    app: &Shared,
    signed: &Signed,
    upstream: &str,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let (owner, now) = (signed.owner(), signed.ctx.now);
    app.core.may_link(owner, now)?;
    let (account_id, session_id) = (owner.account.id, owner.session_id);
    if !app.core.has_upstream(upstream) {
        return Err(Astray::Unknown.into());
    }
    let goal = Goal::Link { account_id, session_id };
    let departure = app.core.depart(upstream, goal, None, now).await?;
    let mut response = see_other(&departure.location);
    for cookie in cookies::departure(&departure, headers, signed.ctx.is_https) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn refuse(
    reply: &Reply<'_>,
    signed: &Signed,
    problem: FieldProblem,
) -> Result<Response, Problem> {
    let desk = Desk { problems: vec![problem], ..signed.desk(reply, &SECTION) };
    draw(reply, signed, desk).await
}

async fn draw(reply: &Reply<'_>, signed: &Signed, desk: Desk) -> Result<Response, Problem> {
    let core = &reply.app.core;
    let known = core.links(signed.visitor.account.id).await?;
    let shown = |link: Linked| Shown {
        id: link.id,
        is_off: !core.has_upstream(&link.upstream),
        name: link.name,
        whose: link.email.unwrap_or(link.subject),
        made: moment(reply, link.created_at),
        used: moment(reply, link.last_used_at),
    };
    let status = desk.status();
    let view = View {
        frame: reply.frame_at(SECTION.path.to_owned()),
        desk,
        links: known.into_iter().map(shown).collect(),
        upstreams: core.upstreams(),
        again: (!signed.owner().is_recent(signed.ctx.now)).then(|| back::again(SECTION.path)),
    };
    Ok(page(reply, status, &view))
}
