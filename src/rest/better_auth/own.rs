//! What people change of their own account, by the names that Better Auth's client has for it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::entry::{forgotten, welcomed};
use super::wire::{
    ChangeEmail, ChangePassword, Changed, DeleteUser, Status, Succeeded, UpdateUser,
};
use super::{beside, error, field, wire};
use crate::app::Shared;
use crate::core::Secret;
use crate::core::accounts::{Picture, Profile};
use crate::core::sessions::Kind;
use crate::rest::asked::{Asked, Known};
use crate::rest::fields::Fields;
use crate::rest::jar;
use crate::rest::reply::json;
use crate::rest::wrong::Wrong;

/// Changes the name or the picture.
#[utoipa::path(
    post, path = "/api/auth/update-user", request_body = UpdateUser,
    responses((status = 200, body = Status), (status = 400, body = error::Body),
        (status = 401, body = error::Body), (status = 422, body = error::Body)),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
pub async fn update_user(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    if fields.has("email") {
        return Ok(error::email_elsewhere(&asked.telling));
    }
    let profile = Profile {
        picture: picture(&mut fields),
        name: fields.optional_text("name"),
        ..Profile::default()
    };
    for refusal in profile.check() {
        fields.refuse(field(&refusal, "image").unwrap_or("image"), refusal);
    }
    fields.done()?;
    app.core.change_profile(&caller, profile, &asked.place, asked.now).await?;
    json(StatusCode::OK, &Status::done())
}

/// Replaces the password. This session goes on with new tokens, or a new cookie; every other one ends.
#[utoipa::path(
    post, path = "/api/auth/change-password", request_body = ChangePassword,
    responses((status = 200, body = Changed), (status = 400, body = error::Body),
        (status = 401, body = error::Body), (status = 403, body = error::Body),
        (status = 422, body = error::Body), (status = 429, body = error::Body)),
    security(("bearer" = []), ("session" = []), ("access_token" = []))
)]
pub async fn change_password(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    let passwords = (fields.secret("currentPassword"), fields.secret("newPassword"));
    fields.optional_boolean("revokeOtherSessions");
    fields.done()?;
    let (owner, place) = (caller.owner()?, asked.place.clone());
    let changed = app.core.change_password(owner, passwords, place, asked.now).await;
    let signed_in = changed.map_err(beside("newPassword"))?;
    let (account, session, now) = (&signed_in.account, &signed_in.session, asked.now);
    let user = wire::User::of(&app, account, now).await;
    let answer =
        |token, refresh_token| json(StatusCode::OK, &Changed { token, refresh_token, user });
    // What carries the session on is another one now, and takes the way that it always takes.
    Ok(match session.kind {
        Kind::Browser => {
            let token = app.core.session_token(account, session, now).await?.token;
            welcomed(answer(token, None)?, &signed_in, &asked, true)
        }
        Kind::Bearer => answer(app.core.session_token(account, session, now).await?.token, None)?,
        Kind::CookiePair => {
            let pair = app.core.token_pair(account, session, now).await?;
            jar::keep(answer(pair.access.token.clone(), None)?, &pair, now, asked.is_https)
        }
        Kind::TokenPair => {
            let pair = app.core.token_pair(account, session, now).await?;
            answer(pair.access.token, Some(pair.refresh.token))?
        }
    })
}

/// Begins to change the address: the new one gets a link.
#[utoipa::path(
    post, path = "/api/auth/change-email", request_body = ChangeEmail,
    responses((status = 200, body = Status), (status = 401, body = error::Body),
        (status = 403, body = error::Body), (status = 422, body = error::Body),
        (status = 429, body = error::Body)),
    security(("bearer" = []), ("session" = []), ("access_token" = []))
)]
pub async fn change_email(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    let profile = Profile { email: Some(fields.text("newEmail")), ..Profile::default() };
    for refusal in profile.check() {
        fields.refuse("newEmail", refusal);
    }
    fields.done()?;
    app.core.change_profile(&caller, profile, &asked.place, asked.now).await?;
    json(StatusCode::OK, &Status::done())
}

/// Deletes one's own account. Without the password it takes a sign-in of a moment ago.
#[utoipa::path(
    post, path = "/api/auth/delete-user", request_body = Option<DeleteUser>,
    responses((status = 200, body = Succeeded), (status = 400, body = error::Body),
        (status = 401, body = error::Body), (status = 403, body = error::Body),
        (status = 409, body = error::Body), (status = 429, body = error::Body)),
    security(("bearer" = []), ("session" = []), ("access_token" = []))
)]
pub async fn delete_user(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
    fields: Option<Fields>,
) -> Result<Response, Wrong> {
    let mut password = None;
    if let Some(mut fields) = fields {
        password = fields.optional_text("password").map(Secret::new);
        fields.done()?;
    }
    let owner = caller.owner()?;
    let deleted = app.core.delete_own_account(owner, password, &asked.place, asked.now).await;
    deleted?;
    let body = Succeeded::saying(asked.telling.say("api-a-deleted"));
    Ok(forgotten(asked.telling.mark(json(StatusCode::OK, &body)?), &asked))
}

/// The picture that a body asks for by its URL; one that is empty is none.
pub fn picture(fields: &mut Fields) -> Option<Picture> {
    if fields.is_null("image") {
        return Some(Picture::Nothing);
    }
    let url = fields.optional_text("image")?;
    Some(if url.is_empty() { Picture::Nothing } else { Picture::Url(url) })
}
