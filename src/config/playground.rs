use serde::{Deserialize, Serialize};

/// `[playground]`: the built-in relying party that shows a sign-in step by step.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Playground {
    /// Absent: on while `server.public_url` is a loopback address.
    pub enabled: Option<bool>,
}
