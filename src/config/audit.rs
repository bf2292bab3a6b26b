use serde::{Deserialize, Serialize};

use super::{ConfigError, Span};

/// `[audit]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Audit {
    /// How long an event stays on record.
    pub keep: Span,
}

impl Default for Audit {
    fn default() -> Self {
        Self { keep: Span::days(365) }
    }
}

impl Audit {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.keep < Span::days(1) {
            return Err(ConfigError::wrong("audit.keep", "expected at least \"1d\""));
        }
        Ok(())
    }
}
