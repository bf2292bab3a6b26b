//! `/account/log`: what happened to the account, as the audit has it, in plain words.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::{Desk, Section, Signed, device, moment, page, place};
use crate::app::{Problem, Shared, paths};
use crate::core::audit::{Actor, Recorded};
use crate::web::form::Address;
use crate::web::page::Frame;
use crate::web::reply::Reply;

pub const SECTION: Section =
    Section { path: paths::ACCOUNT_LOG, title: "log-title", lead: "log-lead", routes };

fn routes() -> Router<Shared> {
    Router::new().route(paths::ACCOUNT_LOG, get(show))
}

#[derive(Template)]
#[template(path = "account/log.html")]
struct View {
    frame: Frame,
    desk: Desk,
    events: Vec<Shown>,
    /// Where the next page begins.
    next: Option<String>,
    /// There are newer ones than those.
    has_newer: bool,
}

struct Shown {
    what: String,
    /// Somebody was kept from something.
    is_refusal: bool,
    when: String,
    /// Device and place, or who it was that needs none.
    whence: String,
    in_this_session: bool,
}

/// The names that the audit has, and the words for them. What is not here has words in general.
const WORDS: [(&str, &str); 29] = [
    ("session.opened", "event-session-opened"),
    ("session.renewed", "event-session-renewed"),
    ("session.ended", "event-session-ended"),
    ("session.replayed", "event-session-replayed"),
    ("sign_in.failed", "event-sign-in-failed"),
    ("sign_in.refused", "event-sign-in-refused"),
    ("account.created", "event-account-created"),
    ("account.disabled", "event-account-disabled"),
    ("account.enabled", "event-account-enabled"),
    ("account.changed", "event-account-changed"),
    ("account.locked", "event-account-locked"),
    ("password.changed", "event-password-changed"),
    ("password.reset", "event-password-reset"),
    ("email.verified", "event-email-verified"),
    ("email.changed", "event-email-changed"),
    ("client.registered", "event-client-registered"),
    ("client.changed", "event-client-changed"),
    ("client.disabled", "event-client-disabled"),
    ("client.enabled", "event-client-enabled"),
    ("client.deleted", "event-client-deleted"),
    ("grant.code_replayed", "event-code-replayed"),
    ("grant.refresh_replayed", "event-refresh-replayed"),
    ("grant.revoked", "event-grant-revoked"),
    ("access.revoked", "event-access-revoked"),
    ("api_key.created", "event-key-created"),
    ("api_key.revoked", "event-key-revoked"),
    ("link.added", "event-link-added"),
    ("link.removed", "event-link-removed"),
    ("data.exported", "event-data-exported"),
];

async fn show(
    State(app): State<Shared>,
    signed: Signed,
    address: Address,
) -> Result<Response, Problem> {
    let reply = Reply::new(&app, &signed.ctx);
    let from = address.from.as_deref();
    let (recorded, next) = app.core.security_log(signed.owner(), from).await?;
    let mut events = Vec::new();
    for event in &recorded {
        events.push(shown(&reply, &signed, event).await?);
    }
    let next = next.map(|mark| format!("{}?from={mark}", SECTION.path));
    let desk = signed.desk(&reply, &SECTION);
    let status = desk.status();
    let view = View { frame: reply.frame(), desk, events, next, has_newer: from.is_some() };
    Ok(page(&reply, status, &view))
}

async fn shown(reply: &Reply<'_>, signed: &Signed, event: &Recorded) -> Result<Shown, Problem> {
    Ok(Shown {
        what: what(reply, event, signed.ctx.now).await?,
        is_refusal: event.outcome == "failure",
        when: moment(reply, event.at),
        whence: whence(reply, event),
        in_this_session: event.session_id == Some(signed.visitor.session_id),
    })
}

async fn what(reply: &Reply<'_>, event: &Recorded, now: i64) -> Result<String, Problem> {
    let says = |member: &str, value: &str| event.detail.get(member).is_some_and(|it| it == value);
    let known = WORDS.iter().find(|(name, _)| *name == event.event).map(|(_, id)| *id);
    let id = match known {
        Some("event-account-changed") if says("what", "picture") => "event-picture-changed",
        Some("event-session-ended") if event.detail.get("all").is_some() => "event-sessions-ended",
        Some(id) => id,
        None => return Ok(reply.say_with("event-other", &[("event", &event.event)])),
    };
    // The app as it is called now; what is gone keeps its id.
    let app = match &event.client_id {
        Some(id) => match reply.app.core.find_client(id, now).await? {
            Some(client) => client.name_in(reply.frame().language.tag()).to_owned(),
            None => id.clone(),
        },
        None => String::new(),
    };
    Ok(reply.say_with(id, &[("app", &app)]))
}

fn whence(reply: &Reply<'_>, event: &Recorded) -> String {
    if event.actor == Actor::Operator.name() {
        return reply.say("log-by-operator");
    }
    if event.actor == Actor::Server.name() {
        return reply.say("log-by-server");
    }
    let of_app = event.actor.starts_with("client:");
    let device = match event.device() {
        None if of_app => reply.say("log-by-app"),
        known => device(reply, known),
    };
    [device, place(reply.app, &event.ip)].join(" · ")
}
