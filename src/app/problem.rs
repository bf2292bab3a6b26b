use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::core::links::Astray;
use crate::core::{Failure, Fault, Refusal};

/// Something that a person must be told on a page of its own. The router has it dressed in that
/// page (by the face that has pages), so that every face can ask for one.
#[derive(Clone, Debug)]
pub struct Problem {
    pub status: StatusCode,
    /// The OAuth error code, to be copied to whoever has to mend it.
    pub code: Option<&'static str>,
    /// The ids of the words: what kind of thing, what went wrong, what to do next.
    pub title: &'static str,
    pub what: &'static str,
    pub next: &'static str,
    /// What the words mention, by its name in them.
    pub argument: Option<(&'static str, String)>,
    /// Seconds, for `Retry-After`.
    pub retry_after: Option<u64>,
    pub fault: Option<FaultNote>,
}

impl Problem {
    /// An authorization request that cannot be answered to the client (RFC 6749 §4.1.2.1).
    #[must_use]
    pub fn request(code: &'static str, what: &'static str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code: Some(code),
            title: "error-title-request",
            what,
            next: "next-tell-app",
            argument: None,
            retry_after: None,
            fault: None,
        }
    }

    /// Something that the words mention.
    #[must_use]
    pub fn mentioning(mut self, name: &'static str, value: impl Into<String>) -> Self {
        // Long enough to recognise, short enough for a page.
        let value: String = value.into().chars().filter(|c| !c.is_control()).take(300).collect();
        self.argument = Some((name, value));
        self
    }

    /// A page that was left open for too long, or tampered with.
    #[must_use]
    pub fn stale(what: &'static str) -> Self {
        Self {
            title: "error-title-expired",
            next: "next-start-again",
            code: None,
            ..Self::request("", what)
        }
    }

    /// Too much of something for now.
    #[must_use]
    pub fn slow(what: &'static str, retry_after: u64) -> Self {
        Self {
            title: "error-title-slow",
            what,
            next: "next-wait",
            retry_after: Some(retry_after),
            ..Self::of_status(StatusCode::TOO_MANY_REQUESTS)
        }
        .mentioning("minutes", retry_after.div_ceil(60).to_string())
    }

    /// A status that the server itself answers with.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        let (title, what, next) = match status {
            StatusCode::NOT_FOUND => ("error-title-not-found", "error-not-found", "next-home"),
            StatusCode::METHOD_NOT_ALLOWED => ("error-title-request", "error-method", "next-home"),
            StatusCode::PAYLOAD_TOO_LARGE => {
                ("error-title-request", "error-too-large", "next-start-again")
            }
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                ("error-title-request", "error-unsupported-media", "next-tell-app")
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                ("error-title-unavailable", "error-unavailable", "next-wait")
            }
            status if status.is_server_error() => ("error-title-fault", "error-fault", "next-wait"),
            _ => ("error-title-request", "error-bad-request", "next-start-again"),
        };
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(2);
        Self { status, code: None, title, what, next, argument: None, retry_after, fault: None }
    }
}

/// What went wrong on our side, for the log and nobody else. It travels with the answer to the one
/// place that knows the request, which logs it, once.
#[derive(Clone, Debug)]
pub struct FaultNote(pub String);

