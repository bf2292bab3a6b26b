//! Dialect B's words for everything that can go wrong: `{error: {code, message, details?}}`.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::core::Refusal;
use crate::core::links::Astray;
use crate::rest::reply::told;
use crate::rest::wrong::{Flaw, Telling, Wrong, of_limit};

/// An error.
#[derive(ToSchema)]
#[schema(as = bearer::Error)]
#[expect(dead_code, reason = "the description of what `say` writes")]
pub struct Body {
    error: Said,
}

#[derive(ToSchema)]
#[schema(as = bearer::Said)]
#[expect(dead_code, reason = "the description of what `say` writes")]
pub struct Said {
    #[schema(example = "UNAUTHORIZED")]
    code: String,
    message: String,
    /// By field, what is wrong with it.
    details: Option<std::collections::HashMap<String, String>>,
}

pub fn say(wrong: &Wrong, telling: &Telling) -> Response {
    let (status, code, message) = verdict(wrong);
    let mut body = json!({ "error": { "code": code, "message": telling.say(message) } });
    if let Wrong::Invalid(flaws) = wrong {
        body["error"]["details"] = fields(flaws, telling).into();
    }
    told(status, &body, telling)
}

/// There is room for one thing that is wrong with a field: the first.
fn fields(flaws: &[Flaw], telling: &Telling) -> Map<String, Value> {
    let mut fields = Map::new();
    for flaw in flaws {
        let said = || why(flaw, telling).into();
        fields.entry(flaw.field.as_ref()).or_insert_with(said);
    }
    fields
}

fn why(flaw: &Flaw, telling: &Telling) -> String {
    telling.say_why(&flaw.why, |refusal| of_refusal(refusal).2)
}

type Verdict = (StatusCode, &'static str, &'static str);

const INTERNAL: Verdict = (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "api-internal");
const UNAVAILABLE: Verdict =
    (StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", "api-unavailable");

fn invalid(message: &'static str) -> Verdict {
    (StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_ERROR", message)
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
        Wrong::Invalid(_) => invalid("api-b-invalid"),
        Wrong::CrossSite => forbidden("api-cross-site"),
        Wrong::Malformed => (StatusCode::BAD_REQUEST, "BAD_REQUEST", "api-malformed"),
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
        Wrong::ForeignUrl => (StatusCode::BAD_REQUEST, "BAD_REQUEST", "api-foreign-url"),
        Wrong::Method => (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "api-method"),
        Wrong::Unavailable | Wrong::Fault(StatusCode::SERVICE_UNAVAILABLE, _) => UNAVAILABLE,
        Wrong::Broken | Wrong::Fault(..) => INTERNAL,
    }
}

fn of_refusal(refusal: &Refusal) -> Verdict {
    use Refusal as R;
    match refusal {
        R::WrongCredentials => unauthorized("api-b-wrong-credentials"),
        R::AccountDisabled => forbidden("api-b-inactive"),
        R::EmailMalformed => invalid("api-email-malformed"),
        R::EmailTaken => conflict("api-b-email-taken"),
        R::UsernameMalformed => invalid("api-username-malformed"),
        R::UsernameTaken => conflict("api-username-taken"),
        R::NameMissing => invalid("api-name-missing"),
        R::NameTooLong => invalid("api-name-long"),
        R::NameMalformed => invalid("api-name-malformed"),
        R::PasswordTooShort => invalid("api-b-password-short"),
        R::PasswordTooLong => invalid("api-b-password-long"),
        R::PasswordCommon => invalid("api-b-password-common"),
        R::PasswordLacksUpper => invalid("api-b-password-upper"),
        R::PasswordLacksLower => invalid("api-b-password-lower"),
        R::PasswordLacksDigit => invalid("api-b-password-digit"),
        R::PasswordWrong => unauthorized("api-password-wrong"),
        R::Locked { .. } => (StatusCode::TOO_MANY_REQUESTS, "ACCOUNT_LOCKED", "api-locked"),
        R::SlowDown { .. } => {
            (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", "api-slow-down")
        }
        R::Astray(Astray::Unavailable) | R::Busy { .. } => UNAVAILABLE,
        R::NotSignedIn => unauthorized("api-not-signed-in"),
        R::SignInTooOld => forbidden("api-sign-in-too-old"),
        R::CredentialInvalid | R::RefreshReplayed | R::AccountGone => {
            unauthorized("api-b-session-invalid")
        }
        R::CredentialsAmbiguous => {
            (StatusCode::BAD_REQUEST, "AMBIGUOUS_CREDENTIALS", "api-ambiguous")
        }
        R::ApiKeyInsufficient => forbidden("api-key-insufficient"),
        R::PermissionMissing => forbidden("api-permission-missing"),
        R::Unknown | R::LinkUnknown | R::Astray(Astray::Unknown) => unknown("api-unknown"),
        R::Astray(_) => (StatusCode::BAD_REQUEST, "BAD_REQUEST", "api-sign-in-lost"),
        R::TooMany => conflict("api-too-many"),
        R::LastAdmin => conflict("api-last-admin"),
        // Of pages and of relying parties: nothing here asks for them.
        R::FlowBroken
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
        | R::NameTaken
        | R::DescriptionMalformed
        | R::ApplicationInUse
        | R::TooManyMails { .. }
        | R::EmailNotOwn
        | R::EmailProven => INTERNAL,
    }
}
