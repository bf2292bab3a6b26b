//! Dialect D: a short access token and a refresh token, both in cookies that no script can read.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::asked::{Asked, Known};
use super::fields::Fields;
use super::origin::OwnOrigin;
use super::reply::{json, known_device};
use super::routes::{Routes, route};
use super::wrong::{Telling, Wrong};
use super::{Dialect, jar};
use crate::app::{Shared, cookies, health};
use crate::core::accounts::SignUp;
use crate::core::sessions::{Kind, SignIn, SignedIn};
use crate::core::{Failure, Refusal, TokenKind};

mod error;
mod wire;

use wire::{
    Answer, Entered, Health, Information, Kept, LogIn, Nothing, Profile, Register, Session, User,
};

pub const DIALECT: Dialect = Dialect {
    name: "cookie_pair",
    under: &["/api/auth", "/api/users", "/health"],
    routes,
    pages: Routes::default,
    say: error::say,
    invalid: 400,
};

/// What is described here and served on the way to the home page.
#[derive(OpenApi)]
#[openapi(paths(information))]
struct Described;

fn routes() -> Routes {
    Routes::default()
        .described(|all| OpenApiRouter::with_openapi(Described::openapi()).merge(all))
        .route(route!(register))
        .route(route!(log_in))
        .route(route!(refresh))
        .route(route!(profile))
        .route(route!(log_out))
        .route(route!(log_out_everywhere))
        .route(route!(sessions))
        .route(route!(user))
        .route(route!(health_check))
}

/// Makes an account and signs its owner in.
#[utoipa::path(
    post, path = "/api/auth/register", request_body = Register,
    responses(
        (status = 201, body = Answer<User>),
        (status = 400, body = error::Body),
        (status = 409, body = error::Body),
    )
)]
async fn register(
    State(app): State<Shared>,
    _: OwnOrigin,
    asked: Asked,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    let (email, password) = (fields.text("email"), fields.secret("password"));
    let sign_up = SignUp {
        username: Some(fields.text("username")),
        kind: Kind::CookiePair,
        ..SignUp::new(&email, password)
    };
    for refusal in app.core.check_sign_up(&sign_up) {
        fields.refuse(field(&refusal), refusal);
    }
    fields.done()?;
    let (now, place) = (asked.now, asked.place.clone());
    let signed_up = app.core.sign_up(sign_up, None, place, now).await?;
    let signed_in = &signed_up.signed_in;
    let user = User::of(&signed_in.account);
    let response = asked.answer(StatusCode::CREATED, "api-d-registered", user)?;
    welcomed(response, &app, signed_in, &asked).await
}

/// Signs in by e-mail address or username, and password.
#[utoipa::path(
    post, path = "/api/auth/login", request_body = LogIn,
    responses(
        (status = 200, body = Answer<Entered>),
        (status = 400, body = error::Body),
        (status = 401, body = error::Body),
        (status = 403, body = error::Body),
        (status = 429, body = error::Body),
    )
)]
async fn log_in(
    State(app): State<Shared>,
    _: OwnOrigin,
    asked: Asked,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    let (identifier, password) = (fields.text("identifier"), fields.secret("password"));
    fields.done()?;
    let sign_in = SignIn { identifier: &identifier, password, kind: Kind::CookiePair };
    let (now, place) = (asked.now, asked.place.clone());
    let signed_in = app.core.sign_in(sign_in, None, place, now).await?;
    let user = Profile::of(&signed_in.account);
    let body = Entered { user, session_id: signed_in.session.id };
    let response = asked.answer(StatusCode::OK, "api-d-logged-in", body)?;
    welcomed(response, &app, &signed_in, &asked).await
}

/// Gives the browser what carries the session on. It is theirs from now on: who was signed in there by
/// other cookies is not any more.
async fn welcomed(
    response: Response,
    app: &Shared,
    signed_in: &SignedIn,
    asked: &Asked,
) -> Result<Response, Wrong> {
    let SignedIn { account, session, .. } = signed_in;
    let pair = app.core.token_pair(account, session, asked.now).await?;
    let left = app.core.take_over(asked.held(), account.id, &asked.place, asked.now).await?;
    let mut response = known_device(response, signed_in, asked.is_https);
    if left.session {
        cookies::forget(response.headers_mut(), cookies::SESSION, asked.is_https);
    }
    Ok(jar::keep(response, &pair, asked.now, asked.is_https))
}

