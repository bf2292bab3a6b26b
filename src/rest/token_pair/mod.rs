//! Dialect E: an access and a refresh token that the app keeps, and an API key at registration.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::Dialect;
use super::asked::{Asked, Known};
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
mod wire;

use wire::{Entered, LogIn, LoggedOut, Me, Profile, Refresh, Refreshed, Register, Registered};

pub const DIALECT: Dialect = Dialect {
    name: "token_pair",
    under: &["/api/v1"],
    routes,
    pages: Routes::default,
    say: error::say,
    invalid: 400,
};

fn routes() -> Routes {
    Routes::default()
        .route(route!(register))
        .route(route!(log_in))
        .route(route!(refresh))
        .route(route!(me))
        .route(route!(log_out))
}

/// Makes an account and signs its owner in.
#[utoipa::path(
    post, path = "/api/v1/auth/register", request_body = Register,
    responses((status = 201, body = Registered), (status = 409, body = error::Body))
)]
async fn register(
    State(app): State<Shared>,
    _: OwnOrigin,
    asked: Asked,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    let (email, password) = (fields.text("email"), fields.secret("password"));
    let sign_up = SignUp {
        name: fields.optional_text("name"),
        rule: PasswordRule::Mixed,
        kind: Kind::TokenPair,
        with_api_key: true,
        ..SignUp::new(&email, password)
    };
    for refusal in app.core.check_sign_up(&sign_up) {
        fields.refuse(field(&refusal), refusal);
    }
    fields.done()?;
    let signed_up = app.core.sign_up(sign_up, None, asked.place, asked.now).await?;
    let signed_in = &signed_up.signed_in;
    let pair = app.core.token_pair(&signed_in.account, &signed_in.session, asked.now).await?;
    let body = Registered {
        user: wire::NewUser::of(&signed_in.account, signed_up.api_key.as_ref()),
        tokens: wire::Tokens::of(pair, asked.now),
    };
    json(StatusCode::CREATED, &body)
        .map(|response| known_device(response, signed_in, asked.is_https))
}

/// Signs in by e-mail address and password.
#[utoipa::path(
    post, path = "/api/v1/auth/login", request_body = LogIn,
    responses((status = 200, body = Entered), (status = 403, body = error::Body))
)]
async fn log_in(
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
    let sign_in = SignIn { identifier: &email, password, kind: Kind::TokenPair };
    let signed_in = app.core.sign_in(sign_in, None, asked.place, asked.now).await?;
    let pair = app.core.token_pair(&signed_in.account, &signed_in.session, asked.now).await?;
    let body = Entered {
        user: wire::User::of(&signed_in.account),
        tokens: wire::Tokens::of(pair, asked.now),
    };
    json(StatusCode::OK, &body).map(|response| known_device(response, &signed_in, asked.is_https))
}

/// Exchanges a refresh token for later tokens; the one shown stops.
#[utoipa::path(
    post, path = "/api/v1/auth/refresh", request_body = Refresh,
    responses((status = 200, body = Refreshed))
)]
async fn refresh(
    State(app): State<Shared>,
    asked: Asked,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    let token = fields.secret("refreshToken");
    fields.done()?;
    let kept = app.core.carry_on(TokenKind::Refresh, &token, &asked.place, asked.now).await;
    let (account, session) = kept?;
    let pair = app.core.token_pair(&account, &session, asked.now).await?;
    json(StatusCode::OK, &Refreshed { tokens: wire::Tokens::of(pair, asked.now) })
}

/// Whose credential it is.
#[utoipa::path(
    get, path = "/api/v1/auth/me",
    responses((status = 200, body = Me), (status = 404, body = error::Body)),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
async fn me(Known(caller): Known) -> Result<Response, Wrong> {
    json(StatusCode::OK, &Me { user: Profile::of(&caller.account) })
}

/// Ends the session that the credential belongs to.
#[utoipa::path(
    post, path = "/api/v1/auth/logout",
    responses((status = 200, body = LoggedOut)),
    security(("bearer" = []), ("session" = []), ("access_token" = []))
)]
async fn log_out(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
) -> Result<Response, Wrong> {
    app.core.end_own_session(caller.owner()?, &asked.place, asked.now).await?;
    let body = LoggedOut { message: asked.telling.say("api-e-logged-out") };
    Ok(asked.telling.mark(json(StatusCode::OK, &body)?))
}

/// The field that a refusal is about.
fn field(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::EmailMalformed => "email",
        Refusal::NameMissing | Refusal::NameTooLong | Refusal::NameMalformed => "name",
        _ => "password",
    }
}
