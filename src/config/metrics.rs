use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[metrics]`
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Address and port of a listener of its own. Empty: none.
    pub listen: String,
}

impl Metrics {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.listen.is_empty() || self.address().is_some() {
            return Ok(());
        }
        let expected = "expected an address and port such as \"127.0.0.1:9464\", or nothing";
        Err(ConfigError::wrong("metrics.listen", expected))
    }

    /// Where metrics are served, if they are.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.listen.parse().ok()
    }
}
