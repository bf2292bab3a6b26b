//! Mails with links: for a new password, and to prove an address.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use super::wire::{ForgotPassword, ResetPassword, Status, Succeeded, Verified};
use super::{beside, error, wire};
use crate::app::Shared;
use crate::core::Secret;
use crate::core::callers::Caller;
use crate::core::proofs::Purpose;
use crate::rest::asked::{Asked, Known, MaybeKnown};
use crate::rest::fields::Fields;
use crate::rest::origin::{OwnOrigin, own_url};
use crate::rest::reply::json;
use crate::rest::wrong::{Telling, Wrong};

/// Sends a link for a new password, if the address has an account; the answer is the same without.
#[utoipa::path(
    post, path = "/api/auth/forgot-password", request_body = ForgotPassword,
    responses((status = 200, body = Succeeded), (status = 422, body = error::Body))
)]
pub async fn forgot_password(
    State(app): State<Shared>,
    _: OwnOrigin,
    asked: Asked,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    let email = fields.text("email");
    if let Err(refusal) = app.core.forgot_password(&email, None, asked.place.language, asked.now) {
        fields.refuse("email", refusal);
    }
    fields.done()?;
    recovering(&asked.telling, "api-a-reset-sent")
}

/// The same, by the name that Better Auth had for it once.
#[utoipa::path(
    post, path = "/api/auth/forget-password", request_body = ForgotPassword,
    responses((status = 200, body = Succeeded), (status = 422, body = error::Body))
)]
pub async fn forget_password_alias(
    app: State<Shared>,
    own: OwnOrigin,
    asked: Asked,
    fields: Fields,
) -> Result<Response, Wrong> {
    forgot_password(app, own, asked, fields).await
}

/// The same, by the name that Better Auth has for it.
#[utoipa::path(
    post, path = "/api/auth/request-password-reset", request_body = ForgotPassword,
    responses((status = 200, body = Succeeded), (status = 422, body = error::Body))
)]
pub async fn request_password_reset_alias(
    app: State<Shared>,
    own: OwnOrigin,
    asked: Asked,
    fields: Fields,
) -> Result<Response, Wrong> {
    forgot_password(app, own, asked, fields).await
}

/// Sets a new password by the link of a mail, which works once; every session ends.
#[utoipa::path(
    post, path = "/api/auth/reset-password", request_body = ResetPassword,
    params(("token" = Option<String>, Query, description = "In place of the body's")),
    responses((status = 200, body = Succeeded), (status = 400, body = error::Body),
        (status = 422, body = error::Body))
)]
pub async fn reset_password(
    State(app): State<Shared>,
    _: OwnOrigin,
    asked: Asked,
    RawQuery(query): RawQuery,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    let name = if fields.has("newPassword") { "newPassword" } else { "password" };
    let password = fields.secret(name);
    let mut named = Fields::of_query(query.as_deref())?;
    let token = match named.optional_text("token").filter(|_| !fields.has("token")) {
        Some(token) => Secret::new(token),
        None => fields.secret("token"),
    };
    fields.done()?;
    let (purpose, place) = (Purpose::ResetPassword, &asked.place);
    let reset = app.core.set_password_by_link(purpose, &token, password, place, asked.now).await;
    reset.map_err(beside(name))?;
    recovering(&asked.telling, "api-a-reset-done")
}

fn recovering(telling: &Telling, words: &str) -> Result<Response, Wrong> {
    let response = json(StatusCode::OK, &Succeeded::recovering(telling.say(words)))?;
    Ok(telling.mark(response))
}

/// Sends the link that proves an address again. Who is not signed in is not told whether it went.
#[utoipa::path(
    post, path = "/api/auth/send-verification-email", request_body = wire::SendVerification,
    responses((status = 200, body = Status), (status = 400, body = error::Body),
        (status = 422, body = error::Body), (status = 429, body = error::Body)),
    security((), ("bearer" = []), ("session" = []), ("access_token" = []))
)]
pub async fn send_verification_email(
    State(app): State<Shared>,
    _: OwnOrigin,
    asked: Asked,
    MaybeKnown(caller): MaybeKnown,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    let email = fields.text("email");
    fields.done()?;
    let owner = caller.as_ref().map(Caller::owner).transpose()?;
    let sent = app.core.ask_verification(&email, owner, asked.place, asked.now).await;
    sent.map_err(beside("email"))?;
    json(StatusCode::OK, &Status::done())
}

/// Proves an address by the link of a mail, for whoever is signed in to its account: nobody else can
/// tell who made it.
#[utoipa::path(
    get, path = "/api/auth/verify-email",
    params(
        ("token" = String, Query, description = "Of the mail"),
        ("callbackURL" = Option<String>, Query, description = "Where the browser goes on to"),
    ),
    responses((status = 200, body = Verified), (status = 302, description = "To `callbackURL`"),
        (status = 400, body = error::Body), (status = 401, body = error::Body),
        (status = 403, body = error::Body), (status = 422, body = error::Body)),
    security(("bearer" = []), ("session" = []), ("access_token" = []))
)]
pub async fn verify_email(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
    RawQuery(query): RawQuery,
) -> Result<Response, Wrong> {
    let mut fields = Fields::of_query(query.as_deref())?;
    let (token, callback) = (fields.secret("token"), fields.optional_text("callbackURL"));
    fields.done()?;
    let url = callback.map(|url| own_url(&app, url)).transpose()?;
    app.core.prove_email(&token, caller.owner()?, &asked.place, asked.now).await?;
    if let Some(to) = url.and_then(|url| HeaderValue::from_str(&url).ok()) {
        let headers = [(header::LOCATION, to), (header::CACHE_CONTROL, NO_STORE)];
        return Ok((StatusCode::FOUND, headers).into_response());
    }
    let account = app.core.account_now(caller.account.id, asked.now).await?;
    json(
        StatusCode::OK,
        &Verified { status: true, user: wire::User::of(&app, &account, asked.now).await },
    )
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