/// Exchanges the refresh token in its cookie for later cookies; the one shown stops.
#[utoipa::path(
    post, path = "/api/auth/refresh",
    responses(
        (status = 200, body = Answer<Kept>),
        (status = 401, body = error::Body),
        (status = 403, body = error::Body),
    )
)]
async fn refresh(State(app): State<Shared>, _: OwnOrigin, asked: Asked) -> Result<Response, Wrong> {
    let token = asked.refresh.as_ref().ok_or(Refusal::NotSignedIn)?;
    let now = asked.now;
    let (account, session) =
        match app.core.carry_on(TokenKind::Refresh, token, &asked.place, now).await {
            Ok(kept) => kept,
            Err(Failure::Refused(refusal)) => {
                // They are good for nothing any more.
                let response = Wrong::from(refusal).into_response();
                return Ok(jar::empty(response, asked.is_https));
            }
            Err(failure) => return Err(failure.into()),
        };
    let pair = app.core.token_pair(&account, &session, now).await?;
    let body = Kept { user: Profile::of(&account) };
    let response = asked.answer(StatusCode::OK, "api-d-refreshed", body)?;
    Ok(jar::keep(response, &pair, now, asked.is_https))
}

/// Whose credential it is.
#[utoipa::path(
    get, path = "/api/auth/profile",
    responses((status = 200, body = Answer<Profile>), (status = 401, body = error::Body)),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
async fn profile(asked: Asked, Known(caller): Known) -> Result<Response, Wrong> {
    asked.answer(StatusCode::OK, "api-d-profile", Profile::of(&caller.account))
}

/// Ends the session that the credential belongs to.
#[utoipa::path(
    post, path = "/api/auth/logout",
    responses(
        (status = 200, body = Answer<Nothing>),
        (status = 401, body = error::Body),
        (status = 403, body = error::Body),
    ),
    security(("bearer" = []), ("session" = []), ("access_token" = []))
)]
async fn log_out(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
) -> Result<Response, Wrong> {
    app.core.end_own_session(caller.owner()?, &asked.place, asked.now).await?;
    let response = asked.answer(StatusCode::OK, "api-d-logged-out", Nothing)?;
    Ok(jar::empty(response, asked.is_https))
}

/// Ends every session of the account, and all that relying parties were granted.
#[utoipa::path(
    post, path = "/api/auth/logout-all",
    responses(
        (status = 200, body = Answer<Nothing>),
        (status = 401, body = error::Body),
        (status = 403, body = error::Body),
    ),
    security(("bearer" = []), ("session" = []), ("access_token" = []))
)]
async fn log_out_everywhere(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
) -> Result<Response, Wrong> {
    let owner = caller.owner()?;
    app.core.end_sessions(owner.account.id, None, &asked.place, asked.now).await?;
    let response = asked.answer(StatusCode::OK, "api-d-logged-out-everywhere", Nothing)?;
    Ok(jar::empty(response, asked.is_https))
}

/// Where the account is signed in.
#[utoipa::path(
    get, path = "/api/auth/sessions",
    responses((status = 200, body = Answer<Vec<Session>>), (status = 401, body = error::Body)),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
async fn sessions(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
) -> Result<Response, Wrong> {
    let current = caller.session().ok().map(|session| session.id);
    let all = app.core.sessions(caller.account.id, asked.now).await?;
    let shown = all.into_iter().map(|session| {
        let location = app.core.locate(&session.ip);
        Session::of(session, location, current)
    });
    let all: Vec<Session> = shown.collect();
    asked.answer(StatusCode::OK, "api-d-sessions", all)
}

/// Oneself, or anybody for who may read users.
#[utoipa::path(
    get, path = "/api/users/{id}", params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = Answer<User>),
        (status = 401, body = error::Body),
        (status = 403, body = error::Body),
        (status = 404, body = error::Body),
    ),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
async fn user(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<Response, Wrong> {
    let id = id.ok().map(|Path(id)| id);
    let account = app.core.see_account(&caller.account, id).await?;
    asked.answer(StatusCode::OK, "api-d-user", User::of(&account))
}

/// Whether this node can do its work.
#[utoipa::path(
    get, path = "/health",
    responses((status = 200, body = Health), (status = 503, body = Health))
)]
async fn health_check(State(app): State<Shared>, asked: Asked) -> Result<Response, Wrong> {
    let is_well = health::trouble(&app).await.is_none();
    let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let is_loopback = app.config.server.is_loopback();
    json(status, &Health::new(is_well, is_loopback, app.uptime(), asked.now))
}

/// What this server is, and where its parts are. With `text/html` in `Accept`, the home page.
#[utoipa::path(get, path = "/", responses((status = 200, body = Information)))]
pub fn information(telling: &Telling) -> Response {
    let body = Information::new(telling.say("api-d-welcome"));
    let response = json(StatusCode::OK, &body).unwrap_or_else(|wrong| error::say(&wrong, telling));
    telling.mark(response)
}

impl Asked {
    /// A success, in this dialect's shape.
    fn answer(
        &self,
        status: StatusCode,
        message: &str,
        data: impl serde::Serialize,
    ) -> Result<Response, Wrong> {
        let request_id = self.telling.request_id.clone();
        let message = self.telling.say(message);
        let body = Answer { success: true, message, data, request_id };
        json(status, &body).map(|response| self.telling.mark(response))
    }
}

/// The field that a refusal is about.
fn field(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::EmailMalformed => "email",
        Refusal::UsernameMalformed => "username",
        _ => "password",
    }
}
