use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// `[geoip]`: where addresses are.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct GeoIp {
    /// A city database in MaxMind's DB format, read at the start. Empty: none.
    pub database: PathBuf,
}
