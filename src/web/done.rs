//! `/done`: says what a form did, and leads on. Nothing happens here, so a reload repeats nothing.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::form::{self, Address};
use super::page::Done;
use super::reply::{Reply, see_other};
use crate::app::{Ctx, Problem, Shared, paths};

/// What was done.
#[derive(Clone, Copy)]
pub enum Deed {
    ResetSent,
    Reset,
    Verified,
    VerificationSent,
    Password,
    FirstPassword,
    EmailSent,
    Email,
    Deleted,
}

/// The name in the address; the words.
const DEEDS: [(Deed, &str, &str, &str); 9] = [
    (Deed::ResetSent, "reset-sent", "forgot-sent-title", "forgot-sent-lead"),
    (Deed::Reset, "reset", "reset-done-title", "reset-done-lead"),
    (Deed::Verified, "verified", "verify-done-title", "verify-done-lead"),
    (Deed::VerificationSent, "verification-sent", "verify-sent-title", "verify-sent-lead"),
    (Deed::Password, "password", "password-done-title", "password-done-lead"),
    (Deed::FirstPassword, "first-password", "reset-done-title", "first-password-done-lead"),
    (Deed::EmailSent, "email-sent", "email-sent-title", "email-sent-lead"),
    (Deed::Email, "email", "email-done-title", "email-done-lead"),
    (Deed::Deleted, "deleted", "delete-done-title", "delete-done-lead"),
];

/// Where the page for a deed is.
pub fn address(deed: Deed, flow: Option<&str>) -> String {
    let name = DEEDS.iter().find(|(it, ..)| *it as u8 == deed as u8).map_or("", |it| it.1);
    let flow = flow.map(|flow| {
        // What is sealed is base64url and dots already; anything else comes from somebody else.
        format!("&flow={}", utf8_percent_encode(flow, NON_ALPHANUMERIC))
    });
    format!("{}?what={name}{}", paths::DONE, flow.unwrap_or_default())
}

pub async fn show(
    State(app): State<Shared>,
    ctx: Ctx,
    address: Address,
) -> Result<Response, Problem> {
    let what = address.what.unwrap_or_default();
    let Some((deed, _, title, lead)) = DEEDS.iter().find(|(_, name, ..)| *name == what) else {
        return Ok(see_other(paths::HOME));
    };
    let (of_flow, sealed) = form::open_flow_if_live(&app, &ctx, address.flow).await;
    let reply = Reply::of_flow(&app, &ctx, of_flow.as_ref().map(|(flow, _)| flow));
    let with_flow = |path: &str| match &sealed {
        Some(sealed) => paths::with_flow(path, sealed),
        None => path.to_owned(),
    };
    let next = match deed {
        Deed::ResetSent => (with_flow(paths::SIGN_IN), reply.say("forgot-back")),
        Deed::Reset => (with_flow(paths::SIGN_IN), reply.say("sign-in-button")),
        Deed::Verified => match &of_flow {
            // Most people have finished what they signed up for before they look at their mail.
            Some((flow, _)) if !app.core.is_answered(flow).await? => {
                (with_flow(paths::CONTINUE), reply.say("verify-continue"))
            }
            _ => (paths::HOME.to_owned(), reply.say("error-page-home")),
        },
        Deed::VerificationSent
        | Deed::Password
        | Deed::FirstPassword
        | Deed::EmailSent
        | Deed::Email => (paths::ACCOUNT.to_owned(), reply.say("account-back")),
        Deed::Deleted => (paths::HOME.to_owned(), reply.say("error-page-home")),
    };
    let page = Done {
        frame: reply.frame(),
        app: of_flow.as_ref().map(|(flow, client)| reply.app_card(client, flow)),
        title: reply.say(title),
        lead: reply.say(lead),
        next,
    };
    Ok(reply.page(StatusCode::OK, &page))
}
