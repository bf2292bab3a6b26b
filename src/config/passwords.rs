use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[passwords]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Passwords {
    /// Threads that hash passwords, at a low priority. 0: half of the cores.
    pub threads: usize,
    /// Passwords that may wait for a thread; beyond it the answer is 503 with `Retry-After`.
    pub queue: usize,
    /// Whether the commonest passwords are refused. Unset: unless the issuer is a loopback address.
    pub refuse_common: Option<bool>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { threads: 0, queue: 64, refuse_common: None }
    }
}

impl Passwords {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.queue == 0 {
            return Err(ConfigError::wrong("passwords.queue", "expected at least 1"));
        }
        if self.threads > 256 {
            return Err(ConfigError::wrong("passwords.threads", "expected at most 256"));
        }
        Ok(())
    }
}
