//! `/sign-out`: asks, then ends the session; for an app that sent the person here, too.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::form::{Address, Fields};
use super::home::person;
use super::page::{SignOut, SignedOut};
use super::reply::{Reply, see_other};
use crate::app::{Ctx, Problem, Shared, paths, signing_out};
use crate::core::logout::Logout;

pub const PURPOSE: &str = "sign-out";

/// The app's request to sign out that a page belongs to, if any.
fn open(app: &Shared, ctx: &Ctx, sealed: Option<&str>) -> Result<Option<Logout>, Problem> {
    Ok(match sealed.filter(|sealed| !sealed.is_empty()) {
        Some(sealed) => Some(app.core.open_logout(sealed, ctx.now)?),
        None => None,
    })
}

pub async fn show(
    State(app): State<Shared>,
    ctx: Ctx,
    address: Address,
) -> Result<Response, Problem> {
    let logout = open(&app, &ctx, address.logout.as_deref())?;
    let visitor = app.core.visitor(ctx.session.as_ref(), None, ctx.now).await?;
    let uri = logout.as_ref().and_then(|logout| logout.redirect_uri.as_deref());
    let reply = Reply::of_sign_out(&app, &ctx, uri);
    let page = SignOut {
        frame: reply.frame(),
        person: visitor.map(|visitor| person(&visitor.account)),
        app: logout.and_then(|logout| logout.app),
        logout: address.logout,
        csrf: reply.form_token(PURPOSE),
    };
    Ok(reply.page(StatusCode::OK, &page))
}

pub async fn submit(
    State(app): State<Shared>,
    ctx: Ctx,
    fields: Fields,
) -> Result<Response, Problem> {
    let logout = open(&app, &ctx, fields.logout.as_deref())?;
    let reply = Reply::new(&app, &ctx);
    if !reply.is_own_form(&fields.csrf, PURPOSE) {
        // Asked again, with a form of our own.
        let sealed = fields.logout.filter(|_| logout.is_some());
        let query = sealed.map(|sealed| format!("?logout={sealed}")).unwrap_or_default();
        return Ok(see_other(&format!("{}{query}", paths::SIGN_OUT)));
    }
    let next = logout.and_then(|logout| logout.location());
    let next = next.as_deref().unwrap_or(paths::SIGNED_OUT);
    Ok(signing_out::leave(&app, &ctx, next).await?)
}

/// The end of a logout that an app began and that leads back to none.
pub async fn signed_out(State(app): State<Shared>, ctx: Ctx) -> Result<Response, Problem> {
    if app.core.visitor(ctx.session.as_ref(), None, ctx.now).await?.is_some() {
        return Ok(see_other(paths::HOME));
    }
    let reply = Reply::new(&app, &ctx);
    let page = SignedOut { frame: reply.frame(), done: true };
    Ok(reply.page(StatusCode::OK, &page))
}
