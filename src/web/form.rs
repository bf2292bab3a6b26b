//! What the forms of our pages send, and the words for what is wrong with it.

use std::sync::Arc;

use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::page::FieldProblem;
use super::reply::Reply;
use crate::app::{Ctx, Problem, Shared};
use crate::core::clients::Client;
use crate::core::flow::Flow;
use crate::core::{Failure, Fault, Refusal, Secret};

/// A page's `?flow=…`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Address {
    pub flow: Option<String>,
    pub account: Option<String>,
    pub logout: Option<String>,
    /// Of a link in a mail.
    pub token: Option<Secret>,
    /// What was done, for the page that says so.
    pub what: Option<String>,
    /// What became of a sign-in with an upstream.
    pub problem: Option<String>,
    pub upstream: Option<String>,
    /// Where somebody who has to sign in first wants to go on to.
    pub next: Option<String>,
    /// Whoever is signed in shall prove it once more.
    pub again: Option<String>,
    /// Where a page of a list begins.
    pub from: Option<String>,
}

impl FromRequestParts<Shared> for Address {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Problem> {
        Query::from_request_parts(parts, app)
            .await
            .map(|Query(address)| address)
            .map_err(|rejection: QueryRejection| Problem::of_status(rejection.status()))
    }
}

/// The authorization request that a page belongs to, if any.
pub type OfFlow = Option<(Flow, Arc<Client>)>;

/// Opens the request of a page; none is named where a person came by themselves.
pub async fn open_flow(app: &Shared, ctx: &Ctx, sealed: Option<&str>) -> Result<OfFlow, Problem> {
    Ok(match sealed.filter(|sealed| !sealed.is_empty()) {
        Some(sealed) => Some(app.core.open_flow(sealed, ctx.now).await?),
        None => None,
    })
}

/// The same for a page that a mail leads to: it does its part where the request is over by now, too.
pub async fn open_flow_if_live(
    app: &Shared,
    ctx: &Ctx,
    sealed: Option<String>,
) -> (OfFlow, Option<String>) {
    match open_flow(app, ctx, sealed.as_deref()).await {
        Ok(Some(of_flow)) => (Some(of_flow), sealed),
        Ok(None) | Err(_) => (None, None),
    }
}

#[derive(Deserialize)]
#[serde(default)]
pub struct Fields {
    pub csrf: String,
    pub flow: Option<String>,
    pub logout: Option<String>,
    pub action: String,
    pub name: String,
    pub email: String,
    pub password: Secret,
    /// The password that the person has, where `password` is a new one.
    pub current: Secret,
    pub token: Secret,
    /// Where to go on to afterwards, if it is one of our own pages.
    pub next: Option<String>,
}

impl Default for Fields {
    fn default() -> Self {
        Self {
            csrf: String::new(),
            flow: None,
            logout: None,
            action: String::new(),
            name: String::new(),
            email: String::new(),
            password: Secret::new(""),
            current: Secret::new(""),
            token: Secret::new(""),
            next: None,
        }
    }
}

impl Fields {
    pub fn sealed(&self) -> Option<&str> {
        self.flow.as_deref().filter(|sealed| !sealed.is_empty())
    }
}

/// The address of a page that a mail led to, for the language switch.
pub fn mailed(path: &str, fields: &Fields) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("token", fields.token.expose());
    if let Some(sealed) = fields.sealed() {
        query.append_pair("flow", sealed);
    }
    format!("{path}?{}", query.finish())
}

impl FromRequest<Shared> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Problem> {
        Sent::from_request(request, app).await.map(|Sent(fields)| fields)
    }
}

/// What a form of another shape sends.
pub struct Sent<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Shared> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Problem> {
        Form::from_request(request, app)
            .await
            .map(|Form(fields)| Self(fields))
            .map_err(|rejection: FormRejection| Problem::of_status(rejection.status()))
    }
}

