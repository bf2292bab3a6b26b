//! What signing in and signing up share: a form that may belong to an authorization request, may be
//! declined, and leads on once the person is signed in.

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::response::Response;

use super::form::{self, Fields, OfFlow};
use super::page::FieldProblem;
use super::reply::{Reply, welcome};
use crate::app::{Ctx, Problem, Shared, answer, paths};
use crate::core::sessions::SignedIn;
use crate::core::{Failure, Refusal};

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
    pub fn open(app: &'a Shared, ctx: &'a Ctx, fields: Fields) -> Result<Self, Problem> {
        let of_flow = form::open_flow(app, ctx, fields.sealed())?;
        let reply = Reply::of_flow(app, ctx, of_flow.as_ref().map(|(flow, _)| flow));
        Ok(Self { reply, of_flow, fields })
    }

    /// The answer to the app, where the person went back to it.
    pub fn declined(&self) -> Option<Response> {
        let (flow, _) = self.of_flow.as_ref().filter(|_| self.fields.action == "deny")?;
        let core = &self.reply.app.core;
        Some(answer::to_app(&core.deny(flow), core.issuer()))
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
        let failure = match outcome {
            Ok(signed_in) => {
                let next = self.fields.sealed().map(|flow| paths::with_flow(paths::CONTINUE, flow));
                let next = next.as_deref().unwrap_or(paths::HOME);
                return Ok(welcome(self.reply.ctx, &signed_in, next));
            }
            Err(NotYet::StaleForm) => {
                let page = draw(FieldProblem { field: "", message: self.reply.say("error-csrf") });
                return Ok(self.reply.page(StatusCode::UNPROCESSABLE_ENTITY, &page));
            }
            Err(NotYet::Failure(failure)) => failure,
        };
        let wait = match failure {
            Failure::Refused(Refusal::Busy { retry_after }) => Some(retry_after),
            _ => None,
        };
        let page = draw(form::beside(&self.reply, failure)?);
        let Some(seconds) = wait else {
            return Ok(self.reply.page(StatusCode::UNPROCESSABLE_ENTITY, &page));
        };
        let mut response = self.reply.page(StatusCode::SERVICE_UNAVAILABLE, &page);
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
        Ok(response)
    }
}
