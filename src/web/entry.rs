//! What signing in and signing up share: a form that may belong to an authorization request, may be
//! declined, and leads on once the person is signed in.

use askama::Template;
use axum::response::Response;

use super::back;
use super::consent::deny;
use super::form::{self, Fields, OfFlow};
use super::page::FieldProblem;
use super::reply::{Reply, welcome};
use crate::app::{Ctx, Problem, Shared, paths};
use crate::core::Failure;
use crate::core::sessions::{Place, SignedIn};

/// A form that was sent.
pub struct Entry<'a> {
    pub reply: Reply<'a>,
    pub of_flow: OfFlow,
    pub fields: Fields,
}

/// Why the person is not signed in.
pub enum NotYet {
    /// The form came from elsewhere, or its page was open for too long: nothing was done.
    StaleForm,
    Failure(Failure),
}

impl<'a> Entry<'a> {
    pub async fn open(app: &'a Shared, ctx: &'a Ctx, fields: Fields) -> Result<Self, Problem> {
        let of_flow = form::open_flow(app, ctx, fields.sealed()).await?;
        let reply = Reply::of_flow(app, ctx, of_flow.as_ref().map(|(flow, _)| flow));
        Ok(Self { reply, of_flow, fields })
    }

    /// As [`Entry::open`], for a form that a mail led to.
    pub async fn open_if_live(app: &'a Shared, ctx: &'a Ctx, mut fields: Fields) -> Self {
        let (of_flow, sealed) = form::open_flow_if_live(app, ctx, fields.flow.take()).await;
        fields.flow = sealed;
        let reply = Reply::of_flow(app, ctx, of_flow.as_ref().map(|(flow, _)| flow));
        Self { reply, of_flow, fields }
    }

    /// The answer to the app, where the person went back to it.
    pub async fn declined(&self) -> Result<Option<Response>, Problem> {
        let of_flow = self.of_flow.as_ref().filter(|_| self.fields.action == "deny");
        let Some((flow, _)) = of_flow else { return Ok(None) };
        deny(self.reply.app, flow, self.reply.ctx.now).await.map(Some)
    }

    /// Where the form came from, and the language of the page it stood on.
    pub fn place(&self) -> Place {
        self.reply.place()
    }

    /// Whether the form is one that this browser was shown.
    pub fn check_form(&self, purpose: &str) -> Result<(), NotYet> {
        if self.reply.is_own_form(&self.fields.csrf, purpose) {
            Ok(())
        } else {
            Err(NotYet::StaleForm)
        }
    }

    /// On to what comes next, or the page again with what is wrong beside its field.
    pub fn end<P: Template>(
        &self,
        outcome: Result<SignedIn, NotYet>,
        draw: impl FnOnce(FieldProblem) -> P,
    ) -> Result<Response, Problem> {
        let next = outcome.map(|signed_in| {
            let next = self.fields.sealed().map(|flow| paths::with_flow(paths::CONTINUE, flow));
            let own = back::page(self.fields.next.as_deref()).unwrap_or(paths::HOME);
            welcome(self.reply.ctx, &signed_in, next.as_deref().unwrap_or(own))
        });
        self.answer(next, draw)
    }

    /// The same, for a form that leads elsewhere.
    pub fn answer<P: Template>(
        &self,
        outcome: Result<Response, NotYet>,
        draw: impl FnOnce(FieldProblem) -> P,
    ) -> Result<Response, Problem> {
        let problem = match outcome {
            Ok(next) => return Ok(next),
            Err(NotYet::StaleForm) => FieldProblem::of_form(self.reply.say("error-csrf")),
            Err(NotYet::Failure(failure)) => form::beside(&self.reply, failure)?,
        };
        let (status, wait) = (problem.status, problem.wait);
        Ok(self.reply.refused(status, wait, &draw(problem)))
    }
}
