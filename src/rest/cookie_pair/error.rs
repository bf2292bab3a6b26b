//! Dialect D's words for everything that can go wrong:
//! `{success: false, error: {message, code, details?}, requestId, retryAfter?}`.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::core::Refusal;
use crate::rest::reply::told;
use crate::rest::wrong::{Flaw, Telling, Wrong, names_status, of_limit};

/// An error.
#[derive(ToSchema)]
#[schema(as = cookie_pair::Error)]
#[expect(dead_code, reason = "the description of what `say` writes")]
#[serde(rename_all = "camelCase")]
pub struct Body {
    #[schema(example = false)]
    success: bool,
    error: Said,
    /// As in `X-Request-Id`.
    request_id: String,
    /// The seconds after which the same may be tried again.
    retry_after: Option<u64>,
}

#[derive(ToSchema)]
#[schema(as = cookie_pair::Said)]
#[expect(dead_code, reason = "the description of what `say` writes")]
#[serde(rename_all = "camelCase")]
pub struct Said {
    message: String,
    #[schema(example = "UNAUTHORIZED")]
    code: String,
    /// Of the limits that the document names.
    status_code: Option<u16>,
    details: Option<Vec<Detail>>,
}

/// A field, and what is wrong with it.
#[derive(ToSchema)]
#[schema(as = cookie_pair::Detail)]
#[expect(dead_code, reason = "the description of what `say` writes")]
pub struct Detail {
    field: String,
    message: String,
}

pub fn say(wrong: &Wrong, telling: &Telling) -> Response {
    let (status, code, message) = verdict(wrong);
    let mut body = json!({
        "success": false,
        "error": { "message": telling.say(message), "code": code },
        "requestId": telling.request_id,
    });
    if let Wrong::Invalid(flaws) = wrong {
        body["error"]["details"] = flaws.iter().map(|flaw| detail(flaw, telling)).collect();
    }
    if let Wrong::Limited { rule, .. } = wrong
        && names_status(*rule)
    {
        body["error"]["statusCode"] = status.as_u16().into();
    }
    if let Some(seconds) = wrong.retry_after() {
        body["retryAfter"] = seconds.into();
    }
    told(status, &body, telling)
}

fn detail(flaw: &Flaw, telling: &Telling) -> Value {
    json!({ "field": flaw.field, "message": why(flaw, telling) })
}

fn why(flaw: &Flaw, telling: &Telling) -> String {
    telling.say_why(&flaw.why, |refusal| of_refusal(refusal).2)
}

type Verdict = (StatusCode, &'static str, &'static str);

const INTERNAL: Verdict = (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "api-internal");
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
        Wrong::Invalid(_) => invalid("api-d-invalid"),
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
        Wrong::ForeignUrl => forbidden("api-foreign-url"),
        Wrong::Method => (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "api-method"),
        Wrong::Unavailable | Wrong::Fault(StatusCode::SERVICE_UNAVAILABLE, _) => UNAVAILABLE,
        Wrong::Broken | Wrong::Fault(..) => INTERNAL,
    }
}

fn of_refusal(refusal: &Refusal) -> Verdict {
    use Refusal as R;
    match refusal {
        R::WrongCredentials => unauthorized("api-d-wrong-credentials"),
        R::AccountDisabled => forbidden("api-d-inactive"),
        R::EmailMalformed => invalid("api-email-malformed"),
        R::EmailTaken => conflict("api-d-email-taken"),
        R::UsernameMalformed => invalid("api-username-malformed"),
        R::UsernameTaken => conflict("api-d-username-taken"),
        R::NameMissing => invalid("api-name-missing"),
        R::NameTooLong => invalid("api-name-long"),
        R::PasswordTooShort => invalid("api-d-password-short"),
        R::PasswordTooLong => invalid("api-d-password-long"),
        R::PasswordCommon => invalid("api-d-password-common"),
        R::PasswordLacksUpper => invalid("api-d-password-upper"),
        R::PasswordLacksLower => invalid("api-d-password-lower"),
        R::PasswordLacksDigit => invalid("api-d-password-digit"),
        R::PasswordWrong => unauthorized("api-password-wrong"),
        R::Locked { .. } => (StatusCode::TOO_MANY_REQUESTS, "ACCOUNT_LOCKED", "api-locked"),
        R::SlowDown { .. } => {
            (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", "api-slow-down")
        }
        R::Busy { .. } => UNAVAILABLE,
        R::NotSignedIn => unauthorized("api-not-signed-in"),
        R::SignInTooOld => forbidden("api-sign-in-too-old"),
        R::CredentialInvalid | R::RefreshReplayed | R::AccountGone => {
            unauthorized("api-credential-invalid")
        }
        R::CredentialsAmbiguous => {
            (StatusCode::BAD_REQUEST, "AMBIGUOUS_CREDENTIALS", "api-ambiguous")
        }
        R::ApiKeyInsufficient => forbidden("api-key-insufficient"),
        R::PermissionMissing => forbidden("api-permission-missing"),
        R::Unknown => unknown("api-d-user-unknown"),
        R::LinkUnknown => unknown("api-unknown"),
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
        | R::NameMalformed
        | R::DescriptionMalformed
        | R::ApplicationInUse
        | R::TooManyMails { .. }
        | R::EmailNotOwn
        | R::EmailProven
        | R::Astray(_) => INTERNAL,
    }
}