/// A fault's status, and its note for the log.
#[must_use]
pub fn of_fault(fault: &Fault) -> (StatusCode, FaultNote) {
    let status = if fault.unavailable {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::INTERNAL_SERVER_ERROR
    };
    (status, FaultNote(fault.to_string()))
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let (status, note) = of_fault(&fault);
        Self { fault: Some(note), ..Self::of_status(status) }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        use Refusal as R;
        match refusal {
            R::FlowBroken | R::NotSignedIn => Self::stale("error-flow-broken"),
            R::RequestUriUnknown => Self::request("invalid_request_uri", "problem-request-uri"),
            R::FlowExpired => Self::stale("error-flow-expired"),
            R::FlowAnswered => Self::stale("error-flow-answered"),
            R::Busy { retry_after } => Self {
                what: "error-busy",
                retry_after: Some(retry_after),
                ..Self::of_status(StatusCode::SERVICE_UNAVAILABLE)
            },
            R::WrongCredentials => Self::stale("error-wrong-credentials"),
            R::AccountDisabled => Self::stale("error-account-disabled"),
            R::EmailMalformed => Self::stale("error-email-invalid"),
            R::EmailTaken | R::UsernameTaken => Self::stale("error-email-taken"),
            R::NameMissing | R::UsernameMalformed => Self::stale("error-name-missing"),
            R::NameTooLong => Self::stale("error-name-long"),
            R::NameMalformed => Self::stale("error-name-malformed"),
            R::PasswordTooShort => Self::stale("error-password-short"),
            R::PasswordTooLong => Self::stale("error-password-long"),
            R::PasswordCommon => Self::stale("error-password-common"),
            R::PasswordLacksUpper => Self::stale("error-password-upper"),
            R::PasswordLacksLower => Self::stale("error-password-lower"),
            R::PasswordLacksDigit => Self::stale("error-password-digit"),
            R::PasswordWrong => Self::stale("error-password-wrong"),
            R::Locked { retry_after } => Self::slow("error-locked", retry_after),
            R::SlowDown { retry_after } => Self::slow("error-slow-down", retry_after),
            R::LinkUnknown => Self {
                title: "error-title-link",
                next: "next-new-link",
                ..Self::stale("error-link")
            },
            R::ImageTooLarge => Self::of_status(StatusCode::PAYLOAD_TOO_LARGE),
            R::Astray(Astray::Unknown) => Self::of_status(StatusCode::NOT_FOUND),
            R::Astray(Astray::Unavailable) => {
                Self { what: "error-upstream", ..Self::of_status(StatusCode::SERVICE_UNAVAILABLE) }
            }
            R::Astray(Astray::TooLong) => Self::request("invalid_request", "problem-too-long"),
            R::Astray(_) => Self::stale("error-sign-in-lost"),
            R::MediaLinkInvalid => Self {
                title: "error-title-link",
                what: "error-media-link",
                ..Self::of_status(StatusCode::FORBIDDEN)
            },
            // What somebody else has reads like what nobody has.
            R::Unknown => Self {
                title: "error-title-gone",
                what: "error-gone",
                ..Self::of_status(StatusCode::NOT_FOUND)
            },
            // Of the endpoints of programs, which have no pages, and of forms, which stay.
            R::SignInTooOld
            | R::CredentialInvalid
            | R::AccountGone
            | R::CredentialsAmbiguous
            | R::ApiKeyInsufficient
            | R::PermissionMissing
            | R::TooMany
            | R::LastAdmin
            | R::CodeUnknown
            | R::CodeExpired
            | R::CodeSpent
            | R::CodeBoundElsewhere
            | R::CodeOrphaned
            | R::RefreshUnknown
            | R::RefreshExpired
            | R::RefreshReplayed
            | R::GrantEnded
            | R::ScopeTooWide
            | R::TokenInvalid
            | R::ScopeInsufficient
            | R::TargetUnknown
            | R::ClientUnproven(_)
            | R::ClientSlowDown { .. }
            | R::RegistrationTokenInvalid
            | R::RegistrationOff
            | R::TooManyMails { .. }
            | R::EmailNotOwn
            | R::EmailProven
            | R::ImageUnreadable
            | R::ImageTooManyPixels
            | R::PictureUrlMalformed
            | R::ClaimMalformed(_)
            | R::NameTaken
            | R::DescriptionMalformed
            | R::ApplicationInUse => Self::of_status(StatusCode::BAD_REQUEST),
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Fault(fault) => fault.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(note) = self.fault.clone() {
            response.extensions_mut().insert(note);
        }
        response.extensions_mut().insert(self);
        response
    }
}
