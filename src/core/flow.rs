//! The authorization request as a state machine. A page does one thing and comes back here; a page
//! never knows its successor: [`Flow::next`] alone decides.
//!
//! Before it is answered the request travels sealed in the URL, so an anonymous visitor costs no row.

use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::clients::Client;
use super::refusal::OrFault as _;
use super::scope::Scope;
use super::sessions::Visitor;
use super::{Core, Failure, Fault, Refusal};
use crate::jose::{Secret, random};
use crate::store::{self, entity};

/// What a sealed request says it is.
const SEALED: &str = "flow";
/// How long a person may take, in milliseconds.
const LIFETIME: i64 = 60 * 60 * 1000;

/// The values of `prompt` (OIDC Core §3.1.2.1, Initiating User Registration 1.0 §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "a set of four independent values")]
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
    pub scope: String,
    pub state: Option<String>,
    pub nonce: Option<String>,
    /// S256; empty when a confidential client sent none.
    pub challenge: String,
    pub prompt: Prompt,
    /// In seconds.
    pub max_age: Option<u64>,
    pub login_hint: Option<String>,
    /// The `sub` of the `id_token_hint`.
    pub subject: Option<Uuid>,
    pub ui_locales: Option<String>,
}

/// What the person has to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    SignIn,
    SignUp,
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

/// An answer that goes back to the client.
#[derive(Debug)]
pub struct Answer {
    pub redirect_uri: String,
    pub state: Option<String>,
    /// The code, or `error` and `error_description`.
    pub outcome: Result<Secret, (&'static str, String)>,
}

impl Answer {
    /// Where the browser goes: the redirect URI, its own query kept (RFC 6749 §3.1.2), with the
    /// answer and the issuer (RFC 9207) added.
    #[must_use]
    pub fn location(&self, issuer: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        match &self.outcome {
            Ok(code) => {
                query.append_pair("code", code.expose());
            }
            Err((error, description)) => {
                query.append_pair("error", error).append_pair("error_description", description);
            }
        }
        if let Some(state) = &self.state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", issuer);
        let joint = match self.redirect_uri.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        format!("{}{joint}{}", self.redirect_uri, query.finish())
    }
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
        let wants_fresh = self.prompt.login || self.prompt.select_account || self.prompt.create;
        // A browser that was idle for long still keeps an exact count of seconds (OIDC Core §3.1.2.1).
        let too_old = self.max_age.or(client.default_max_age).is_some_and(|seconds| {
            let age = u64::try_from(now - visitor.auth_time).unwrap_or_default();
            age > seconds.saturating_mul(1000)
        });
        let is_another = self.subject.is_some_and(|subject| subject != visitor.account.id);
        if is_another || (!is_fresh && (wants_fresh || too_old)) {
            return ask(sign, Denial::LoginRequired);
        }
        let has_consented = client.skips_consent
            || visitor.consented.as_ref().is_some_and(|given| self.wanted().is_within(given));
        if !has_consented || self.prompt.consent {
            return ask(Step::Consent, Denial::ConsentRequired);
        }
        Next::Issue
    }

    /// The scope asked for.
    #[must_use]
    pub fn wanted(&self) -> Scope {
        Scope::stored(&self.scope)
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
        Answer { redirect_uri: self.redirect_uri.clone(), state: self.state.clone(), outcome }
    }
}

impl Core {
    /// Takes a request as far as it goes without the person doing anything.
    ///
    /// # Errors
    /// [`Refusal::FlowAnswered`], or a fault.
    pub async fn advance(
        &self,
        flow: &Flow,
        client: &Client,
        browser: Option<&Secret>,
        now: i64,
    ) -> Result<Progress, Failure> {
        let visitor = self.visitor(browser, Some(&client.id), now).await?;
        match (flow.next(client, visitor.as_ref(), now), visitor) {
            (Next::Issue, Some(visitor)) => {
                Ok(Progress::Answer(self.issue(flow, &visitor, None, now).await?))
            }
            (next, _) => self.stop_at(flow, &next),
        }
    }

    /// The person allows what the consent page showed.
    ///
    /// # Errors
    /// [`Refusal::FlowAnswered`], or a fault.
    pub async fn allow(
        &self,
        flow: &Flow,
        client: &Client,
        browser: Option<&Secret>,
        now: i64,
    ) -> Result<Progress, Failure> {
        let visitor = self.visitor(browser, Some(&client.id), now).await?;
        match (flow.next(client, visitor.as_ref(), now), visitor) {
            (Next::Issue | Next::Ask(Step::Consent), Some(visitor)) => {
                let earlier = visitor.consented.clone().unwrap_or_default();
                let given = earlier.union(&flow.wanted());
                let answer = self.issue(flow, &visitor, Some(&given), now).await?;
                Ok(Progress::Answer(answer))
            }
            // The session ended while the page stood open: the flow asks again for what is missing.
            (next, _) => self.stop_at(flow, &next),
        }
    }

