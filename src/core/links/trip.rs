//! The way to an upstream and back. What must be the same on the return travels sealed in a cookie, so
//! an anonymous visitor costs no row; only the answer that comes back is written down, once, so that
//! nobody uses it twice (R59).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Astray, Wish};
use crate::core::audit::{Actor, Event, Note};
use crate::core::flow::{Flow, LIFETIME as FLOW_LIFETIME};
use crate::core::refusal::OrFault as _;
use crate::core::sessions::{Kind, Place, SignedIn};
use crate::core::{Core, Failure, Refusal};
use crate::jose::{Secret, digest, random};
use crate::store;
use crate::upstream::{Question, Reply, Upstream};

/// What a sealed trip says it is.
const SEALED: &str = "upstream";
/// How long a person may take there, in milliseconds.
pub const LIFETIME: i64 = 10 * 60 * 1000;
/// Browsers keep cookies of 4096 bytes, their name and attributes included (RFC 6265bis §5.6).
const LONGEST: usize = 3800;
/// By so much of the state a trip's cookie is told from others'.
const SLOT: usize = 8;
/// Characters of a state of ours.
const STATE: usize = 43;

/// What the person is there for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// To go on with an app's authorization request.
    Flow(Box<Flow>),
    /// To go back to a first-party app.
    App(String),
    /// To be signed in here, and go on to a page of ours; `again` where whoever is signed in proves it
    /// once more.
    Here { next: Option<String>, again: bool },
    /// To link the account there to the one that is signed in here.
    Link { account_id: Uuid, session_id: Uuid },
}

#[derive(Deserialize, Serialize)]
struct Trip {
    upstream: String,
    state: String,
    nonce: String,
    verifier: String,
    started_at: i64,
    wish: Wish,
    goal: Goal,
}

/// A person on the way there.
pub struct Departure {
    /// The upstream's address.
    pub location: String,
    /// Tells the cookie from those of other sign-ins of the same browser.
    pub slot: String,
    pub sealed: String,
}

/// What the upstream sent the person back with.
pub struct Landing<'a> {
    pub upstream: &'a str,
    pub state: &'a str,
    /// Of the cookie that the state names.
    pub sealed: Option<&'a str>,
    pub code: Option<Secret>,
    /// RFC 6749 §4.1.2.1.
    pub error: Option<&'a str>,
    /// RFC 9207.
    pub iss: Option<&'a str>,
}

/// A person who is back.
pub struct Arrived {
    pub goal: Goal,
    /// None where an account was linked: its owner was signed in before.
    pub signed_in: Option<SignedIn>,
}

/// A person who is back, and not signed in.
pub struct Strayed {
    /// Where to tell them; none where the answer is nobody's.
    pub goal: Option<Goal>,
    pub failure: Failure,
}

impl<T: Into<Failure>> From<T> for Strayed {
    fn from(failure: T) -> Self {
        Self { goal: None, failure: failure.into() }
    }
}

impl Landing<'_> {
    /// The piece of a state that names its cookie, if it is a state of ours.
    #[must_use]
    pub fn slot(state: &str) -> Option<&str> {
        let is_ours = state.len() == STATE
            && state.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        is_ours.then(|| &state[..SLOT])
    }
}

impl Goal {
    /// How the session is carried on that this leads to.
    fn kind(&self) -> Kind {
        match self {
            Self::App(_) => Kind::Bearer,
            Self::Flow(_) | Self::Here { .. } | Self::Link { .. } => Kind::Browser,
        }
    }

    /// With the session that came of it: it was opened for this request, whenever the person signed
    /// in there.
    fn reached(self, session_id: Uuid) -> Self {
        match self {
            Self::Flow(flow) => Self::Flow(Box::new(Flow { chosen: Some(session_id), ..*flow })),
            other => other,
        }
    }
}

