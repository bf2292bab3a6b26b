use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[database]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/NAME`.
    pub url: String,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: "sqlite://data/countersign.db".to_owned() }
    }
}

impl Database {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let known = ["sqlite://", "postgres://", "postgresql://"];
        if known.iter().any(|scheme| self.url.starts_with(scheme)) && !self.url.contains(":memory:")
        {
            return Ok(());
        }
        // The value itself may hold a password and is not repeated.
        Err(ConfigError::wrong(
            "database.url",
            "expected sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME",
        ))
    }
}
