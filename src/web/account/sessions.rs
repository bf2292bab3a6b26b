//! `/account/sessions`: where the person is signed in, and ending it there.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use uuid::Uuid;

use super::{Desk, Section, Signed, device, done, moment, page, place};
use crate::app::{Problem, Shared, paths, signing_out};
use crate::core::Refusal;
use crate::core::devices::Device;
use crate::core::sessions::Kind;
use crate::web::form::{Address, Sent};
use crate::web::page::{FieldProblem, Frame};
use crate::web::reply::{Reply, see_other};

pub const SECTION: Section = Section {
    path: paths::ACCOUNT_SESSIONS,
    title: "sessions-title",
    lead: "sessions-lead",
    routes,
};

fn routes() -> Router<Shared> {
    Router::new().route(paths::ACCOUNT_SESSIONS, get(show).post(submit))
}

/// More are not listed, those used longest ago; the buttons below end them all the same.
const MOST: usize = 100;

const DONE: [(&str, &str); 2] = [("ended", "sessions-ended"), ("others", "sessions-others-ended")];

#[derive(Template)]
#[template(path = "account/sessions.html")]
struct View {
    frame: Frame,
    desk: Desk,
    /// This browser's own first.
    sessions: Vec<Shown>,
    /// How many more there are.
    more: Option<String>,
}

struct Shown {
    id: Uuid,
    device: String,
    is_here: bool,
    in_app: bool,
    place: String,
    opened: String,
    used: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    csrf: String,
    action: String,
    id: String,
}

async fn show(
    State(app): State<Shared>,
    signed: Signed,
    address: Address,
) -> Result<Response, Problem> {
    let reply = Reply::of_sign_out(&app, &signed.ctx, None);
    let desk = signed.desk(&reply, &SECTION).noticing(&reply, address.what.as_deref(), &DONE);
    draw(&reply, &signed, desk).await
}

async fn submit(
    State(app): State<Shared>,
    signed: Signed,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    let reply = Reply::of_sign_out(&app, &signed.ctx, None);
    if let Err(problem) = signed.check_form(&reply, &fields.csrf, &SECTION) {
        return refuse(&reply, &signed, problem).await;
    }
    let (account, own) = (signed.visitor.account.id, signed.visitor.session_id);
    let (place, now) = (reply.place(), signed.ctx.now);
    let from = app.core.came_from(signed.ctx.session.as_ref()).await?;
    let is_over = match fields.action.as_str() {
        "end" => {
            let id = Uuid::parse_str(&fields.id).map_err(|_| Refusal::Unknown)?;
            app.core.end_session(account, id, &place, now).await?;
            id == own
        }
        "others" => {
            app.core.end_sessions(account, Some(own), &place, now).await?;
            return Ok(done(&SECTION, "others"));
        }
        "all" => {
            app.core.end_sessions(account, None, &place, now).await?;
            true
        }
        _ => return Ok(see_other(SECTION.path)),
    };
    if !is_over {
        return Ok(done(&SECTION, "ended"));
    }
    Ok(signing_out::send_on(&app, &signed.ctx, from, paths::SIGNED_OUT).await?)
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
    let app = reply.app;
    let mut live = app.core.sessions(signed.visitor.account.id, signed.ctx.now).await?;
    live.sort_by_key(|session| session.id != signed.visitor.session_id);
    let more = live.len().checked_sub(MOST).filter(|more| *more > 0);
    let more = more.map(|more| reply.say_with("sessions-more", &[("count", &more.to_string())]));
    let shown = live.into_iter().take(MOST).map(|session| Shown {
        id: session.id,
        device: device(reply, Device::of(&session.user_agent)),
        is_here: session.id == signed.visitor.session_id,
        in_app: session.kind != Kind::Browser,
        place: place(app, &session.ip),
        opened: moment(reply, session.created_at),
        used: moment(reply, session.last_seen_at),
    });
    let sessions = shown.collect();
    let status = desk.status();
    let frame = reply.frame_at(SECTION.path.to_owned());
    Ok(page(reply, status, &View { frame, desk, sessions, more }))
}
