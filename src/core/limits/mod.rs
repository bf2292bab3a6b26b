//! Rate limits: how many requests of one kind one address may make within a window. Where several
//! nodes share a store they share one count; while it is away each node counts for itself, going on
//! from what it heard last.
//!
//! Faces count each request once, under the most specific rule that its route has, before anything
//! else is looked at: a request that is invalid or refused counts too.

use super::network::network;
use super::sessions::Place;
use super::{Core, email};
use crate::config::{Allowance, Config, ConfigError, RateLimits};
use crate::jose::digest;
use crate::outbox::{Counted, CounterError, CounterStore, SharedCounter, WrongStore};

mod windows;

use windows::Windows;

/// What is counted together. Each has a limit and a window of its own in the configuration, under its
/// name in `[rate_limits]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// `POST /api/auth/register`
    Register,
    /// `POST /api/auth/login`, by identifier as well.
    Login,
    /// `POST /api/auth/reset-password`
    ResetPassword,
    /// `POST /api/auth/request-password-reset` and its two aliases, together.
    RequestPasswordReset,
    /// `POST /api/auth/refresh`
    Refresh,
    /// `POST /auth/sign-up`
    SignUp,
    /// `POST /auth/sign-in`
    SignIn,
    /// Every other route of the REST dialects, all together.
    Other,
}

impl Rule {
    pub const ALL: [Self; 8] = [
        Self::Register,
        Self::Login,
        Self::ResetPassword,
        Self::RequestPasswordReset,
        Self::Refresh,
        Self::SignUp,
        Self::SignIn,
        Self::Other,
    ];

    /// As in the configuration, metrics and the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Login => "login",
            Self::ResetPassword => "reset_password",
            Self::RequestPasswordReset => "request_password_reset",
            Self::Refresh => "refresh",
            Self::SignUp => "sign_up",
            Self::SignIn => "sign_in",
            Self::Other => "other",
        }
    }

    const fn allowance(self, config: &RateLimits) -> Allowance {
        match self {
            Self::Register => config.register,
            Self::Login => config.login,
            Self::ResetPassword => config.reset_password,
            Self::RequestPasswordReset => config.request_password_reset,
            Self::Refresh => config.refresh,
            Self::SignUp => config.sign_up,
            Self::SignIn => config.sign_in,
            Self::Other => config.other,
        }
    }
}

/// Where a request stands within its limit, itself included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub limit: u64,
    /// Requests that are left of it.
    pub remaining: u64,
    /// Seconds until the window ends, at least one.
    pub reset_after: u64,
    /// Whether the request is within the limit. Otherwise it is refused, and may be made again after
    /// `reset_after`.
    pub allowed: bool,
}

impl Count {
    fn new(limit: u32, counted: Counted) -> Self {
        let limit = limit.into();
        Self {
            limit,
            remaining: limit.saturating_sub(counted.used),
            reset_after: counted.left.max(1).unsigned_abs().div_ceil(1000),
            allowed: counted.used <= limit,
        }
    }
}

/// The counts and what they are measured by.
pub(super) struct Limits {
    config: RateLimits,
    /// What is counted under is a digest with it: no store holds an address, or what somebody typed.
    key: [u8; 32],
    here: Windows,
    shared: Option<SharedCounter>,
}

impl Limits {
    pub fn new(config: &Config, key: [u8; 32]) -> Result<Self, super::StartError> {
        let config_of = &config.rate_limits;
        let store = store(config)?.filter(|_| config_of.enabled);
        let open = |store| SharedCounter::new(store, &config.outbound.extra_ca);
        let windows = Rule::ALL.map(|rule| rule.allowance(config_of).window.duration());
        Ok(Self {
            config: config_of.clone(),
            key,
            here: Windows::new(windows.into_iter().max().unwrap_or_default()),
            shared: store.map(open).transpose()?,
        })
    }

    /// Whether anything is counted by address.
    pub const fn are_on(&self) -> bool {
        self.config.enabled
    }

    /// Whether the shared store was there when it was last asked. Where there is none, it is.
    pub fn is_store_up(&self) -> bool {
        self.shared.as_ref().is_none_or(SharedCounter::is_up)
    }

    /// Windows that this node remembers.
    pub fn windows(&self) -> u64 {
        self.here.len()
    }

