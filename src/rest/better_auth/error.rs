//! Dialect A's words for everything that can go wrong: `{success, error: {code, message, details?}}`,
//! code and message once more beside it, where Better Auth's client looks.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::core::Refusal;
use crate::core::links::Astray;
use crate::rest::reply::told;
use crate::rest::wrong::{Flaw, Telling, Wrong, names_status, of_limit};

/// An error.
#[derive(ToSchema)]
#[schema(as = better_auth::Error)]
#[expect(dead_code, reason = "the description of what `say` writes")]
pub struct Body {
    #[schema(example = false)]
    success: bool,
    error: Inner,
    #[schema(example = "UNAUTHORIZED")]
    code: String,
    message: String,
}

#[derive(ToSchema)]
#[schema(as = better_auth::ErrorInner)]
#[expect(dead_code, reason = "the description of what `say` writes")]
#[serde(rename_all = "camelCase")]
pub struct Inner {
    #[schema(example = "UNAUTHORIZED")]
    code: String,
    message: String,
    /// Of the limits that the document names.
    status_code: Option<u16>,
    details: Option<Details>,
}

#[derive(ToSchema)]
#[schema(as = better_auth::Details)]
#[expect(dead_code, reason = "the description of what `say` writes")]
#[serde(rename_all = "camelCase")]
pub struct Details {
    field_errors: std::collections::HashMap<String, Vec<String>>,
}

/// As Better Auth says it.
pub fn say(wrong: &Wrong, telling: &Telling) -> Response {
    speak(wrong, telling, verdict(wrong))
}

/// The same under `/v1`, where what is invalid is a bad request and an address may be in conflict.
pub fn say_under_v1(wrong: &Wrong, telling: &Telling) -> Response {
    let verdict = match (wrong, verdict(wrong)) {
        (Wrong::Refused(Refusal::EmailTaken), (.., message)) => conflict(message),
        (Wrong::MediaType, (status, code, _)) => (status, code, "api-a-media-type"),
        (Wrong::Malformed, (status, code, _)) => (status, code, "api-a-malformed"),
        (_, (_, INVALID, message)) => (StatusCode::BAD_REQUEST, INVALID, message),
        (_, verdict) => verdict,
    };
    speak(wrong, telling, verdict)
}

/// Better Auth's own refusal to change an address where only a name and a picture are changed.
pub fn email_elsewhere(telling: &Telling) -> Response {
    let code = "EMAIL_CAN_NOT_BE_UPDATED";
    told(StatusCode::BAD_REQUEST, &body(code, &telling.say("api-a-not-updatable")), telling)
}

fn speak(wrong: &Wrong, telling: &Telling, (status, code, message): Verdict) -> Response {
    let mut body = body(code, &telling.say(message));
    match wrong {
        Wrong::Invalid(flaws) => {
            body["error"]["details"] = json!({ "fieldErrors": fields(flaws, telling) });
        }
        Wrong::Limited { rule, .. } if names_status(*rule) => {
            body["error"]["statusCode"] = status.as_u16().into();
        }
        _ => {}
    }
    told(status, &body, telling)
}

