//! Dialect A: a browser's session by cookie, as the client of npm `better-auth` speaks to it, and an
//! API under `/v1`.
//!
//! What the client calls beyond the document (`change-password`, `list-sessions`, …) has the paths,
//! bodies and codes of that library.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Dialect;
use super::wrong;
use crate::app::Shared;
use crate::core::{Failure, Refusal};

mod entry;
mod error;
mod form;
mod own;
mod recovery;
mod sessions;
mod social;
mod v1;
mod wire;

use super::wrong::{Flaw, Why, Wrong};

pub const DIALECT: Dialect = Dialect {
    name: "better_auth",
    under: &["/v1"],
    routes,
    pages: OpenApiRouter::new,
    say: error::say,
    invalid: 422,
};

fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(entry::sign_up))
        .routes(routes!(entry::sign_up_alias))
        .routes(routes!(entry::sign_in))
        .routes(routes!(entry::sign_in_alias))
        .routes(routes!(entry::get_session))
        .routes(routes!(entry::get_session_alias))
        .routes(routes!(entry::sign_out))
        .routes(routes!(recovery::forgot_password))
        .routes(routes!(recovery::forget_password_alias))
        .routes(routes!(recovery::request_password_reset_alias))
        .routes(routes!(recovery::reset_password))
        .routes(routes!(recovery::send_verification_email))
        .routes(routes!(recovery::verify_email))
        .routes(routes!(own::update_user))
        .routes(routes!(own::change_password))
        .routes(routes!(own::change_email))
        .routes(routes!(own::delete_user))
        .routes(routes!(sessions::list_sessions))
        .routes(routes!(sessions::revoke_session))
        .routes(routes!(sessions::revoke_sessions))
        .routes(routes!(sessions::revoke_other_sessions))
        .routes(routes!(social::sign_in_social))
        .routes(routes!(social::sign_in_oauth2))
        .routes(routes!(social::list_accounts))
        .routes(routes!(social::unlink_account))
        .routes(routes!(social::get_access_token))
        .merge(under_v1())
}

/// The API has codes of its own for two refusals.
fn under_v1() -> OpenApiRouter<Shared> {
    let told = |request, next| wrong::tell(error::say_under_v1, request, next);
    OpenApiRouter::new()
        .routes(routes!(v1::health))
        .routes(routes!(v1::list_users))
        .merge(OpenApiRouter::new().routes(routes!(v1::update_user)).layer(form::limit()))
        .layer(axum::middleware::from_fn(told))
}

/// The field that a refusal of what somebody entered is about, by the name that the body has for it.
fn field(refusal: &Refusal, password: &'static str) -> Option<&'static str> {
    use Refusal as R;
    match refusal {
        R::EmailMalformed => Some("email"),
        R::NameMissing | R::NameTooLong => Some("name"),
        R::PasswordTooShort
        | R::PasswordTooLong
        | R::PasswordCommon
        | R::PasswordLacksUpper
        | R::PasswordLacksLower
        | R::PasswordLacksDigit => Some(password),
        R::ImageUnreadable | R::ImageTooManyPixels | R::PictureUrlMalformed => Some("image"),
        _ => None,
    }
}

/// What the core says of a new password stands beside the field that it came in.
fn beside(password: &'static str) -> impl Fn(Failure) -> Wrong {
    move |failure| match failure {
        Failure::Refused(refusal) => match field(&refusal, password) {
            Some(name) => {
                Wrong::Invalid(vec![Flaw { field: name.into(), why: Why::Refused(refusal) }])
            }
            None => refusal.into(),
        },
        Failure::Fault(fault) => fault.into(),
    }
}
