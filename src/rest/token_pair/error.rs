//! Dialect E's words for everything that can go wrong: `{error, message, details?}`.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::core::Refusal;
use crate::rest::reply::told;
use crate::rest::wrong::{Flaw, Telling, Wrong, of_limit};

/// An error.
#[derive(ToSchema)]
#[schema(as = token_pair::Error)]
#[expect(dead_code, reason = "the description of what `say` writes")]
pub struct Body {
    #[schema(example = "UNAUTHORIZED")]
    error: String,
    message: String,
    details: Option<Details>,
}

#[derive(ToSchema)]
#[schema(as = token_pair::Details)]
#[expect(dead_code, reason = "the description of what `say` writes")]
#[serde(rename_all = "camelCase")]
pub struct Details {
    form_errors: Vec<String>,
    field_errors: std::collections::HashMap<String, Vec<String>>,
}

pub fn say(wrong: &Wrong, telling: &Telling) -> Response {
    let (status, code, message) = verdict(wrong);
    let mut body = json!({ "error": code, "message": telling.say(message) });
    if let Wrong::Invalid(flaws) = wrong {
        body["details"] = json!({ "formErrors": [], "fieldErrors": fields(flaws, telling) });
    }
    told(status, &body, telling)
}

fn fields(flaws: &[Flaw], telling: &Telling) -> Map<String, Value> {
    let mut fields = Map::new();
    for flaw in flaws {
        let told = fields.entry(flaw.field.as_ref()).or_insert_with(|| json!([]));
        if let Value::Array(told) = told {
            told.push(why(flaw, telling).into());
        }
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
        Wrong::Invalid(_) => invalid("api-e-invalid"),
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
        R::WrongCredentials => unauthorized("api-e-wrong-credentials"),
        R::AccountDisabled => forbidden("api-e-inactive"),
        R::EmailMalformed => invalid("api-email-malformed"),
        R::EmailTaken => conflict("api-e-email-taken"),
        R::UsernameMalformed => invalid("api-username-malformed"),
        R::UsernameTaken => conflict("api-username-taken"),
        R::NameMissing => invalid("api-name-missing"),
        R::NameTooLong => invalid("api-name-long"),
        R::NameMalformed => invalid("api-name-malformed"),
        R::PasswordTooShort => invalid("api-e-password-short"),
        R::PasswordTooLong => invalid("api-e-password-long"),
        R::PasswordCommon => invalid("api-e-password-common"),
        R::PasswordLacksUpper => invalid("api-e-password-upper"),
        R::PasswordLacksLower => invalid("api-e-password-lower"),
        R::PasswordLacksDigit => invalid("api-e-password-digit"),
        R::PasswordWrong => unauthorized("api-password-wrong"),
        R::Locked { .. } => (StatusCode::TOO_MANY_REQUESTS, "ACCOUNT_LOCKED", "api-locked"),
        R::SlowDown { .. } => {
            (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", "api-slow-down")
        }
        R::TooManyMails { .. } => {
            (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", "api-too-many-mails")
        }
        R::EmailNotOwn => invalid("api-email-not-own"),
        R::EmailProven => conflict("api-email-proven"),
        R::Busy { .. } => UNAVAILABLE,
        R::NotSignedIn => unauthorized("api-not-signed-in"),
        R::SignInTooOld => forbidden("api-sign-in-too-old"),
        R::CredentialInvalid | R::RefreshReplayed => unauthorized("api-credential-invalid"),
        R::AccountGone => unknown("api-e-user-unknown"),
        R::CredentialsAmbiguous => {
            (StatusCode::BAD_REQUEST, "AMBIGUOUS_CREDENTIALS", "api-ambiguous")
        }
        R::ApiKeyInsufficient => forbidden("api-key-insufficient"),
        R::PermissionMissing => forbidden("api-permission-missing"),
        R::Unknown | R::LinkUnknown => unknown("api-unknown"),
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
        | R::Astray(_) => INTERNAL,
    }
}