    fn name(&self, rule: Rule, ip: &str, identifier: Option<&str>) -> String {
        let (network, identifier) = (network(ip), identifier.map(email::fold));
        let parts = [network.as_bytes(), identifier.as_deref().unwrap_or_default().as_bytes()];
        let (rule, of) = (rule.name(), digest::hmac(&self.key, &parts));
        format!("countersign:limit:{rule}:{of}")
    }
}

impl Core {
    /// Looks for the store that nodes share their counts in, if there is one. Where it is away this
    /// node counts for itself until it is there.
    pub async fn connect_limits(&self) {
        if let Some(shared) = &self.limits.shared {
            shared.connect().await;
        }
    }

    /// Counts a request; None where limiting is off. `identifier` is whom [`Rule::Login`] is for, as
    /// somebody typed it, if they did; other rules count by address alone. IPv6 counts by /64.
    ///
    /// A window begins with its first request and is not prolonged by those that are refused. However
    /// many come at once, on however many nodes of one store, each is counted once.
    pub async fn count(
        &self,
        rule: Rule,
        place: &Place,
        identifier: Option<&str>,
        now: i64,
    ) -> Option<Count> {
        let limits = &self.limits;
        if !limits.are_on() {
            return None;
        }
        let Allowance { limit, window } = rule.allowance(&limits.config);
        let window = window.milliseconds();
        let name = limits.name(rule, &place.ip, identifier.filter(|_| rule == Rule::Login));
        let shared = match &limits.shared {
            // Most houses are one node, and their requests leave no room for it.
            Some(shared) => Box::pin(shared.count(&name, window)).await,
            None => None,
        };
        let counted = if let Some(counted) = shared {
            limits.here.learn(&name, counted, window, now);
            counted
        } else {
            if limits.shared.is_some() {
                self.metrics.counted_alone();
            }
            limits.here.count(&name, window, now)
        };
        let count = Count::new(limit, counted);
        if !count.allowed {
            self.metrics.refused_by_rate(rule.name());
        }
        Some(count)
    }
}

/// The store that nodes share, if the configuration names one.
pub(super) fn store(config: &Config) -> Result<Option<CounterStore>, ConfigError> {
    let store = config.rate_limits.store.as_str();
    if store == "memory" {
        return Ok(None);
    }
    let wrong = |why: WrongStore| ConfigError::wrong("rate_limits.store", why.to_string());
    CounterStore::parse(store).map(Some).map_err(wrong)
}

impl From<CounterError> for super::StartError {
    fn from(error: CounterError) -> Self {
        match error {
            CounterError::ExtraCa(source) => {
                ConfigError::wrong("outbound.extra_ca", source.to_string()).into()
            }
            CounterError::Store(source) => {
                ConfigError::wrong("rate_limits.store", source.to_string()).into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Count, Counted, Rule};
    use crate::config::{Config, RateLimits};

    #[test]
    fn a_rule_has_the_name_of_its_key() {
        let config = Config::from_toml("").unwrap().rate_limits;
        let keys = serde_json::to_value(&config).unwrap();
        for rule in Rule::ALL {
            let allowance = serde_json::to_value(rule.allowance(&config)).unwrap();
            assert_eq!(keys[rule.name()], allowance, "{rule:?}");
        }
        assert_eq!(keys.as_object().unwrap().len(), Rule::ALL.len() + 2, "and there is no other");
    }

    #[test]
    fn api_3_the_limits_are_those_of_the_table() {
        let config = RateLimits::default();
        let table = Rule::ALL.map(|rule| {
            let allowance = rule.allowance(&config);
            (rule.name(), allowance.limit, allowance.window.whole_seconds() / 60)
        });
        let documented = [
            ("register", 100, 5),
            ("login", 15, 5),
            ("reset_password", 10, 5),
            ("request_password_reset", 3, 60),
            ("refresh", 10, 1),
            ("sign_up", 5, 60),
            ("sign_in", 10, 60),
            ("other", 100, 15),
        ];
        assert_eq!(table, documented);
    }

    #[test]
    fn what_is_left_is_never_less_than_nothing_and_seconds_are_whole() {
        let count = |used, left| Count::new(3, Counted { used, left });
        let said = |c: Count| (c.limit, c.remaining, c.reset_after, c.allowed);
        assert_eq!(said(count(1, 60_000)), (3, 2, 60, true));
        assert_eq!(said(count(3, 1001)), (3, 0, 2, true));
        assert_eq!(said(count(4, 1)), (3, 0, 1, false));
        assert_eq!(said(count(u64::MAX, 0)), (3, 0, 1, false));
    }
}
