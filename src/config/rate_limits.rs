use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ConfigError, Span};

/// `[rate_limits]`. What `store` means is checked where requests are counted.
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// Whether requests are counted at all, and failed passwords by address.
    pub enabled: bool,
    /// `memory`, or `redis://…` or `rediss://…` where several nodes share one count.
    pub store: String,
    pub register: Allowance,
    pub login: Allowance,
    pub reset_password: Allowance,
    pub request_password_reset: Allowance,
    pub refresh: Allowance,
    pub sign_up: Allowance,
    pub sign_in: Allowance,
    pub other: Allowance,
}

/// So many requests within a window, which begins with the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    pub limit: u32,
    pub window: Span,
}

impl Allowance {
    const fn new(limit: u32, window: Span) -> Self {
        Self { limit, window }
    }
}

impl Default for RateLimits {
    fn default() -> Self {
        let an_hour = Span::minutes(60);
        Self {
            enabled: true,
            store: "memory".to_owned(),
            register: Allowance::new(100, Span::minutes(5)),
            login: Allowance::new(15, Span::minutes(5)),
            reset_password: Allowance::new(10, Span::minutes(5)),
            request_password_reset: Allowance::new(3, an_hour),
            refresh: Allowance::new(10, Span::minutes(1)),
            sign_up: Allowance::new(5, an_hour),
            sign_in: Allowance::new(10, an_hour),
            other: Allowance::new(100, Span::minutes(15)),
        }
    }
}

impl RateLimits {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let rules = [
            ("register", self.register),
            ("login", self.login),
            ("reset_password", self.reset_password),
            ("request_password_reset", self.request_password_reset),
            ("refresh", self.refresh),
            ("sign_up", self.sign_up),
            ("sign_in", self.sign_in),
            ("other", self.other),
        ];
        for (rule, Allowance { limit, window }) in rules {
            let wrong = |key: &str, expected: &str| {
                Err(ConfigError::wrong(format!("rate_limits.{rule}.{key}"), expected))
            };
            if limit == 0 {
                return wrong("limit", "expected at least 1");
            }
            if window < Span::seconds(1) || window > Span::days(1) {
                return wrong("window", "expected \"1s\" to \"1d\"");
            }
        }
        Ok(())
    }
}

/// Blind to the store, whose URL may hold a password.
impl fmt::Debug for RateLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimits").field("enabled", &self.enabled).finish_non_exhaustive()
    }
}