impl Core {
    /// Sends a person to an upstream.
    ///
    /// # Errors
    /// [`Astray::Unknown`], [`Astray::Unavailable`], [`Astray::TooLong`]; [`Astray::Undated`] where a
    /// fresh sign-in is asked for, and the upstream can prove none (R22).
    pub async fn depart(
        &self,
        upstream: &str,
        goal: Goal,
        login_hint: Option<String>,
        now: i64,
    ) -> Result<Departure, Failure> {
        let upstream = self.enabled_upstream(upstream)?;
        let [state, nonce, verifier] = [random::token(), random::token(), random::token()];
        let wish = self.wish(&goal, login_hint, now).await?;
        if wish.is_dated() && !upstream.tells_time() {
            return Err(Astray::Undated.into());
        }
        let trip = Trip {
            upstream: upstream.id().to_owned(),
            state: state.expose().to_owned(),
            nonce: nonce.expose().to_owned(),
            verifier: verifier.expose().to_owned(),
            started_at: now,
            wish: wish.clone(),
            goal,
        };
        let plain = serde_json::to_vec(&trip).or_fault("seal a trip")?;
        let sealed = self.sealer.seal(SEALED, &plain).or_fault("seal a trip")?;
        if sealed.len() > LONGEST {
            return Err(Astray::TooLong.into());
        }
        let question = Question { state: &state, nonce: &nonce, verifier: &verifier, wish: &wish };
        let location = upstream.begin(&self.fetcher, question, now).await;
        let location = location.map_err(|trouble| Self::trouble(upstream, &trouble))?;
        Ok(Departure { location, slot: state.expose()[..SLOT].to_owned(), sealed })
    }

    /// What the app asks of the sign-in there.
    async fn wish(
        &self,
        goal: &Goal,
        login_hint: Option<String>,
        now: i64,
    ) -> Result<Wish, Failure> {
        Ok(match goal {
            Goal::Flow(flow) => {
                let client = self.find_client(&flow.client_id, now).await?;
                let client = client.ok_or(Refusal::FlowBroken)?;
                Wish {
                    login: flow.prompt.login,
                    select_account: flow.prompt.select_account,
                    max_age: flow.max_age(&client),
                    login_hint: flow.login_hint.clone().or(login_hint),
                    ui_locales: flow.ui_locales.clone(),
                }
            }
            Goal::Here { again: true, .. } => Wish { login: true, login_hint, ..Wish::default() },
            _ => Wish { login_hint, ..Wish::default() },
        })
    }

    /// Takes a person back.
    ///
    /// # Errors
    /// With where to tell it: [`Astray`], [`Refusal::AccountDisabled`], [`Refusal::Locked`]; for a link
    /// [`Refusal::NotSignedIn`].
    pub async fn land(
        self: &Arc<Self>,
        landing: Landing<'_>,
        browser: Option<&Secret>,
        place: &Place,
        now: i64,
    ) -> Result<Arrived, Strayed> {
        let upstream = self.enabled_upstream(landing.upstream)?;
        let trip = match self.open_trip(&landing, now).await {
            Ok(trip) => trip,
            Err(strayed) => {
                // Whoever brings nothing knows nothing, and costs no row.
                if landing.sealed.is_some() {
                    self.note_stray(upstream, &strayed.failure, place, now).await;
                }
                return Err(strayed);
            }
        };
        let goal = trip.goal.clone();
        let arrived = self.finish_trip(upstream, trip, &landing, (browser, place), now).await;
        match arrived {
            Ok(Some(signed_in)) => {
                Ok(Arrived { goal: goal.reached(signed_in.session.id), signed_in: Some(signed_in) })
            }
            Ok(None) => Ok(Arrived { goal, signed_in: None }),
            Err(failure) => {
                self.note_stray(upstream, &failure, place, now).await;
                Err(Strayed { goal: Some(goal), failure })
            }
        }
    }

