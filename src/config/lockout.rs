use serde::{Deserialize, Serialize};

use super::{ConfigError, Span};

/// `[lockout]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lockout {
    /// So many failed passwords for one account within the window lock it.
    pub attempts: u32,
    /// The window, and how long an account stays locked.
    pub window: Span,
}

impl Default for Lockout {
    fn default() -> Self {
        Self { attempts: 10, window: Span::minutes(15) }
    }
}

impl Lockout {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        // NIST SP 800-63B §3.2.2.
        if !(1..=100).contains(&self.attempts) {
            return Err(ConfigError::wrong("lockout.attempts", "expected 1 to 100"));
        }
        if self.window < Span::minutes(1) || self.window > Span::days(1) {
            return Err(ConfigError::wrong("lockout.window", "expected \"1m\" to \"1d\""));
        }
        Ok(())
    }
}
