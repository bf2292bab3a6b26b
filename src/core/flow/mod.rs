//! The authorization request as a state machine. A page does one thing and comes back here; a page
//! never knows its successor: [`Flow::next`] alone decides.
//!
//! Before it is answered the request travels sealed in the URL, so an anonymous visitor costs no row.

use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::claims_request::ClaimsRequest;
use super::clients::Client;
use super::scope::Scope;
use super::sessions::Visitor;
use crate::jose::Secret;

mod answer;
mod progress;
mod pushed;

pub(super) use answer::with_query;
pub use answer::{Answer, ResponseMode};
pub(super) use progress::LIFETIME;
pub use pushed::REQUEST_LIFETIME;

/// The values of `prompt` (OIDC Core §3.1.2.1, Initiating User Registration 1.0 §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "a set of independent values")]
pub struct Prompt {
    pub none: bool,
    pub login: bool,
    pub consent: bool,
    pub select_account: bool,
    pub create: bool,
}

/// An authorization request whose client, redirect URI and parameters have been proven.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Flow {
    /// Has one answer with a code, ever: the grant's `request_id`.
    pub id: Uuid,
    pub started_at: i64,
    pub client_id: String,
    pub redirect_uri: String,
    #[serde(default)]
    pub response_mode: ResponseMode,
    pub scope: String,
    pub state: Option<String>,
    pub nonce: Option<String>,
    /// S256; empty when a confidential client sent none.
    pub challenge: String,
    pub prompt: Prompt,
    /// In seconds.
    pub max_age: Option<u64>,
    pub login_hint: Option<String>,
    /// The `sub` of the `id_token_hint`, or the one that the `claims` ask for.
    pub subject: Option<Uuid>,
    pub ui_locales: Option<String>,
    #[serde(default)]
    pub claims: ClaimsRequest,
    /// Resource indicators (RFC 8707).
    #[serde(default)]
    pub resources: Vec<String>,
    /// The upstream that the app wants people to sign in with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upstream: Option<String>,
    /// The session that the person chose to go on with, or that an upstream opened for this request.
    #[serde(default)]
    pub chosen: Option<Uuid>,
    /// The digest of the reference under which the app pushed it, if it did.
    #[serde(default)]
    pub pushed: Option<[u8; 32]>,
}

/// What the person has to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    SignIn,
    SignUp,
    /// Choose the account to go on with.
    Select,
    Consent,
}

/// Why a request is answered with an error (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    AccessDenied,
    LoginRequired,
    ConsentRequired,
}

impl Denial {
    /// The `error` and its description.
    #[must_use]
    pub fn words(self) -> (&'static str, String) {
        let (error, description) = match self {
            Self::AccessDenied => ("access_denied", "the person declined"),
            Self::LoginRequired => {
                ("login_required", "nobody is signed in who satisfies the request")
            }
            Self::ConsentRequired => ("consent_required", "the person has not consented yet"),
        };
        (error, description.to_owned())
    }
}

#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Ask(Step),
    Issue,
    Deny(Denial),
}

/// How far a request has come.
#[derive(Debug)]
pub enum Progress {
    Ask { step: Step, sealed: String },
    Answer(Answer),
}

impl Flow {
    /// What comes next, from what is known of the browser. Pure.
    #[must_use]
    pub fn next(&self, client: &Client, visitor: Option<&Visitor>, now: i64) -> Next {
        let ask =
            |step, denial| if self.prompt.none { Next::Deny(denial) } else { Next::Ask(step) };
        let sign = if self.prompt.create { Step::SignUp } else { Step::SignIn };
        let Some(visitor) = visitor else { return ask(sign, Denial::LoginRequired) };
        // A factor proven after the request began satisfies whatever the request asks of it.
        let is_fresh = visitor.auth_time >= self.started_at;
        // Whoever came in for this request has done what it asked, at whatever time they proved it.
        let is_of_this = is_fresh || self.chosen == Some(visitor.session_id);
        // A browser that was idle for long still keeps an exact count of seconds (OIDC Core §3.1.2.1).
        let too_old = self.max_age(client).is_some_and(|seconds| {
            let age = u64::try_from(now - visitor.auth_time).unwrap_or_default();
            age > seconds.saturating_mul(1000)
        });
        let is_another = self.subject.is_some_and(|subject| subject != visitor.account.id);
        let is_stale = !is_fresh && (self.prompt.login || too_old);
        if is_another || is_stale || (self.prompt.create && !is_of_this) {
            return ask(sign, Denial::LoginRequired);
        }
        if self.prompt.select_account && !is_of_this {
            // `none` goes with no other value, so there is always somebody to ask.
            return Next::Ask(Step::Select);
        }
        let has_consented = client.skips_consent
            || visitor.consented.as_ref().is_some_and(|given| self.to_consent().is_within(given));
        if !has_consented || self.prompt.consent {
            return ask(Step::Consent, Denial::ConsentRequired);
        }
        Next::Issue
    }

    /// How long ago a factor may have been proven, in seconds: what the request says, or what its client
    /// always wants (OpenID Connect Registration 1.0 §2).
    pub(super) fn max_age(&self, client: &Client) -> Option<u64> {
        self.max_age.or(client.default_max_age)
    }

    /// The scope asked for.
    #[must_use]
    pub fn wanted(&self) -> Scope {
        Scope::stored(&self.scope)
    }

    /// What the person is asked to allow: the scope, and each claim that goes beyond it.
    #[must_use]
    pub fn to_consent(&self) -> Scope {
        let wanted = self.wanted();
        let beyond = self.claims.beyond(&wanted).into_iter().map(Scope::of_claim);
        beyond.fold(wanted, |all, claim| all.union(&claim))
    }

    /// The host, or for an app of the device the scheme, that the answer goes to.
    #[must_use]
    pub fn redirect_host(&self) -> String {
        Url::parse(&self.redirect_uri)
            .map(|url| url.host_str().map_or_else(|| url.scheme().to_owned(), str::to_owned))
            .unwrap_or_default()
    }

    /// The answer of this request.
    #[must_use]
    pub fn answer(&self, outcome: Result<Secret, (&'static str, String)>) -> Answer {
        Answer {
            redirect_uri: self.redirect_uri.clone(),
            mode: self.response_mode,
            state: self.state.clone(),
            outcome,
        }
    }
}