fn body(code: &str, message: &str) -> Value {
    let error = json!({ "code": code, "message": message });
    json!({ "success": false, "error": error, "code": code, "message": message })
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

const INVALID: &str = "VALIDATION_ERROR";
const INTERNAL: Verdict = (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "api-internal");
const UNAVAILABLE: Verdict =
    (StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", "api-unavailable");

fn invalid(message: &'static str) -> Verdict {
    (StatusCode::UNPROCESSABLE_ENTITY, INVALID, message)
}

fn bad(code: &'static str, message: &'static str) -> Verdict {
    (StatusCode::BAD_REQUEST, code, message)
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

fn too_many(code: &'static str, message: &'static str) -> Verdict {
    (StatusCode::TOO_MANY_REQUESTS, code, message)
}

/// The status, the code and the id of the words.
fn verdict(wrong: &Wrong) -> Verdict {
    const MEDIA_TYPE: StatusCode = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    match wrong {
        Wrong::Refused(refusal) => of_refusal(refusal),
        Wrong::Invalid(_) => invalid("api-a-invalid"),
        Wrong::CrossSite => forbidden("api-cross-site"),
        Wrong::Malformed => bad(INVALID, "api-malformed"),
        Wrong::MediaType => (MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", "api-media-type"),
        Wrong::Compressed => (MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", "api-compressed"),
        Wrong::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "api-too-large"),
        Wrong::TooSlow => (StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", "api-too-slow"),
        Wrong::Limited { rule, .. } => {
            let (code, message) = of_limit(*rule);
            too_many(code, message)
        }
        Wrong::Path => unknown("api-path"),
        Wrong::Method => (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "api-method"),
        Wrong::Unavailable | Wrong::Fault(StatusCode::SERVICE_UNAVAILABLE, _) => UNAVAILABLE,
        Wrong::Broken | Wrong::Fault(..) => INTERNAL,
        Wrong::ForeignUrl => (StatusCode::FORBIDDEN, "INVALID_CALLBACK_URL", "api-foreign-url"),
    }
}

fn of_refusal(refusal: &Refusal) -> Verdict {
    use Refusal as R;
    match refusal {
        R::WrongCredentials => {
            let code = "INVALID_EMAIL_OR_PASSWORD";
            (StatusCode::UNAUTHORIZED, code, "api-a-wrong-credentials")
        }
        R::AccountDisabled => forbidden("api-a-inactive"),
        R::EmailMalformed => invalid("api-email-malformed"),
        R::EmailTaken => {
            (StatusCode::UNPROCESSABLE_ENTITY, "USER_ALREADY_EXISTS", "api-a-email-taken")
        }
        R::UsernameMalformed => invalid("api-username-malformed"),
        R::UsernameTaken => conflict("api-username-taken"),
        R::NameMissing => invalid("api-name-missing"),
        R::NameTooLong => invalid("api-name-long"),
        R::NameMalformed => invalid("api-name-malformed"),
        R::PasswordTooShort => invalid("api-a-password-short"),
        R::PasswordTooLong => invalid("api-a-password-long"),
        R::PasswordCommon => invalid("api-a-password-common"),
        // This dialect asks for length alone.
        R::PasswordLacksUpper | R::PasswordLacksLower | R::PasswordLacksDigit => {
            invalid("api-a-invalid")
        }
        R::PasswordWrong => bad("INVALID_PASSWORD", "api-a-password-wrong"),
        R::Locked { .. } => too_many("ACCOUNT_LOCKED", "api-locked"),
        R::SlowDown { .. } => too_many("RATE_LIMIT_EXCEEDED", "api-slow-down"),
        R::TooManyMails { .. } => too_many("RATE_LIMIT_EXCEEDED", "api-too-many-mails"),
        R::LinkUnknown => bad("INVALID_TOKEN", "api-a-link-unknown"),
        R::EmailNotOwn => bad("EMAIL_MISMATCH", "api-email-not-own"),
        R::Astray(Astray::Unknown) => {
            (StatusCode::NOT_FOUND, "PROVIDER_NOT_FOUND", "api-a-provider-unknown")
        }
        R::Astray(Astray::LastWayIn) => bad("FAILED_TO_UNLINK_LAST_ACCOUNT", "api-a-last-way-in"),
        R::EmailProven => bad("EMAIL_ALREADY_VERIFIED", "api-email-proven"),
        R::ImageUnreadable => invalid("api-a-image-unreadable"),
        R::ImageTooManyPixels => invalid("api-a-image-pixels"),
        R::PictureUrlMalformed => invalid("api-a-image-url"),
        R::ImageTooLarge => {
            (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "api-a-image-large")
        }
        R::Astray(Astray::Unavailable) | R::Busy { .. } => UNAVAILABLE,
        R::Astray(_) => bad("FAILED_TO_GET_ACCESS_TOKEN", "api-a-no-upstream-token"),
        R::NotSignedIn | R::AccountGone => unauthorized("api-not-signed-in"),
        R::SignInTooOld => (StatusCode::FORBIDDEN, "SESSION_NOT_FRESH", "api-a-not-fresh"),
        R::CredentialInvalid | R::RefreshReplayed => unauthorized("api-credential-invalid"),
        R::CredentialsAmbiguous => bad("AMBIGUOUS_CREDENTIALS", "api-ambiguous"),
        R::ApiKeyInsufficient => forbidden("api-key-insufficient"),
        R::PermissionMissing => forbidden("api-permission-missing"),
        R::Unknown => unknown("api-unknown"),
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
        | R::MediaLinkInvalid
        | R::NameTaken
        | R::DescriptionMalformed
        | R::ClaimMalformed(_)
        | R::ApplicationInUse => INTERNAL,
    }
}
