//! `/sign-out`: asks, then ends the session.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;

use super::form::Fields;
use super::home::person;
use super::page::{SignOut, SignedOut};
use super::reply::{Reply, see_other};
use crate::app::{Ctx, Problem, Shared, cookies, paths};

pub const PURPOSE: &str = "sign-out";

pub async fn show(State(app): State<Shared>, ctx: Ctx) -> Result<Response, Problem> {
    let visitor = app.core.visitor(ctx.session.as_ref(), None, ctx.now).await?;
    let reply = Reply::new(&app, &ctx);
    let page = SignOut {
        frame: reply.frame(),
        person: visitor.map(|visitor| person(&visitor.account)),
        csrf: reply.form_token(PURPOSE),
    };
    Ok(reply.page(StatusCode::OK, &page))
}

pub async fn submit(
    State(app): State<Shared>,
    ctx: Ctx,
    fields: Fields,
) -> Result<Response, Problem> {
    let reply = Reply::new(&app, &ctx);
    if !reply.is_own_form(&fields.csrf, PURPOSE) {
        // Asked again, with a form of our own.
        return Ok(see_other(paths::SIGN_OUT));
    }
    if let Some(session) = &ctx.session {
        app.core.sign_out(session, &ctx.place, ctx.now).await?;
    }
    let frame = reply.frame_at(paths::SIGN_OUT.to_owned());
    let mut response =
        reply.page(StatusCode::OK, &SignedOut { frame, done: ctx.session.is_some() });
    let name = cookies::name(cookies::SESSION, ctx.is_https);
    if let Some(cookie) = cookies::set(&name, "", Some(0), ctx.is_https) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
