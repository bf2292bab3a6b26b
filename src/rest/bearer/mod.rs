//! Dialect B: one session token that the app keeps, and exchanges for a later one.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::Dialect;
use super::asked::{Asked, Known, bearer_of};
use super::fields::Fields;
use super::origin::OwnOrigin;
use super::reply::{json, known_device};
use super::routes::{Routes, route};
use super::wrong::Wrong;
use crate::app::Shared;
use crate::core::accounts::{PasswordRule, SignUp};
use crate::core::email::Email;
use crate::core::sessions::{Kind, SignIn};
use crate::core::{Refusal, TokenKind};

mod error;
mod federation;
mod wire;

use wire::{Entered, NewEntered, Profile, Session, SessionToken, Shown, SignedOut, User};

pub const DIALECT: Dialect =
    Dialect { name: "bearer", under: &["/auth"], routes, pages, say: error::say, invalid: 422 };

fn routes() -> Routes {
    Routes::default()
        .route(route!(sign_up))
        .route(route!(sign_in))
        .route(route!(sign_out))
        .route(route!(session))
        .route(route!(profile))
        .route(route!(refresh))
}

fn pages() -> Routes {
    Routes::default()
        .route(route!(federation::start))
        .route(route!(federation::callback))
        .route(route!(federation::signed_out))
}

/// Makes an account and signs its owner in.
#[utoipa::path(
    post, path = "/auth/sign-up", request_body = wire::SignUp,
    responses(
        (status = 201, body = NewEntered),
        (status = 409, body = error::Body),
        (status = 422, body = error::Body),
    )
)]
async fn sign_up(
    State(app): State<Shared>,
    _: OwnOrigin,
    asked: Asked,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    let (email, password) = (fields.text("email"), fields.secret("password"));
    let sign_up = SignUp {
        name: Some(fields.text("name")),
        rule: PasswordRule::Mixed,
        kind: Kind::Bearer,
        ..SignUp::new(&email, password)
    };
    for refusal in app.core.check_sign_up(&sign_up) {
        fields.refuse(field(&refusal), refusal);
    }
    fields.done()?;
    let signed_up = app.core.sign_up(sign_up, None, asked.place, asked.now).await?;
    let signed_in = &signed_up.signed_in;
    let (account, session) = (&signed_in.account, &signed_in.session);
    let token = app.core.session_token(account, session, asked.now).await?;
    let body =
        NewEntered { user: Profile::of(account), session: SessionToken::of(session.id, token) };
    json(StatusCode::CREATED, &body)
        .map(|response| known_device(response, signed_in, asked.is_https))
}

/// Signs in by e-mail address and password.
#[utoipa::path(
    post, path = "/auth/sign-in", request_body = wire::SignIn,
    responses(
        (status = 200, body = Entered),
        (status = 401, body = error::Body),
        (status = 403, body = error::Body),
        (status = 422, body = error::Body),
        (status = 429, body = error::Body),
    )
)]
async fn sign_in(
    State(app): State<Shared>,
    _: OwnOrigin,
    asked: Asked,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    let (email, password) = (fields.text("email"), fields.secret("password"));
    if let Err(refusal) = Email::parse(&email) {
        fields.refuse("email", refusal);
    }
    fields.done()?;
    let sign_in = SignIn { identifier: &email, password, kind: Kind::Bearer };
    let signed_in = app.core.sign_in(sign_in, None, asked.place, asked.now).await?;
    let (account, session) = (&signed_in.account, &signed_in.session);
    let token = app.core.session_token(account, session, asked.now).await?;
    let body = Entered { user: User::of(account), session: SessionToken::of(session.id, token) };
    json(StatusCode::OK, &body).map(|response| known_device(response, &signed_in, asked.is_https))
}

/// Ends the session that the credential belongs to.
#[utoipa::path(
    post, path = "/auth/sign-out",
    responses(
        (status = 200, body = SignedOut),
        (status = 401, body = error::Body),
        (status = 403, body = error::Body),
    ),
    security(("bearer" = []), ("session" = []), ("access_token" = []))
)]
async fn sign_out(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
) -> Result<Response, Wrong> {
    app.core.end_own_session(caller.owner()?, &asked.place, asked.now).await?;
    json(StatusCode::OK, &SignedOut { success: true })
}

/// Whose credential it is, and how long it lasts.
#[utoipa::path(
    get, path = "/auth/session",
    responses((status = 200, body = Shown), (status = 401, body = error::Body)),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
async fn session(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
) -> Result<Response, Wrong> {
    let (id, expires_at) = app.core.standing(&caller, asked.now);
    let body = Shown { user: User::of(&caller.account), session: Session::new(id, expires_at) };
    json(StatusCode::OK, &body)
}

/// Whose credential it is.
#[utoipa::path(
    get, path = "/auth/profile",
    responses((status = 200, body = Profile), (status = 401, body = error::Body)),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
async fn profile(Known(caller): Known) -> Result<Response, Wrong> {
    json(StatusCode::OK, &Profile::of(&caller.account))
}

/// Exchanges a session token for a later one; the one shown stops.
#[utoipa::path(
    post, path = "/auth/refresh",
    responses((status = 200, body = Entered), (status = 401, body = error::Body)),
    security(("bearer" = []))
)]
async fn refresh(
    State(app): State<Shared>,
    asked: Asked,
    headers: HeaderMap,
) -> Result<Response, Wrong> {
    // Not `Known`: the token that was just superseded may come again, and is no credential any more.
    let token = bearer_of(&headers)?.ok_or(Refusal::NotSignedIn)?;
    let kept = app.core.carry_on(TokenKind::Access, &token, &asked.place, asked.now).await;
    let (account, session) = kept?;
    let token = app.core.session_token(&account, &session, asked.now).await?;
    let body = Entered { user: User::of(&account), session: SessionToken::of(session.id, token) };
    json(StatusCode::OK, &body)
}

/// The field that a refusal is about.
fn field(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::EmailMalformed => "email",
        Refusal::NameMissing | Refusal::NameTooLong | Refusal::NameMalformed => "name",
        _ => "password",
    }
}
