//! What the protocol's programs are told: `error` and `error_description` (RFC 6749 §5.2), in
//! English and printable ASCII, never cached.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::app::problem::{self, FaultNote};
use crate::core::clients::Unproven;
use crate::core::{Failure, Fault, Refusal};

/// An answer that is an error.
#[derive(Debug)]
pub struct OAuthError {
    pub status: StatusCode,
    pub error: &'static str,
    pub description: String,
    /// How to authenticate (RFC 9110 §11.6.1), where the status is 401.
    challenge: Option<&'static str>,
    retry_after: Option<u64>,
    fault: Option<FaultNote>,
}

impl OAuthError {
    fn new(status: StatusCode, error: &'static str, description: impl Into<String>) -> Self {
        Self {
            status,
            error,
            description: description.into(),
            challenge: None,
            retry_after: None,
            fault: None,
        }
    }

    pub fn invalid_request(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", description)
    }

    pub fn bad_request(error: &'static str, description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, description)
    }

    /// The same answer whether the client is unknown or its secret is wrong.
    pub fn invalid_client(description: impl Into<String>) -> Self {
        Self {
            challenge: Some("Basic realm=\"Countersign\", charset=\"UTF-8\""),
            ..Self::new(StatusCode::UNAUTHORIZED, "invalid_client", description)
        }
    }

    /// No token at all: RFC 6750 §3.1 gives no error code then.
    pub fn no_token() -> Self {
        Self {
            challenge: Some("Bearer realm=\"Countersign\""),
            ..Self::new(StatusCode::UNAUTHORIZED, "", "a Bearer token is required")
        }
    }

    fn invalid_token(description: &'static str) -> Self {
        Self {
            challenge: Some("Bearer realm=\"Countersign\", error=\"invalid_token\""),
            ..Self::new(StatusCode::UNAUTHORIZED, "invalid_token", description)
        }
    }

    fn insufficient_scope() -> Self {
        Self {
            challenge: Some(
                "Bearer realm=\"Countersign\", error=\"insufficient_scope\", scope=\"openid\"",
            ),
            ..Self::new(
                StatusCode::FORBIDDEN,
                "insufficient_scope",
                "the access token was not issued for openid",
            )
        }
    }
}

/// What a client is told about its assertion (RFC 7523 §3). The first is the answer to everybody who
/// has not shown a key.
fn unproven(why: Unproven) -> String {
    let words = match why {
        Unproven::Failed => "client authentication failed",
        Unproven::Kind => "client_assertion: typ is that of another kind of JWT",
        Unproven::Missing(claim) => return format!("client_assertion: {claim} is required"),
        Unproven::WrongType(claim) => {
            return format!("client_assertion: {claim} has the wrong JSON type");
        }
        Unproven::NotItself => "client_assertion: iss and sub must both be the client_id",
        Unproven::Audience => "client_assertion: aud must be the issuer or the endpoint's URL",
        Unproven::Expired => "client_assertion: it has expired",
        Unproven::TooLong => "client_assertion: exp must be at most 5 minutes ahead",
        Unproven::NotYet => "client_assertion: iat or nbf is in the future",
        Unproven::Jti => "client_assertion: jti must have 1 to 255 bytes",
        Unproven::Replayed => "client_assertion: it was used before",
    };
    words.to_owned()
}

