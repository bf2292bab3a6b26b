//! Why a request was not done, before a dialect has words for it. It travels with the answer to the one
//! place that knows the dialect.

use std::borrow::Cow;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Readers, Say};
use crate::app::problem::{FaultNote, of_fault};
use crate::app::{Problem, RequestId};
use crate::core::clients::Expected;
use crate::core::language::Language;
use crate::core::limits::Rule;
use crate::core::words;
use crate::core::{Failure, Fault, Refusal};

/// What can go wrong.
#[derive(Clone, Debug)]
pub enum Wrong {
    Refused(Refusal),
    /// Fields that cannot be used, each with why.
    Invalid(Vec<Flaw>),
    /// A cookie's request that another site had a browser send.
    CrossSite,
    /// The body is no JSON object, has a member twice, or is nested too deeply.
    Malformed,
    /// The body is of another media type.
    MediaType,
    Compressed,
    TooLarge,
    TooSlow,
    /// Too many requests of this kind from one address.
    Limited {
        rule: Rule,
        retry_after: u64,
    },
    /// Nothing is mounted there.
    Path,
    Method,
    /// The database is away, or the answer took too long.
    Unavailable,
    /// Something of ours failed; what, is in the log.
    Broken,
    /// As the last two, with the note for the log.
    Fault(StatusCode, FaultNote),
    /// A URL to go on to that leads out of the house and its first-party apps.
    ForeignUrl,
}

/// A field and why it cannot be used.
#[derive(Clone, Debug)]
pub struct Flaw {
    pub field: Cow<'static, str>,
    pub why: Why,
}

/// Why a field cannot be used.
#[derive(Clone, Debug)]
pub enum Why {
    Missing,
    NotText,
    NotBoolean,
    /// A rule of the core's.
    Refused(Refusal),
    /// The id of a dialect's own words.
    Words(&'static str),
    /// What was expected of a client's metadata.
    Expected(Expected),
}

/// The code of a limit, and the id of its words; the same in every dialect that has the route.
pub fn of_limit(rule: Rule) -> (&'static str, &'static str) {
    match rule {
        Rule::Register => ("TOO_MANY_ATTEMPTS", "api-limit-register"),
        Rule::Login => ("TOO_MANY_LOGIN_ATTEMPTS", "api-limit-login"),
        Rule::ResetPassword | Rule::RequestPasswordReset => {
            ("TOO_MANY_RESET_ATTEMPTS", "api-limit-reset")
        }
        Rule::Refresh => ("TOO_MANY_ATTEMPTS", "api-limit-refresh"),
        Rule::SignUp | Rule::SignIn | Rule::Other => ("RATE_LIMIT_EXCEEDED", "api-limit"),
    }
}

/// Whether the document says the status in the body, too.
pub fn names_status(rule: Rule) -> bool {
    !matches!(rule, Rule::SignUp | Rule::SignIn | Rule::Other)
}

impl From<Refusal> for Wrong {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Fault> for Wrong {
    fn from(fault: Fault) -> Self {
        let (status, note) = of_fault(&fault);
        Self::Fault(status, note)
    }
}

impl From<Failure> for Wrong {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) => refusal.into(),
            Failure::Fault(fault) => fault.into(),
        }
    }
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Whom a dialect tells it, and by which id it can be asked about.
pub struct Telling {
    pub language: Language,
    pub request_id: String,
}

