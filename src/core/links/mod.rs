//! Accounts elsewhere that open an account here. The identity is (upstream, issuer, subject), never an
//! address or a name (ASVS 6.8.1); whom it opens, this room alone decides (R62, R63).

use std::sync::Arc;

use super::{Core, Failure, Refusal};
use crate::config::Config;
use crate::upstream::{Probe, Trouble, Upstream};

mod arrive;
mod by_hand;
mod logout;
mod own;
pub(super) mod rights;
mod tokens;
mod trip;

pub use logout::{CameFrom, Departing};
pub use own::Linked;
pub use tokens::UpstreamToken;
pub use trip::{Arrived, Departure, Goal, Landing, Strayed};

pub use crate::upstream::Wish;

/// Where an upstream sends people back to: a path of its own for each (RFC 9700 §4.4.2.2).
pub const CALLBACK: &str = "/auth/callback/{upstream}";
/// Where it sends them back to whom it has signed out.
pub const SIGNED_OUT: &str = "/auth/signed-out/{upstream}";

/// Why a sign-in with an account elsewhere came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Astray {
    /// There is no such upstream, or it opens nothing at present.
    Unknown,
    /// It is away, too slow, or nobody can read its answer.
    Unavailable,
    /// Its answer lacks a proof, or has a wrong one.
    Unproven,
    /// The person, or the upstream for them, said no there.
    Declined,
    /// The answer belongs to no sign-in that this browser began there and has not finished.
    Lost,
    /// The app's request is too long to be carried along.
    TooLong,
    /// The address has an account here, whose owner links the two.
    LinkRequired,
    /// The upstream tells no address that an account could have.
    EmailMissing,
    /// Nobody gets an account by this upstream.
    SignUpClosed,
    /// The account there opens another account here.
    Taken,
    /// Without it its owner would be locked out.
    LastWayIn,
    /// A sign-in of just now is asked for, and the upstream cannot tell when it was.
    Undated,
}

impl Astray {
    /// As an app reads it; one of a fixed list (R66).
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "upstream_unknown",
            Self::Unavailable => "upstream_unavailable",
            Self::Unproven => "upstream_refused",
            Self::Declined => "access_denied",
            Self::Lost => "sign_in_lost",
            Self::TooLong => "request_too_long",
            Self::LinkRequired => "link_required",
            Self::EmailMissing => "email_missing",
            Self::SignUpClosed => "sign_up_closed",
            Self::Taken => "identity_taken",
            Self::LastWayIn => "last_way_in",
            Self::Undated => "sign_in_undated",
        }
    }

    /// All that a sign-in can end with.
    pub const ALL: [Self; 12] = [
        Self::Unknown,
        Self::Unavailable,
        Self::Unproven,
        Self::Declined,
        Self::Lost,
        Self::TooLong,
        Self::LinkRequired,
        Self::EmailMissing,
        Self::SignUpClosed,
        Self::Taken,
        Self::LastWayIn,
        Self::Undated,
    ];

    /// The one of that code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|astray| astray.code() == code)
    }
}

impl From<Astray> for Failure {
    fn from(astray: Astray) -> Self {
        Refusal::Astray(astray).into()
    }
}

/// An upstream as people know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub id: String,
    pub name: String,
}

/// The upstreams of the configuration.
pub(super) fn configured(config: &Config) -> Vec<Arc<Upstream>> {
    let issuer = &config.server.public_url;
    let callback = |id: &str| format!("{issuer}{}", CALLBACK.replace("{upstream}", id));
    let upstreams = config.upstreams.iter();
    upstreams.map(|it| Arc::new(Upstream::new(it, callback(&it.id)))).collect()
}

impl Core {
    /// The upstreams that people may sign in with.
    #[must_use]
    pub fn upstreams(&self) -> Vec<Named> {
        let named = |it: &Arc<Upstream>| Named { id: it.id().into(), name: it.name().into() };
        self.upstreams.iter().filter(|it| it.config().enabled).map(named).collect()
    }

    /// The name of an upstream, whether it is enabled or not.
    #[must_use]
    pub fn upstream_name(&self, id: &str) -> Option<&str> {
        self.upstreams.iter().find(|it| it.id() == id).map(|it| it.name())
    }

    /// Whether people may sign in with it.
    #[must_use]
    pub fn has_upstream(&self, id: &str) -> bool {
        self.enabled_upstream(id).is_ok()
    }

    /// The origin of its page, for a form that leads there.
    #[must_use]
    pub fn upstream_origin(&self, id: &str) -> Option<String> {
        self.enabled_upstream(id).ok()?.page_origin()
    }

    fn enabled_upstream(&self, id: &str) -> Result<&Arc<Upstream>, Astray> {
        let known = self.upstreams.iter().find(|it| it.id() == id);
        known.filter(|it| it.config().enabled).ok_or(Astray::Unknown)
    }

    /// All of the configuration's, as the operator wrote them.
    #[must_use]
    pub fn configured_upstreams(&self) -> &[Arc<Upstream>] {
        &self.upstreams
    }

    /// Asks an upstream all that can be asked without a person; none where there is no such upstream.
    pub async fn probe_upstream(&self, id: &str, now: i64) -> Option<Probe> {
        let upstream = self.upstreams.iter().find(|it| it.id() == id)?;
        Some(upstream.probe(&self.fetcher, now).await)
    }

    /// What went wrong at an upstream is told to its operator and to ours, in the log; people and apps
    /// are told which of the two it was.
    fn trouble(upstream: &Upstream, trouble: &Trouble) -> Astray {
        let astray = match trouble {
            Trouble::Unavailable(_) => Astray::Unavailable,
            Trouble::Refused(_) => Astray::Unproven,
        };
        // Debug, so that no line break of theirs is one of ours.
        let why = format!("{:?}", trouble.to_string());
        tracing::warn!(upstream.id = upstream.id(), astray = astray.code(), why, "links.trouble");
        astray
    }
}