/// The field that a refusal is about and the id of its words; none is for faults of the flow.
fn words(refusal: &Refusal) -> Option<(&'static str, &'static str)> {
    use Refusal as R;
    Some(match refusal {
        // Which half was wrong is never said.
        R::WrongCredentials => ("", "error-wrong-credentials"),
        R::AccountDisabled => ("", "error-account-disabled"),
        R::Busy { .. } => ("", "error-busy"),
        R::EmailMalformed => ("email", "error-email-invalid"),
        R::EmailTaken => ("email", "error-email-taken"),
        R::NameMissing => ("name", "error-name-missing"),
        R::NameTooLong => ("name", "error-name-long"),
        R::NameMalformed => ("name", "error-name-malformed"),
        R::PasswordTooShort => ("password", "error-password-short"),
        R::PasswordTooLong => ("password", "error-password-long"),
        R::PasswordCommon => ("password", "error-password-common"),
        R::PasswordLacksUpper => ("password", "error-password-upper"),
        R::PasswordLacksLower => ("password", "error-password-lower"),
        R::PasswordLacksDigit => ("password", "error-password-digit"),
        R::PasswordWrong => ("current", "error-password-wrong"),
        R::Locked { .. } => ("", "error-locked"),
        R::SlowDown { .. } => ("", "error-slow-down"),
        R::UsernameMalformed => ("username", "error-username"),
        R::UsernameTaken => ("username", "error-username-taken"),
        R::ClaimMalformed(claim) => (claim, claim_words(claim)),
        R::ImageUnreadable => ("image", "error-image-unreadable"),
        R::ImageTooLarge => ("image", "error-image-large"),
        R::ImageTooManyPixels => ("image", "error-image-pixels"),
        R::SignInTooOld => ("", "error-sign-in-old"),
        R::TooMany => ("", "error-too-many"),
        R::LastAdmin => ("", "error-last-admin"),
        R::CredentialInvalid
        | R::AccountGone
        | R::CredentialsAmbiguous
        | R::ApiKeyInsufficient
        | R::PermissionMissing
        | R::Unknown
        | R::LinkUnknown
        | R::NotSignedIn
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
        | R::RefreshReplayed
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
        | R::TooManyMails { .. }
        | R::EmailNotOwn
        | R::EmailProven
        | R::PictureUrlMalformed
        | R::MediaLinkInvalid
        | R::NameTaken
        | R::DescriptionMalformed
        | R::ApplicationInUse
        | R::Astray(_) => return None,
    })
}

fn claim_words(claim: &str) -> &'static str {
    match claim {
        "website" => "error-website",
        "birthdate" => "error-birthdate",
        "zoneinfo" => "error-zoneinfo",
        "locale" => "error-locale",
        "phone_number" => "error-phone",
        _ => "error-claim-long",
    }
}

/// The seconds after which the same may be tried again.
fn wait(refusal: &Refusal) -> Option<u64> {
    use Refusal as R;
    match refusal {
        R::Busy { retry_after } | R::Locked { retry_after } | R::SlowDown { retry_after } => {
            Some(*retry_after)
        }
        _ => None,
    }
}

fn status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
        // RFC 6585 §4.
        Refusal::Locked { .. } | Refusal::SlowDown { .. } => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// What to show beside the form, where the person can put it right; else the problem for a page of
/// its own.
pub fn beside(reply: &Reply<'_>, failure: Failure) -> Result<FieldProblem, Problem> {
    let refusal = match failure {
        Failure::Refused(refusal) => refusal,
        Failure::Fault(fault) => return Err(Fault::into(fault)),
    };
    match words(&refusal) {
        Some((field, id)) => {
            let minutes = wait(&refusal).unwrap_or_default().div_ceil(60).to_string();
            let message = reply.say_with(id, &[("minutes", &minutes)]);
            Ok(FieldProblem { field, message, status: status(&refusal), wait: wait(&refusal) })
        }
        None => Err(refusal.into()),
    }
}