impl Telling {
    /// The language is that of `Accept-Language` alone: programs have no switch.
    pub fn of(headers: &HeaderMap, request_id: Option<&RequestId>) -> Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self {
            language: accepted.and_then(Language::from_accept).unwrap_or_default(),
            request_id: request_id.map(|id| id.0.clone()).unwrap_or_default(),
        }
    }

    pub fn say(&self, id: &str) -> String {
        words::say(self.language, id)
    }

    /// Why a field cannot be used; `of_refusal` knows the id of the dialect's words for a rule of the core's.
    pub fn say_why(&self, why: &Why, of_refusal: impl Fn(&Refusal) -> &'static str) -> String {
        self.say(match why {
            Why::Missing => "api-missing",
            Why::NotText => "api-not-text",
            Why::NotBoolean => "api-not-boolean",
            Why::Refused(refusal) => of_refusal(refusal),
            Why::Words(id) => id,
            Why::Expected(expected) => return expected.say(self.language),
        })
    }

    /// Says in which language an answer is (RFC 9110 §8.5).
    pub fn mark(&self, mut response: Response) -> Response {
        let tag = HeaderValue::from_static(self.language.tag());
        response.headers_mut().insert(header::CONTENT_LANGUAGE, tag);
        response
    }
}

impl From<Wrong> for Problem {
    fn from(wrong: Wrong) -> Self {
        match wrong {
            Wrong::Refused(refusal) => refusal.into(),
            Wrong::ForeignUrl => Self::request("invalid_request", "problem-foreign-url"),
            Wrong::Fault(status, note) => Self { fault: Some(note), ..Self::of_status(status) },
            Wrong::Limited { retry_after, .. } => Self::slow("error-slow-down", retry_after),
            Wrong::Unavailable => Self::of_status(StatusCode::SERVICE_UNAVAILABLE),
            Wrong::Broken => Self::of_status(StatusCode::INTERNAL_SERVER_ERROR),
            Wrong::CrossSite => Self {
                title: "error-title-foreign-start",
                what: "problem-foreign-start",
                next: "next-foreign-start",
                ..Self::of_status(StatusCode::FORBIDDEN)
            },
            Wrong::TooLarge => Self::of_status(StatusCode::PAYLOAD_TOO_LARGE),
            Wrong::TooSlow => Self::of_status(StatusCode::REQUEST_TIMEOUT),
            Wrong::Path => Self::of_status(StatusCode::NOT_FOUND),
            Wrong::Method => Self::of_status(StatusCode::METHOD_NOT_ALLOWED),
            Wrong::MediaType | Wrong::Compressed => {
                Self::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
            }
            Wrong::Invalid(_) | Wrong::Malformed => Self::of_status(StatusCode::BAD_REQUEST),
        }
    }
}

/// Has what went wrong told in a dialect's words, or on a page where one was asked for.
pub(super) async fn tell((say, readers): (Say, Readers), request: Request, next: Next) -> Response {
    let wants_page = readers == Readers::People && super::wants_page(request.headers());
    let telling = Telling::of(request.headers(), request.extensions().get());
    let mut response = next.run(request).await;
    let Some(wrong) = response.extensions_mut().remove::<Wrong>() else {
        return response;
    };
    if wants_page {
        return keeping(&response, Problem::from(wrong).into_response());
    }
    let mut told = say(&wrong, &telling);
    if let Wrong::Fault(_, note) = &wrong {
        told.extensions_mut().insert(note.clone());
    }
    if let Some(seconds) = wrong.retry_after() {
        told.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    keeping(&response, told)
}

/// With what was said below, such as the methods that there are, or cookies to be forgotten.
fn keeping(below: &Response, mut told: Response) -> Response {
    let headers = told.headers_mut();
    for (name, value) in below.headers() {
        if name == header::SET_COOKIE {
            headers.append(name, value.clone());
        } else if !headers.contains_key(name) && name != header::CONTENT_LENGTH {
            headers.insert(name, value.clone());
        }
    }
    told
}

impl Wrong {
    /// The seconds after which the same may be tried again.
    pub fn retry_after(&self) -> Option<u64> {
        use Refusal as R;
        match self {
            Self::Refused(
                R::Busy { retry_after }
                | R::Locked { retry_after }
                | R::SlowDown { retry_after }
                | R::TooManyMails { retry_after },
            )
            | Self::Limited { retry_after, .. } => Some(*retry_after),
            Self::Unavailable | Self::Fault(StatusCode::SERVICE_UNAVAILABLE, _) => Some(2),
            _ => None,
        }
    }
}
