use serde::{Deserialize, Serialize};

/// `[registration]`: whether apps may register themselves (RFC 7591).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Registration {
    /// Absent: `open` while `server.public_url` is a loopback address, else `token`.
    pub dynamic: Option<DynamicRegistration>,
}

/// Which apps may register themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DynamicRegistration {
    Open,
    /// Those that bring an initial access token (RFC 7591 §3), which the operator makes.
    Token,
    Off,
}