    /// A refusal is on record (R91); an upstream that is away, and a person who said no, are none.
    async fn note_stray(&self, upstream: &Upstream, failure: &Failure, place: &Place, now: i64) {
        let Failure::Refused(Refusal::Astray(astray)) = failure else { return };
        if matches!(astray, Astray::Unavailable | Astray::Declined) {
            return;
        }
        self.metrics.sign_in("failure");
        let note = Note::new(Event::SignInFailed, Actor::Anyone, place);
        let note = note.with("upstream", upstream.id()).with("why", astray.code());
        self.audit(&note, now).await;
    }

    /// The trip that an answer ends: this browser's, to this upstream, not too long ago, and not ended
    /// before on any node. Of the last two is told where it began.
    async fn open_trip(&self, landing: &Landing<'_>, now: i64) -> Result<Trip, Strayed> {
        let sealed = landing.sealed.ok_or(Astray::Lost)?;
        let plain = self.sealer.open(SEALED, sealed).ok_or(Astray::Lost)?;
        let trip: Trip = serde_json::from_slice(&plain).map_err(|_| Astray::Lost)?;
        let is_same = digest::equal(trip.state.as_bytes(), landing.state.as_bytes())
            && trip.upstream == landing.upstream;
        if !is_same {
            return Err(Astray::Lost.into());
        }
        let over = |trip: Trip| Strayed { goal: Some(trip.goal), failure: Astray::Lost.into() };
        let ends_at = trip.started_at + LIFETIME;
        if now >= ends_at {
            return Err(over(trip));
        }
        let name = digest::sha256(format!("{SEALED} {}", trip.state).as_bytes());
        let spent = store::assertions::spend(self.store.write(), name, ends_at).await;
        if !spent.or_fault("end a trip")? {
            return Err(over(trip));
        }
        Ok(trip)
    }

    async fn finish_trip(
        self: &Arc<Self>,
        upstream: &Upstream,
        trip: Trip,
        landing: &Landing<'_>,
        (browser, place): (Option<&Secret>, &Place),
        now: i64,
    ) -> Result<Option<SignedIn>, Failure> {
        let told = |trouble| Self::trouble(upstream, &trouble);
        upstream.check_issuer(&self.fetcher, landing.iss, now).await.map_err(told)?;
        let code = match (landing.error, &landing.code) {
            (Some(error), _) => return Err(of_error(error).into()),
            (None, code) => code.as_ref().ok_or(Astray::Unproven)?,
        };
        let (nonce, verifier) = (Secret::new(trip.nonce), Secret::new(trip.verifier));
        let reply = Reply {
            code,
            nonce: &nonce,
            verifier: &verifier,
            wish: &trip.wish,
            asked_at: trip.started_at,
        };
        let identity = upstream.finish(&self.fetcher, reply, now).await.map_err(told)?;
        match trip.goal {
            Goal::Link { account_id, session_id } => {
                let owner = self.visitor(browser, None, now).await?;
                let is_same = |it: &&crate::core::sessions::Visitor| {
                    it.account.id == account_id && it.session_id == session_id
                };
                let owner = owner.as_ref().filter(is_same).ok_or(Refusal::NotSignedIn)?;
                self.link(upstream, &identity, owner.owner(), place, now).await?;
                Ok(None)
            }
            goal => {
                let door = super::arrive::Door {
                    upstream,
                    kind: goal.kind(),
                    browser,
                    place,
                    wish: &trip.wish,
                    asked_at: trip.started_at,
                    flow: match &goal {
                        Goal::Flow(flow) if now < flow.started_at + FLOW_LIFETIME => {
                            Some(self.seal_flow(flow)?)
                        }
                        _ => None,
                    },
                };
                self.arrive(&door, &identity, now).await.map(Some)
            }
        }
    }
}

/// What an error of the upstream's comes to here. Its own words stay there (R66).
fn of_error(code: &str) -> Astray {
    match code {
        "access_denied" => Astray::Declined,
        "server_error" | "temporarily_unavailable" => Astray::Unavailable,
        // Our request was at fault in its eyes: nobody has said no.
        _ => Astray::Unproven,
    }
}
