//! Dialect C's words for everything that can go wrong: `{success, error: {code, message, details?}}`.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::app::problem::FaultNote;
use crate::core::Refusal;
use crate::rest::reply::told;
use crate::rest::wrong::{Flaw, Telling, Wrong, of_limit};

/// An error.
#[derive(ToSchema)]
#[schema(as = applications::Error)]
#[expect(dead_code, reason = "the description of what `say` writes")]
pub struct Body {
    #[schema(example = false)]
    success: bool,
    error: Told,
}

#[derive(ToSchema)]
#[schema(as = applications::Told)]
#[expect(dead_code, reason = "the description of what `say` writes")]
pub struct Told {
    #[schema(example = "VALIDATION_ERROR")]
    code: String,
    #[schema(example = "Request validation failed")]
    message: String,
    #[schema(nullable = false)]
    details: Option<Vec<Detail>>,
}

#[derive(ToSchema)]
#[schema(as = applications::Detail)]
#[expect(dead_code, reason = "the description of what `say` writes")]
pub struct Detail {
    #[schema(example = "name")]
    field: String,
    #[schema(example = "Name is required")]
    message: String,
}

pub fn say(wrong: &Wrong, telling: &Telling) -> Response {
    let (status, code, message) = verdict(wrong);
    let mut error = json!({ "code": code, "message": telling.say(message) });
    if let Wrong::Invalid(flaws) = wrong {
        let detail = |flaw: &Flaw| json!({ "field": flaw.field, "message": why(flaw, telling) });
        error["details"] = Value::Array(flaws.iter().map(detail).collect());
    }
    told(status, &json!({ "success": false, "error": error }), telling)
}

/// The same for one of several items, as a line of text.
pub fn in_a_line(wrong: &Wrong, telling: &Telling) -> String {
    note(wrong);
    let Wrong::Invalid(flaws) = wrong else { return telling.say(verdict(wrong).2) };
    let line = |flaw: &Flaw| format!("{}: {}", flaw.field, why(flaw, telling));
    flaws.iter().map(line).collect::<Vec<_>>().join("; ")
}

/// Logs what failed for one of several items, whose answer is not the request's.
pub fn note(wrong: &Wrong) {
    if let Wrong::Fault(_, FaultNote(fault)) = wrong {
        tracing::error!(fault, "applications.bulk");
    }
}

fn why(flaw: &Flaw, telling: &Telling) -> String {
    telling.say_why(&flaw.why, |refusal| of_refusal(refusal).2)
}

type Verdict = (StatusCode, &'static str, &'static str);

const INTERNAL: Verdict =
    (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", "api-internal");
const UNAVAILABLE: Verdict =
    (StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", "api-unavailable");

fn invalid(message: &'static str) -> Verdict {
    (StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
}

fn unauthorized(message: &'static str) -> Verdict {
    (StatusCode::UNAUTHORIZED, "UNAUTHORIZED", message)
}

fn forbidden(message: &'static str) -> Verdict {
    (StatusCode::FORBIDDEN, "FORBIDDEN", message)
}

fn conflict(message: &'static str) -> Verdict {
    (StatusCode::CONFLICT, "CONFLICT", message)
}

fn unknown(message: &'static str) -> Verdict {
    (StatusCode::NOT_FOUND, "NOT_FOUND", message)
}

/// The status, the code and the id of the words.
fn verdict(wrong: &Wrong) -> Verdict {
    match wrong {
        Wrong::Refused(refusal) => of_refusal(refusal),
        Wrong::Invalid(_) => invalid("api-c-invalid"),
        Wrong::CrossSite => forbidden("api-cross-site"),
        Wrong::Malformed => invalid("api-malformed"),
        Wrong::MediaType => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", "api-media-type")
        }
        Wrong::Compressed => {
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", "api-compressed")
        }
        Wrong::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "api-too-large"),
        Wrong::TooSlow => (StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", "api-too-slow"),
        Wrong::Limited { rule, .. } => {
            let (code, message) = of_limit(*rule);
            (StatusCode::TOO_MANY_REQUESTS, code, message)
        }
        Wrong::Path => unknown("api-path"),
        Wrong::Method => (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "api-method"),
        Wrong::Unavailable | Wrong::Fault(StatusCode::SERVICE_UNAVAILABLE, _) => UNAVAILABLE,
        Wrong::Broken | Wrong::Fault(..) => INTERNAL,
        Wrong::ForeignUrl => invalid("api-foreign-url"),
    }
}

fn of_refusal(refusal: &Refusal) -> Verdict {
    use Refusal as R;
    match refusal {
        R::NameMissing => invalid("api-name-missing"),
        R::NameTooLong => invalid("api-name-long"),
        R::NameMalformed => invalid("api-name-malformed"),
        R::DescriptionMalformed => invalid("api-c-description"),
        R::NameTaken => conflict("api-c-name-taken"),
        R::ApplicationInUse => conflict("api-c-in-use"),
        R::Unknown => unknown("api-c-unknown"),
        R::PermissionMissing => forbidden("api-permission-missing"),
        R::ApiKeyInsufficient => forbidden("api-key-insufficient"),
        R::NotSignedIn => unauthorized("api-not-signed-in"),
        R::CredentialInvalid | R::RefreshReplayed | R::AccountGone => {
            unauthorized("api-credential-invalid")
        }
        R::CredentialsAmbiguous => {
            (StatusCode::BAD_REQUEST, "AMBIGUOUS_CREDENTIALS", "api-ambiguous")
        }
        R::SlowDown { .. } => {
            (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", "api-slow-down")
        }
        R::Busy { .. } => UNAVAILABLE,
        // Of signing in, of pages and of relying parties: nothing here asks for them.
        R::WrongCredentials
        | R::AccountDisabled
        | R::EmailMalformed
        | R::EmailTaken
        | R::UsernameMalformed
        | R::UsernameTaken
        | R::PasswordTooShort
        | R::PasswordTooLong
        | R::PasswordCommon
        | R::PasswordLacksUpper
        | R::PasswordLacksLower
        | R::PasswordLacksDigit
        | R::PasswordWrong
        | R::Locked { .. }
        | R::SignInTooOld
        | R::LinkUnknown
        | R::TooMany
        | R::LastAdmin
        | R::FlowBroken
        | R::FlowExpired
        | R::FlowAnswered
        | R::CodeUnknown
        | R::CodeExpired
        | R::CodeSpent
        | R::CodeBoundElsewhere
        | R::CodeOrphaned
        | R::RefreshUnknown
        | R::RefreshExpired
        | R::GrantEnded
        | R::ScopeTooWide
        | R::TokenInvalid
        | R::ScopeInsufficient
        | R::TargetUnknown
        | R::RequestUriUnknown
        | R::ClientUnproven(_)
        | R::ClientSlowDown { .. }
        | R::RegistrationTokenInvalid
        | R::RegistrationOff
        | R::ImageUnreadable
        | R::ImageTooLarge
        | R::ImageTooManyPixels
        | R::PictureUrlMalformed
        | R::ClaimMalformed(_)
        | R::MediaLinkInvalid
        | R::TooManyMails { .. }
        | R::EmailNotOwn
        | R::EmailProven
        | R::Astray(_) => INTERNAL,
    }
}
