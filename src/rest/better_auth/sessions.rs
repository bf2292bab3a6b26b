//! The sessions of whoever asks: a list, and ending them. Nobody is shown the token of another session;
//! its id stands in its place.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::entry::forgotten;
use super::error;
use super::wire::{RevokeSession, Session, Status};
use crate::app::Shared;
use crate::core::Refusal;
use crate::rest::asked::{Asked, Known};
use crate::rest::fields::Fields;
use crate::rest::reply::json;
use crate::rest::wrong::Wrong;

/// One's live sessions, the one used last first.
#[utoipa::path(
    get, path = "/api/auth/list-sessions",
    responses((status = 200, body = [Session]), (status = 401, body = error::Body)),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
pub async fn list_sessions(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
) -> Result<Response, Wrong> {
    let id = caller.account.id;
    let live = app.core.sessions(id, asked.now).await?;
    let shown: Vec<_> = live.iter().map(|it| Session::of(it, id, it.id.to_string())).collect();
    json(StatusCode::OK, &shown)
}

/// Ends one of one's sessions: by what the list shows as its token, or by its token.
#[utoipa::path(
    post, path = "/api/auth/revoke-session", request_body = RevokeSession,
    responses((status = 200, body = Status), (status = 401, body = error::Body),
        (status = 403, body = error::Body), (status = 404, body = error::Body),
        (status = 422, body = error::Body)),
    security(("bearer" = []), ("session" = []), ("access_token" = []))
)]
pub async fn revoke_session(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    let token = fields.secret("token");
    fields.done()?;
    let own = caller.session()?.id;
    let id = app.core.session_named(&token, asked.now).ok_or(Refusal::Unknown)?;
    app.core.end_session(caller.account.id, id, &asked.place, asked.now).await?;
    let response = json(StatusCode::OK, &Status::done())?;
    Ok(if id == own { forgotten(response, &asked) } else { response })
}

/// Ends all of one's sessions, this one too.
#[utoipa::path(
    post, path = "/api/auth/revoke-sessions",
    responses((status = 200, body = Status), (status = 401, body = error::Body),
        (status = 403, body = error::Body)),
    security(("bearer" = []), ("session" = []), ("access_token" = []))
)]
pub async fn revoke_sessions(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
) -> Result<Response, Wrong> {
    caller.session()?;
    app.core.end_sessions(caller.account.id, None, &asked.place, asked.now).await?;
    Ok(forgotten(json(StatusCode::OK, &Status::done())?, &asked))
}

/// Ends all of one's sessions but this one.
#[utoipa::path(
    post, path = "/api/auth/revoke-other-sessions",
    responses((status = 200, body = Status), (status = 401, body = error::Body),
        (status = 403, body = error::Body)),
    security(("bearer" = []), ("session" = []), ("access_token" = []))
)]
pub async fn revoke_other_sessions(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
) -> Result<Response, Wrong> {
    let kept = caller.session()?.id;
    app.core.end_sessions(caller.account.id, Some(kept), &asked.place, asked.now).await?;
    json(StatusCode::OK, &Status::done())
}