impl From<Refusal> for OAuthError {
    fn from(refusal: Refusal) -> Self {
        use Refusal as R;
        let grant = |description: &str| Self::bad_request("invalid_grant", description);
        match refusal {
            R::CodeUnknown => grant("the authorization code is unknown"),
            R::CodeExpired => grant("the authorization code has expired"),
            R::CodeSpent => grant("the authorization code was used before; its tokens are revoked"),
            R::CodeBoundElsewhere => grant(
                "the authorization code was issued to another client, redirect_uri or code_challenge",
            ),
            R::CodeOrphaned => grant("the session behind the authorization code has ended"),
            R::RefreshUnknown => grant("the refresh token is not one of this client's"),
            R::RefreshExpired => grant("the refresh token has expired"),
            R::RefreshReplayed => {
                grant("the refresh token was used before; its whole family is revoked")
            }
            R::GrantEnded => grant("the grant behind the refresh token has ended"),
            R::ScopeTooWide => Self::bad_request(
                "invalid_scope",
                "the scope exceeds what was granted or what the client is registered for",
            ),
            R::TokenInvalid => {
                Self::invalid_token("the access token is invalid, expired or revoked")
            }
            R::ScopeInsufficient => Self::insufficient_scope(),
            // RFC 8707 §2.
            R::TargetUnknown => Self::bad_request(
                "invalid_target",
                "resource is not one that was granted, or that access tokens are issued for",
            ),
            R::Busy { retry_after } => Self {
                retry_after: Some(retry_after),
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "busy")
            },
            R::NotSignedIn => grant("nobody is signed in"),
            R::ClientUnproven(why) => Self::invalid_client(unproven(why)),
            R::ClientSlowDown { retry_after } => Self {
                retry_after: Some(retry_after),
                ..Self::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "invalid_client",
                    "client authentication failed too often; try again later",
                )
            },
            R::RegistrationTokenInvalid => {
                Self::invalid_token("the registration or initial access token is not valid here")
            }
            R::RegistrationOff => Self::new(
                StatusCode::FORBIDDEN,
                "access_denied",
                "clients do not register themselves here",
            ),
            // Refused to people, on pages.
            R::WrongCredentials
            | R::AccountDisabled
            | R::EmailMalformed
            | R::EmailTaken
            | R::UsernameMalformed
            | R::UsernameTaken
            | R::NameMissing
            | R::NameTooLong
            | R::PasswordTooShort
            | R::PasswordTooLong
            | R::PasswordCommon
            | R::PasswordLacksUpper
            | R::PasswordLacksLower
            | R::PasswordLacksDigit
            | R::PasswordWrong
            | R::Locked { .. }
            | R::SlowDown { .. }
            | R::LinkUnknown
            | R::SignInTooOld
            | R::CredentialInvalid
            | R::AccountGone
            | R::CredentialsAmbiguous
            | R::ApiKeyInsufficient
            | R::PermissionMissing
            | R::Unknown
            | R::TooMany
            | R::LastAdmin
            | R::FlowBroken
            | R::FlowExpired
            | R::FlowAnswered
            | R::RequestUriUnknown
            | R::TooManyMails { .. }
            | R::EmailNotOwn
            | R::EmailProven
            | R::Astray(_)
            | R::ImageUnreadable
            | R::ImageTooLarge
            | R::ImageTooManyPixels
            | R::PictureUrlMalformed
            | R::ClaimMalformed(_)
            | R::MediaLinkInvalid
            | R::NameTaken
            | R::NameMalformed
            | R::DescriptionMalformed
            | R::ApplicationInUse => Self::bad_request("access_denied", "refused"),
        }
    }
}

impl From<Fault> for OAuthError {
    fn from(fault: Fault) -> Self {
        let (status, note) = problem::of_fault(&fault);
        let told = if status == StatusCode::SERVICE_UNAVAILABLE {
            let description = "the database cannot be reached; try again in a moment";
            Self {
                retry_after: Some(2),
                ..Self::new(status, "temporarily_unavailable", description)
            }
        } else {
            Self::new(status, "server_error", "something went wrong on our side")
        };
        Self { fault: Some(note), ..told }
    }
}

impl From<Failure> for OAuthError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Fault(fault) => fault.into(),
        }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = if self.error.is_empty() {
            json!({ "error_description": self.description })
        } else {
            json!({ "error": self.error, "error_description": self.description })
        };
        let mut response = json_response(self.status, body.to_string());
        let headers = response.headers_mut();
        if let Some(challenge) = self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(note) = self.fault {
            response.extensions_mut().insert(note);
        }
        response
    }
}

/// JSON that nobody may keep (RFC 6749 §5.1).
pub fn json_response(status: StatusCode, body: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    // With those that every answer has, so that they need not be moved.
    headers.reserve(12);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}

/// What is refused before an endpoint sees it, or came to nothing in there.
#[must_use]
pub fn speak(status: StatusCode) -> Response {
    let refusal = |words| OAuthError::new(status, "invalid_request", words);
    match status {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => refusal("the request body must not be compressed"),
        StatusCode::PAYLOAD_TOO_LARGE => refusal("the request body is too large"),
        StatusCode::REQUEST_TIMEOUT => refusal("the request body took too long"),
        // A panic, caught: the details are in the log.
        StatusCode::INTERNAL_SERVER_ERROR => {
            OAuthError::new(status, "server_error", "something went wrong on our side")
        }
        _ => OAuthError {
            retry_after: Some(2),
            ..OAuthError::new(status, "temporarily_unavailable", "the answer took too long")
        },
    }
    .into_response()
}

/// The endpoint exists, the method does not.
pub async fn method_not_allowed() -> OAuthError {
    OAuthError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "invalid_request",
        "this endpoint does not take that method",
    )
}

/// The body could not be read as the form that the endpoint takes.
pub fn bad_form(rejection: &axum::extract::rejection::BytesRejection) -> OAuthError {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => OAuthError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "invalid_request",
            "the request body is too large",
        ),
        _ => OAuthError::invalid_request("the request body could not be read"),
    }
}
