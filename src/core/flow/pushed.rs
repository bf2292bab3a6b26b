//! Pushed authorization requests (RFC 9126): the request waits here, checked, and the browser brings
//! only a reference to it.

use super::Flow;
use crate::core::clients::Client;
use crate::core::refusal::OrFault as _;
use crate::core::{Core, Failure, Refusal};
use crate::jose::{Secret, random};
use crate::store::{self, entity};

/// How long a reference is good for, in milliseconds.
pub const REQUEST_LIFETIME: i64 = 90_000;

/// How a reference begins (RFC 9126 §2.2).
const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

impl Core {
    /// Keeps a request whose parameters have been proven; the answer refers to it.
    ///
    /// # Errors
    /// A fault.
    pub async fn push(&self, flow: &Flow, now: i64) -> Result<String, Failure> {
        let reference = random::token();
        let pushed = entity::pushed_requests::Model {
            digest: reference.digest().to_vec(),
            client_id: flow.client_id.clone(),
            request: serde_json::to_string(flow).or_fault("push a request")?,
            expires_at: now + REQUEST_LIFETIME,
            created_at: now,
            answered_at: None,
        };
        store::pushed::push(self.store.write(), pushed).await.or_fault("push a request")?;
        Ok(format!("{PREFIX}{}", reference.expose()))
    }

    /// The request that a client pushed. It may be opened again until it has its answer, so that a
    /// person may reload the page (RFC 9126 §4, §7.3).
    ///
    /// # Errors
    /// [`Refusal::RequestUriUnknown`]: of another client, expired, used or none of ours.
    pub async fn pushed(
        &self,
        request_uri: &str,
        client: &Client,
        now: i64,
    ) -> Result<Flow, Failure> {
        let reference = request_uri.strip_prefix(PREFIX).map(Secret::new);
        let reference = reference.ok_or(Refusal::RequestUriUnknown)?;
        let digest = reference.digest();
        let found = store::pushed::find(self.store.read(), &digest, &client.id)
            .await
            .or_fault("find a pushed request")?;
        let found = found.filter(|found| found.expires_at > now);
        let found = found.ok_or(Refusal::RequestUriUnknown)?;
        let flow: Flow = serde_json::from_str(&found.request).or_fault("read a pushed request")?;
        // The client may have given the URI up since.
        if !client.has_redirect_uri(&flow.redirect_uri) {
            return Err(Refusal::RequestUriUnknown.into());
        }
        Ok(Flow { pushed: Some(digest), ..flow })
    }
}
