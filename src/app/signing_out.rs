//! How a browser is signed out, whichever face it asked: here, and where the operator wants it at the
//! upstream by which its person came in (RP-Initiated Logout 1.0 §2).

use axum::http::header;
use axum::response::Response;

use super::answer::see_other;
use super::{Ctx, Shared, cookies};
use crate::core::Fault;
use crate::core::links::CameFrom;

/// How long a person may take at the upstream, in seconds.
const LIFETIME: i64 = 10 * 60;

/// Ends the session of this browser, and sends it on: to the upstream, and from there or at once to
/// `next`.
///
/// # Errors
/// A fault.
pub async fn leave(app: &Shared, ctx: &Ctx, next: &str) -> Result<Response, Fault> {
    let session = ctx.session.as_ref();
    let from = app.core.came_from(session).await?;
    // First of all: whatever the upstream does, and whether or not the browser waits for it.
    if let Some(session) = session {
        app.core.sign_out(session, &ctx.place, ctx.now).await?;
    }
    send_on(app, ctx, from, next).await
}

/// The second half of [`leave`], for a session that has ended already.
///
/// # Errors
/// A fault.
pub async fn send_on(
    app: &Shared,
    ctx: &Ctx,
    from: Option<CameFrom>,
    next: &str,
) -> Result<Response, Fault> {
    let departing = match from {
        Some(from) => app.core.departing(&from, next, ctx.now).await?,
        None => None,
    };
    let mut response = see_other(departing.as_ref().map_or(next, |it| &it.location));
    cookies::forget(response.headers_mut(), cookies::SESSION, ctx.is_https);
    if let Some(departing) = departing {
        let name = cookies::name(cookies::WAY_BACK, ctx.is_https);
        let cookie = cookies::set(&name, &departing.sealed, Some(LIFETIME), ctx.is_https);
        if let Some(cookie) = cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    Ok(response)
}
