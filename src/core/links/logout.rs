//! Sessions here and there that end together.

use serde::{Deserialize, Serialize};

use super::{Astray, CALLBACK, SIGNED_OUT};
use crate::core::audit::{Actor, Event, Note};
use crate::core::refusal::OrFault as _;
use crate::core::sessions::Place;
use crate::core::{Core, Failure, Fault};
use crate::jose::{Secret, digest, random};
use crate::store;
use crate::upstream::LoggedOut;

/// What a sealed way back says it is.
const SEALED: &str = "signed out";
/// What the digest of a used logout token is made of.
const USED: &str = "logout token";

/// The upstream that a session came from, for when it ends.
pub struct CameFrom {
    upstream: String,
    /// The ID token that the upstream gave out.
    hint: Option<Secret>,
}

/// A person who is being signed out at an upstream, too.
pub struct Departing {
    /// The upstream's address.
    pub location: String,
    /// For the cookie that says where to go on to.
    pub sealed: String,
}

#[derive(Deserialize, Serialize)]
struct WayBack {
    state: String,
    /// Where they go when they are back.
    next: String,
}

impl Core {
    /// The upstream that a browser's session came from, where the operator wants sessions to end there,
    /// too. It is asked before the session ends, and asks nobody but the database.
    ///
    /// # Errors
    /// A fault.
    pub async fn came_from(&self, browser: Option<&Secret>) -> Result<Option<CameFrom>, Fault> {
        if !self.upstreams.iter().any(|it| it.config().sign_out) {
            return Ok(None);
        }
        let Some(token) = browser else { return Ok(None) };
        let link = store::links::of_session(self.store.read(), &token.digest()).await;
        let link = link.or_fault("look at a session")?;
        Ok(link.map(|link| CameFrom {
            hint: self.open_tokens(&link).and_then(|tokens| tokens.id_token),
            upstream: link.upstream,
        }))
    }

    /// Where a browser goes, whose session here has ended, to have the session end there, too; none
    /// where that cannot be. `next` is where it goes then.
    ///
    /// # Errors
    /// A fault.
    pub async fn departing(
        &self,
        from: &CameFrom,
        next: &str,
        now: i64,
    ) -> Result<Option<Departing>, Fault> {
        let Ok(upstream) = self.enabled_upstream(&from.upstream) else { return Ok(None) };
        let state = random::token();
        let back = upstream.redirect_uri().replace(
            &CALLBACK.replace("{upstream}", upstream.id()),
            &SIGNED_OUT.replace("{upstream}", upstream.id()),
        );
        let url = upstream.logout_url(&self.fetcher, from.hint.as_ref(), &back, &state, now).await;
        let Some(location) = url else { return Ok(None) };
        let way = WayBack { state: state.expose().to_owned(), next: next.to_owned() };
        let plain = serde_json::to_vec(&way).or_fault("seal a way back")?;
        let sealed = self.sealer.seal(SEALED, &plain).or_fault("seal a way back")?;
        Ok(Some(Departing { location, sealed }))
    }

    /// Where [`Core::departing`] may send a browser, for the forms that lead there.
    #[must_use]
    pub fn departures(&self) -> Vec<String> {
        let enabled = self.upstreams.iter().filter(|it| it.config().enabled);
        enabled.filter_map(|it| it.logout_origin()).collect()
    }

    /// Where a person goes on to who has been signed out there; none where this browser knows nothing
    /// of it.
    #[must_use]
    pub fn way_back(&self, sealed: &str, state: &str) -> Option<String> {
        let plain = self.sealer.open(SEALED, sealed)?;
        let way: WayBack = serde_json::from_slice(&plain).ok()?;
        digest::equal(way.state.as_bytes(), state.as_bytes()).then_some(way.next)
    }

    /// Ends the sessions that an upstream says have ended there (OpenID Connect Back-Channel Logout
    /// §2.7). A token is used once; of one that comes twice nothing is left to do.
    ///
    /// # Errors
    /// [`Astray::Unknown`], [`Astray::Unavailable`], [`Astray::Unproven`].
    pub async fn end_by_upstream(
        &self,
        upstream: &str,
        token: &str,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        let upstream = self.enabled_upstream(upstream)?;
        let told = upstream.logged_out(&self.fetcher, token, now).await;
        let told = told.map_err(|trouble| Self::trouble(upstream, &trouble))?;
        let id = upstream.id().to_owned();
        let name = digest::sha256(format!("{USED} {id} {} {}", told.issuer, told.jti).as_bytes());
        let note =
            Note::new(Event::SessionEnded, Actor::Anyone, place).with("upstream", id.as_str());
        let ended = self.store.transaction(move |tx| {
            let (told, id, note) = (told.clone(), id.clone(), note.clone());
            Box::pin(async move {
                if !store::assertions::spend(tx, name, told.expires_at).await? {
                    return Ok(None);
                }
                let LoggedOut { issuer, subject, sid, .. } = told;
                let whose = (id.as_str(), issuer.as_str(), subject.as_deref());
                let ended =
                    store::sessions::end_by_upstream(tx, whose, sid.as_deref(), now).await?;
                for (session_id, account_id) in &ended {
                    let note = note.clone().account(*account_id).session(*session_id);
                    store::audit::record(tx, note.row(now)).await?;
                }
                Ok(Some(ended.len()))
            })
        });
        match ended.await.or_fault("end sessions")? {
            Some(count) => {
                tracing::info!(upstream.id = upstream.id(), count, "links.end_by_upstream");
                Ok(())
            }
            None => Err(Astray::Unproven.into()),
        }
    }
}
