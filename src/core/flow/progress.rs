//! How a request moves on: to the page that it needs, or to its answer.

use std::sync::Arc;

use super::{Answer, Denial, Flow, Next, Progress, Step};
use crate::core::clients::Client;
use crate::core::refusal::OrFault as _;
use crate::core::scope::Scope;
use crate::core::sessions::Visitor;
use crate::core::{Core, Failure, Fault, Refusal};
use crate::jose::{Secret, random};
use crate::store::{self, entity};

/// What a sealed request says it is.
const SEALED: &str = "flow";
/// How long a person may take, in milliseconds.
pub(in crate::core) const LIFETIME: i64 = 60 * 60 * 1000;

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
            (next, _) => self.stop_at(flow, &next, now).await,
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
                let given = earlier.union(&flow.to_consent());
                let answer = self.issue(flow, &visitor, Some(&given), now).await?;
                Ok(Progress::Answer(answer))
            }
            // The session ended while the page stood open: the flow asks again for what is missing.
            (next, _) => self.stop_at(flow, &next, now).await,
        }
    }

    /// The person goes on with the account that is signed in here.
    ///
    /// # Errors
    /// [`Refusal::FlowAnswered`], or a fault.
    pub async fn choose(
        &self,
        flow: &Flow,
        client: &Client,
        browser: Option<&Secret>,
        now: i64,
    ) -> Result<Progress, Failure> {
        let visitor = self.visitor(browser, None, now).await?;
        let chosen = Flow { chosen: visitor.map(|visitor| visitor.session_id), ..flow.clone() };
        self.advance(&chosen, client, browser, now).await
    }

    /// Where a request that gets no code now goes instead.
    async fn stop_at(&self, flow: &Flow, next: &Next, now: i64) -> Result<Progress, Failure> {
        match next {
            Next::Ask(step) => Ok(Progress::Ask { step: *step, sealed: self.seal_flow(flow)? }),
            Next::Deny(denial) => Ok(Progress::Answer(self.refuse(flow, *denial, now).await?)),
            // A code is issued to a visitor only, and there is none.
            Next::Issue => Err(Refusal::NotSignedIn.into()),
        }
    }

    /// Whether the request has its answer already.
    ///
    /// # Errors
    /// A fault.
    pub async fn is_answered(&self, flow: &Flow) -> Result<bool, Fault> {
        let answered = match &flow.pushed {
            Some(digest) => {
                let open = store::pushed::is_open(self.store.read(), digest).await;
                open.map(|open| !open)
            }
            None => store::grants::is_answered(self.store.read(), flow.id).await,
        };
        answered.or_fault("look for an answer")
    }

    /// The person declines, on whichever page.
    ///
    /// # Errors
    /// [`Refusal::FlowAnswered`], or a fault.
    pub async fn deny(&self, flow: &Flow, now: i64) -> Result<Answer, Failure> {
        self.refuse(flow, Denial::AccessDenied, now).await
    }

    /// An error is an answer, too: a request that was pushed is used up by it (RFC 9126 §4). Of any
    /// other one nothing is kept, and the app may send the browser here with it again.
    async fn refuse(&self, flow: &Flow, denial: Denial, now: i64) -> Result<Answer, Failure> {
        if let Some(digest) = &flow.pushed {
            let answered = store::pushed::answer(self.store.write(), digest, now).await;
            if !answered.or_fault("answer a pushed request")? {
                return Err(Refusal::FlowAnswered.into());
            }
        }
        Ok(flow.answer(Err(denial.words())))
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
            claims: claims_of(flow)?,
            resources: flow.resources.join(" "),
        };
        let consent = consent.map(|given| entity::consents::Model {
            account_id: visitor.account.id,
            client_id: flow.client_id.clone(),
            scope: given.to_string(),
            created_at: now,
            updated_at: now,
        });
        let written = match (consent, flow.pushed) {
            (None, None) => store::grants::open(self.store.write(), grant).await.map(|()| true),
            (consent, pushed) => {
                let work = self.store.transaction(move |tx| {
                    let (grant, consent) = (grant.clone(), consent.clone());
                    Box::pin(async move {
                        if let Some(digest) = pushed
                            && !store::pushed::answer(tx, &digest, now).await?
                        {
                            return Ok(false);
                        }
                        if let Some(consent) = consent {
                            store::consents::remember(tx, consent).await?;
                        }
                        store::grants::open(tx, grant).await.map(|()| true)
                    })
                });
                work.await
            }
        };
        match written {
            Err(error) if store::is_taken(&error) => Err(Refusal::FlowAnswered.into()),
            other => {
                let is_first = other.or_fault("open a grant")?;
                if is_first { Ok(flow.answer(Ok(code))) } else { Err(Refusal::FlowAnswered.into()) }
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
    /// [`Refusal::FlowBroken`], [`Refusal::FlowExpired`], or a fault.
    pub async fn open_flow(&self, sealed: &str, now: i64) -> Result<(Flow, Arc<Client>), Failure> {
        let plain = self.sealer.open(SEALED, sealed).ok_or(Refusal::FlowBroken)?;
        let flow: Flow = serde_json::from_slice(&plain).map_err(|_| Refusal::FlowBroken)?;
        if now >= flow.started_at + LIFETIME {
            return Err(Refusal::FlowExpired.into());
        }
        let client = self.find_client(&flow.client_id, now).await?.ok_or(Refusal::FlowBroken)?;
        // The client may have given the URI up while the person was signing in.
        if !client.has_redirect_uri(&flow.redirect_uri) {
            return Err(Refusal::FlowBroken.into());
        }
        Ok((flow, client))
    }
}

/// The claims that a grant keeps, where any were asked for.
fn claims_of(flow: &Flow) -> Result<Option<String>, Fault> {
    if flow.claims.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(&flow.claims).map(Some).or_fault("open a grant")
}
