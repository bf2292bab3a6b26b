//! Signing up, in and out, and who is signed in.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::Response;

use super::wire::{Entered, SignIn, SignUp, Succeeded, Whole};
use super::{error, field};
use crate::app::{Shared, cookies};
use crate::core::email::Email;
use crate::core::sessions::{Held, Kind, SignedIn};
use crate::core::{accounts, sessions};
use crate::rest::asked::{Asked, MaybeKnown};
use crate::rest::fields::Fields;
use crate::rest::jar;
use crate::rest::origin::{OwnOrigin, own_url};
use crate::rest::reply::{json, known_device};
use crate::rest::wrong::Wrong;

/// Makes an account and signs its owner in.
#[utoipa::path(
    post, path = "/api/auth/sign-up/email", request_body = SignUp,
    responses((status = 200, body = Entered), (status = 422, body = error::Body))
)]
pub async fn sign_up(
    State(app): State<Shared>,
    _: OwnOrigin,
    asked: Asked,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    let (email, password) = (fields.text("email"), fields.secret("password"));
    let sign_up = accounts::SignUp {
        name: Some(fields.text("name")),
        ..accounts::SignUp::new(&email, password)
    };
    let remember = fields.optional_boolean("rememberMe").unwrap_or(true);
    for refusal in app.core.check_sign_up(&sign_up) {
        fields.refuse(field(&refusal, "password").unwrap_or("email"), refusal);
    }
    fields.done()?;
    let browser = asked.session.as_ref();
    let signed_up = app.core.sign_up(sign_up, browser, asked.place.clone(), asked.now).await?;
    let whole = Whole::of(&app, &signed_up.signed_in, asked.now).await?;
    let token = whole.session.token.clone();
    let response = json(StatusCode::OK, &Entered { whole, token, redirect: None, url: None })?;
    let response = alone(response, &app, &signed_up.signed_in, &asked).await?;
    Ok(welcomed(response, &signed_up.signed_in, &asked, remember))
}

/// The same, by the shorter name.
#[utoipa::path(
    post, path = "/api/auth/sign-up", request_body = SignUp,
    responses((status = 200, body = Entered), (status = 422, body = error::Body))
)]
pub async fn sign_up_alias(
    app: State<Shared>,
    own: OwnOrigin,
    asked: Asked,
    fields: Fields,
) -> Result<Response, Wrong> {
    sign_up(app, own, asked, fields).await
}

/// Signs in by e-mail address and password. With a `callbackURL` the app goes on to it.
#[utoipa::path(
    post, path = "/api/auth/sign-in/email", request_body = SignIn,
    responses((status = 200, body = Entered), (status = 401, body = error::Body),
        (status = 422, body = error::Body), (status = 429, body = error::Body))
)]
pub async fn sign_in(
    State(app): State<Shared>,
    _: OwnOrigin,
    asked: Asked,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    let (email, password) = (fields.text("email"), fields.secret("password"));
    let remember = fields.optional_boolean("rememberMe").unwrap_or(true);
    let callback = fields.optional_text("callbackURL");
    if let Err(refusal) = Email::parse(&email) {
        fields.refuse("email", refusal);
    }
    fields.done()?;
    let url = callback.map(|url| own_url(&app, url)).transpose()?;
    let sign_in = sessions::SignIn { identifier: &email, password, kind: Kind::Browser };
    let browser = asked.session.as_ref();
    let signed_in = app.core.sign_in(sign_in, browser, asked.place.clone(), asked.now).await?;
    let whole = Whole::of(&app, &signed_in, asked.now).await?;
    let token = whole.session.token.clone();
    let entered = Entered { whole, token, redirect: Some(url.is_some()), url };
    let response = alone(json(StatusCode::OK, &entered)?, &app, &signed_in, &asked).await?;
    Ok(welcomed(response, &signed_in, &asked, remember))
}

/// The same, by the shorter name.
#[utoipa::path(
    post, path = "/api/auth/sign-in", request_body = SignIn,
    responses((status = 200, body = Entered), (status = 401, body = error::Body),
        (status = 422, body = error::Body), (status = 429, body = error::Body))
)]
pub async fn sign_in_alias(
    app: State<Shared>,
    own: OwnOrigin,
    asked: Asked,
    fields: Fields,
) -> Result<Response, Wrong> {
    sign_in(app, own, asked, fields).await
}

/// The session that the request belongs to, and whose it is; `null` without one.
#[utoipa::path(
    get, path = "/api/auth/get-session",
    responses((status = 200, body = Option<Whole>), (status = 401, body = error::Body)),
    security((), ("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
pub async fn get_session(
    State(app): State<Shared>,
    asked: Asked,
    MaybeKnown(caller): MaybeKnown,
) -> Result<Response, Wrong> {
    let Some(caller) = caller else { return json(StatusCode::OK, &None::<()>) };
    json(StatusCode::OK, &Whole::of_caller(&app, &caller, asked.now).await?)
}

/// The same, by the shorter name.
#[utoipa::path(
    get, path = "/api/auth/session",
    responses((status = 200, body = Option<Whole>), (status = 401, body = error::Body)),
    security((), ("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
pub async fn get_session_alias(
    app: State<Shared>,
    asked: Asked,
    caller: MaybeKnown,
) -> Result<Response, Wrong> {
    get_session(app, asked, caller).await
}

/// Ends the session that the request belongs to. Who is signed out already is so still.
#[utoipa::path(
    post, path = "/api/auth/sign-out",
    responses((status = 200, body = Succeeded), (status = 403, body = error::Body)),
    security((), ("bearer" = []), ("session" = []), ("access_token" = []))
)]
pub async fn sign_out(
    State(app): State<Shared>,
    asked: Asked,
    MaybeKnown(caller): MaybeKnown,
) -> Result<Response, Wrong> {
    if let Some(caller) = caller {
        app.core.end_own_session(caller.owner()?, &asked.place, asked.now).await?;
    }
    Ok(forgotten(json(StatusCode::OK, &Succeeded::plain())?, &asked))
}

/// Has the browser forget another person's pair of tokens, whose session is over. The core has ended a
/// session of the browser's own already.
async fn alone(
    response: Response,
    app: &Shared,
    signed_in: &SignedIn,
    asked: &Asked,
) -> Result<Response, Wrong> {
    let held = Held { session: None, ..asked.held() };
    let left = app.core.take_over(held, signed_in.account.id, &asked.place, asked.now).await?;
    Ok(if left.pair { jar::empty(response, asked.is_https) } else { response })
}

/// Gives the browser its cookies: the session's, and the one by which it is known from now on.
pub fn welcomed(
    mut response: Response,
    signed_in: &SignedIn,
    asked: &Asked,
    remember: bool,
) -> Response {
    let cookie = if remember {
        cookies::session(signed_in, asked.now, asked.is_https)
    } else {
        let name = cookies::name(cookies::SESSION, asked.is_https);
        cookies::set(&name, signed_in.token.expose(), None, asked.is_https)
    };
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    known_device(response, signed_in, asked.is_https)
}

/// Has the browser forget the session that has ended.
pub fn forgotten(mut response: Response, asked: &Asked) -> Response {
    cookies::forget(response.headers_mut(), cookies::SESSION, asked.is_https);
    response
}
