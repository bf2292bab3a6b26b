use std::path::PathBuf;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{ConfigError, networks};

/// `[outbound]`: every fetch that the server makes because somebody named a URL.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Outbound {
    /// Private address ranges that such a URL may lead to all the same.
    #[serde(deserialize_with = "networks::read")]
    pub allow_private: Vec<IpNet>,
    /// A PEM file of certificate authorities beside the system's. Empty: none.
    pub extra_ca: PathBuf,
}

impl Outbound {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if !self.extra_ca.as_os_str().is_empty() && !self.extra_ca.is_file() {
            let expected = "expected the path of a file that is there";
            return Err(ConfigError::wrong("outbound.extra_ca", expected));
        }
        Ok(())
    }
}