    /// Where a request that gets no code now goes instead.
    fn stop_at(&self, flow: &Flow, next: &Next) -> Result<Progress, Failure> {
        match next {
            Next::Ask(step) => Ok(Progress::Ask { step: *step, sealed: self.seal_flow(flow)? }),
            Next::Deny(denial) => Ok(Progress::Answer(flow.answer(Err(denial.words())))),
            // A code is issued to a visitor only, and there is none.
            Next::Issue => Err(Refusal::NotSignedIn.into()),
        }
    }

    /// Whether the request has its answer already.
    ///
    /// # Errors
    /// A fault.
    pub async fn is_answered(&self, flow: &Flow) -> Result<bool, Fault> {
        let answered = store::grants::is_answered(self.store.read(), flow.id).await;
        answered.or_fault("look for a grant")
    }

    /// The person declines, on whichever page.
    #[must_use]
    pub fn deny(&self, flow: &Flow) -> Answer {
        flow.answer(Err(Denial::AccessDenied.words()))
    }

    /// Writes the grant, and the consent that was just given, in one go.
    async fn issue(
        &self,
        flow: &Flow,
        visitor: &Visitor,
        consent: Option<&Scope>,
        now: i64,
    ) -> Result<Answer, Failure> {
        let code = random::token();
        let scope = flow.wanted();
        let offline = scope.has("offline_access");
        let end = now + self.rules.session_absolute;
        let grant = entity::grants::Model {
            id: random::id(now),
            request_id: flow.id,
            client_id: flow.client_id.clone(),
            account_id: visitor.account.id,
            session_id: Some(visitor.session_id),
            code_digest: code.digest().to_vec(),
            code_expires_at: now + self.rules.code_lifetime,
            spent_at: None,
            redirect_uri: flow.redirect_uri.clone(),
            challenge: flow.challenge.clone(),
            nonce: flow.nonce.clone(),
            scope: flow.scope.clone(),
            offline,
            auth_time: visitor.auth_time,
            amr: visitor.amr.join(" "),
            generation: 0,
            rotated_at: None,
            expires_at: if offline { end } else { end.min(visitor.expires_at) },
            ended_at: None,
            created_at: now,
        };
        let written = match consent {
            None => store::grants::open(self.store.write(), grant).await,
            Some(given) => {
                let consent = entity::consents::Model {
                    account_id: visitor.account.id,
                    client_id: flow.client_id.clone(),
                    scope: given.to_string(),
                    created_at: now,
                    updated_at: now,
                };
                let work = self.store.transaction(move |tx| {
                    let (grant, consent) = (grant.clone(), consent.clone());
                    Box::pin(async move {
                        store::consents::remember(tx, consent).await?;
                        store::grants::open(tx, grant).await
                    })
                });
                work.await
            }
        };
        match written {
            Err(error) if store::is_taken(&error) => Err(Refusal::FlowAnswered.into()),
            other => {
                other.or_fault("open a grant")?;
                Ok(flow.answer(Ok(code)))
            }
        }
    }

    /// Seals a request for its way through the browser.
    ///
    /// # Errors
    /// A fault.
    pub fn seal_flow(&self, flow: &Flow) -> Result<String, Fault> {
        let plain = serde_json::to_vec(flow).or_fault("seal a flow")?;
        self.sealer.seal(SEALED, &plain).or_fault("seal a flow")
    }

    /// Opens a sealed request.
    ///
    /// # Errors
    /// [`Refusal::FlowBroken`], [`Refusal::FlowExpired`].
    pub fn open_flow(
        &self,
        sealed: &str,
        now: i64,
    ) -> Result<(Flow, std::sync::Arc<Client>), Refusal> {
        let plain = self.sealer.open(SEALED, sealed).ok_or(Refusal::FlowBroken)?;
        let flow: Flow = serde_json::from_slice(&plain).map_err(|_| Refusal::FlowBroken)?;
        if now >= flow.started_at + LIFETIME {
            return Err(Refusal::FlowExpired);
        }
        let client = self.client(&flow.client_id).ok_or(Refusal::FlowBroken)?;
        // The client may have given the URI up while the person was signing in.
        if !client.has_redirect_uri(&flow.redirect_uri) {
            return Err(Refusal::FlowBroken);
        }
        Ok((flow, client))
    }
}
