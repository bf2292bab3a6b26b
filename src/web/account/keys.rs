//! `/account/keys`: the keys with which programs act for the person. A new one is shown once: it is
//! carried, sealed, to the page after the form, so that a reload makes no other and shows none.

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
use crate::core::api_keys::{ApiKey, SHOWN_FOR};
use crate::core::{Failure, Refusal};
use crate::web::back;
use crate::web::form::{self, Address, Sent};
use crate::web::page::{FieldProblem, Frame};
use crate::web::reply::{Reply, see_other};

pub const SECTION: Section =
    Section { path: paths::ACCOUNT_KEYS, title: "keys-title", lead: "keys-lead", routes };

fn routes() -> Router<Shared> {
    Router::new().route(paths::ACCOUNT_KEYS, get(show).post(submit))
}

const DONE: [(&str, &str); 1] = [("revoked", "keys-revoked")];
/// Carries a new key to the page that shows it.
const COOKIE: &str = "countersign_new_key";
const DAY: i64 = 24 * 60 * 60 * 1000;
/// How long a key may be made to work, in days, and the words for it.
const LIFETIMES: [(&str, Option<i64>, &str); 4] = [
    ("30", Some(30), "keys-30-days"),
    ("90", Some(90), "keys-90-days"),
    ("365", Some(365), "keys-a-year"),
    ("never", None, "keys-no-end"),
];

#[derive(Template)]
#[template(path = "account/keys.html")]
struct View {
    frame: Frame,
    desk: Desk,
    keys: Vec<Shown>,
    /// The key that was just made.
    new: Option<String>,
    name: String,
    /// Value, words, and whether it is the one chosen.
    lifetimes: Vec<(&'static str, String, bool)>,
    /// The sign-in is too long ago: where it is done again.
    again: Option<String>,
}

struct Shown {
    id: Uuid,
    name: String,
    hint: String,
    made: String,
    used: Option<String>,
    ends: Option<String>,
    is_over: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    csrf: String,
    action: String,
    id: String,
    name: String,
    lifetime: String,
}

async fn show(
    State(app): State<Shared>,
    signed: Signed,
    headers: HeaderMap,
    address: Address,
) -> Result<Response, Problem> {
    let reply = Reply::new(&app, &signed.ctx);
    let desk = signed.desk(&reply, &SECTION).noticing(&reply, address.what.as_deref(), &DONE);
    let sealed = cookies::read(&headers, COOKIE);
    let new = sealed.and_then(|it| app.core.open_api_key(signed.owner(), it, signed.ctx.now));
    let new = new.map(|key| key.expose().to_owned());
    let mut response = draw(&reply, &signed, desk, (&Fields::default(), new)).await?;
    if sealed.is_some() {
        carry(&mut response, "", 0, signed.ctx.is_https);
    }
    Ok(response)
}

/// Has the browser bring that to this page and to no other.
fn carry(response: &mut Response, sealed: &str, seconds: i64, is_https: bool) {
    let cookie = cookies::set_strict((COOKIE, SECTION.path), sealed, seconds, is_https);
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

async fn submit(
    State(app): State<Shared>,
    signed: Signed,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    let reply = Reply::new(&app, &signed.ctx);
    if let Err(problem) = signed.check_form(&reply, &fields.csrf, &SECTION) {
        return refuse(&reply, &signed, &fields, problem).await;
    }
    let (owner, place, now) = (signed.owner(), reply.place(), signed.ctx.now);
    match fields.action.as_str() {
        "revoke" => {
            let id = Uuid::parse_str(&fields.id).map_err(|_| Refusal::Unknown)?;
            app.core.revoke_api_key(owner.account.id, id, &place, now).await?;
            Ok(done(&SECTION, "revoked"))
        }
        "make" => {
            let chosen = LIFETIMES.iter().find(|(value, ..)| *value == fields.lifetime);
            // A value that is not offered is the shortest of them.
            let days = chosen.map_or(LIFETIMES[0].1, |(_, days, _)| *days);
            let expires_at = days.map(|days| now + days * DAY);
            let made = app.core.create_own_api_key(owner, &fields.name, expires_at, &place, now);
            match made.await {
                Ok((key, _)) => {
                    let sealed = app.core.seal_api_key(owner, &key, now)?;
                    let mut response = see_other(SECTION.path);
                    carry(&mut response, &sealed, SHOWN_FOR / 1000, signed.ctx.is_https);
                    Ok(response)
                }
                Err(failure) => {
                    let problem = beside(&reply, failure)?;
                    refuse(&reply, &signed, &fields, problem).await
                }
            }
        }
        _ => Ok(see_other(SECTION.path)),
    }
}

/// A key's name is not a person's.
fn beside(reply: &Reply<'_>, failure: Failure) -> Result<FieldProblem, Problem> {
    let id = match &failure {
        Failure::Refused(Refusal::NameMissing) => "error-key-name-missing",
        Failure::Refused(Refusal::NameTooLong) => "error-key-name-long",
        _ => return form::beside(reply, failure),
    };
    Ok(FieldProblem { field: "name", ..FieldProblem::of_form(reply.say(id)) })
}

async fn refuse(
    reply: &Reply<'_>,
    signed: &Signed,
    fields: &Fields,
    problem: FieldProblem,
) -> Result<Response, Problem> {
    let desk = Desk { problems: vec![problem], ..signed.desk(reply, &SECTION) };
    draw(reply, signed, desk, (fields, None)).await
}

async fn draw(
    reply: &Reply<'_>,
    signed: &Signed,
    desk: Desk,
    (fields, new): (&Fields, Option<String>),
) -> Result<Response, Problem> {
    let now = signed.ctx.now;
    let known = reply.app.core.api_keys(signed.visitor.account.id).await?;
    let shown = |key: ApiKey| Shown {
        id: key.id,
        name: key.name,
        hint: key.hint,
        made: moment(reply, key.created_at),
        used: key.last_used_at.map(|at| moment(reply, at)),
        is_over: key.expires_at.is_some_and(|at| at <= now),
        ends: key.expires_at.map(|at| moment(reply, at)),
    };
    let chosen = if fields.lifetime.is_empty() { "90" } else { fields.lifetime.as_str() };
    let lifetimes =
        LIFETIMES.iter().map(|(value, _, id)| (*value, reply.say(id), *value == chosen));
    let status = desk.status();
    let view = View {
        frame: reply.frame_at(SECTION.path.to_owned()),
        desk,
        keys: known.into_iter().map(shown).collect(),
        new,
        name: fields.name.clone(),
        lifetimes: lifetimes.collect(),
        again: (!signed.owner().is_recent(now)).then(|| back::again(SECTION.path)),
    };
    Ok(page(reply, status, &view))
}
