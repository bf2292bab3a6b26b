//! Dialect A: a browser's session by cookie, as the client of npm `better-auth` speaks to it, and an
//! API under `/v1`.
//!
//! What the client calls beyond the document (`change-password`, `list-sessions`, …) has the paths,
//! bodies and codes of that library.

use super::routes::{Routes, route};
use super::wrong;
use super::{Dialect, Readers};
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
    pages: Routes::default,
    say: error::say,
    invalid: 422,
};

fn routes() -> Routes {
    Routes::default()
        .route(route!(entry::sign_up))
        .route(route!(entry::sign_up_alias))
        .route(route!(entry::sign_in))
        .route(route!(entry::sign_in_alias))
        .route(route!(entry::get_session))
        .route(route!(entry::get_session_alias))
        .route(route!(entry::sign_out))
        .route(route!(recovery::forgot_password))
        .route(route!(recovery::forget_password_alias))
        .route(route!(recovery::request_password_reset_alias))
        .route(route!(recovery::reset_password))
        .route(route!(recovery::send_verification_email))
        .route(route!(recovery::verify_email))
        .route(route!(own::update_user))
        .route(route!(own::change_password))
        .route(route!(own::change_email))
        .route(route!(own::delete_user))
        .route(route!(sessions::list_sessions))
        .route(route!(sessions::revoke_session))
        .route(route!(sessions::revoke_sessions))
        .route(route!(sessions::revoke_other_sessions))
        .route(route!(social::sign_in_social))
        .route(route!(social::sign_in_oauth2))
        .route(route!(social::list_accounts))
        .route(route!(social::unlink_account))
        .route(route!(social::get_access_token))
        .merge(under_v1())
}

/// The API has codes of its own for two refusals.
fn under_v1() -> Routes {
    let told = |request, next| wrong::tell((error::say_under_v1, Readers::Programs), request, next);
    Routes::default()
        .route(route!(v1::health))
        .route(route!(v1::list_users))
        .merge(Routes::default().route(route!(v1::update_user)).layer(form::limit()))
        .layer(axum::middleware::from_fn(told))
}

/// The field that a refusal of what somebody entered is about, by the name that the body has for it.
fn field(refusal: &Refusal, password: &'static str) -> Option<&'static str> {
    use Refusal as R;
    match refusal {
        R::EmailMalformed => Some("email"),
        R::NameMissing | R::NameTooLong | R::NameMalformed => Some("name"),
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
