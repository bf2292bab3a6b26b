//! RP-initiated logout: an app sends the person here to end the session, and may have them back
//! afterwards.

use serde::{Deserialize, Serialize};

use super::flow::with_query;
use super::refusal::OrFault as _;
use super::tokens::IdClaims;
use super::{Core, Fault, Refusal};
use crate::jose::Secret;

/// What a sealed logout says it is.
const SEALED: &str = "logout";
/// How long a person may take to confirm, in milliseconds.
const LIFETIME: i64 = 60 * 60 * 1000;

/// A logout whose parameters have been proven, on its way through the browser.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Logout {
    pub started_at: i64,
    /// The app's name, to be shown.
    pub app: Option<String>,
    /// A registered post-logout redirect URI of the client that the hint was issued to.
    pub redirect_uri: Option<String>,
    pub state: Option<String>,
}

impl Logout {
    /// Where the browser goes when the session has ended: with `state`, and nothing else
    /// (RP-Initiated Logout §3).
    #[must_use]
    pub fn location(&self) -> Option<String> {
        let uri = self.redirect_uri.as_deref()?;
        Some(match &self.state {
            None => uri.to_owned(),
            Some(state) => {
                let mut query = form_urlencoded::Serializer::new(String::new());
                with_query(uri, &query.append_pair("state", state).finish())
            }
        })
    }
}

impl Core {
    /// Whether an ID token of ours speaks for the session of this browser, so that the person need
    /// not be asked. Where nobody is signed in there is nothing to ask about.
    ///
    /// # Errors
    /// A fault.
    pub async fn hint_matches(
        &self,
        hint: &IdClaims<'_>,
        browser: Option<&Secret>,
        now: i64,
    ) -> Result<bool, Fault> {
        let Some(visitor) = self.visitor(browser, None, now).await? else { return Ok(true) };
        // An offline grant's ID token names no session.
        let is_session = hint.sid.is_none_or(|sid| sid == visitor.session_id);
        Ok(is_session && hint.sub == visitor.account.id)
    }

    /// Seals a logout for its way through the browser.
    ///
    /// # Errors
    /// A fault.
    pub fn seal_logout(&self, logout: &Logout) -> Result<String, Fault> {
        let plain = serde_json::to_vec(logout).or_fault("seal a logout")?;
        self.sealer.seal(SEALED, &plain).or_fault("seal a logout")
    }

    /// Opens a sealed logout.
    ///
    /// # Errors
    /// [`Refusal::FlowBroken`], [`Refusal::FlowExpired`].
    pub fn open_logout(&self, sealed: &str, now: i64) -> Result<Logout, Refusal> {
        let plain = self.sealer.open(SEALED, sealed).ok_or(Refusal::FlowBroken)?;
        let logout: Logout = serde_json::from_slice(&plain).map_err(|_| Refusal::FlowBroken)?;
        if now >= logout.started_at + LIFETIME {
            return Err(Refusal::FlowExpired);
        }
        Ok(logout)
    }
}
