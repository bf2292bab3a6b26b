use std::fmt;

use figment::providers::Env;
use serde::{Deserialize, Serialize};

/// `[storage]`: where pictures of people lie. What the URL means is checked where they are kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Storage {
    /// `file:FOLDER` or `s3://BUCKET?region=…&endpoint=…&force_path_style=true`.
    pub url: String,
    #[serde(skip)]
    pub aws: Aws,
}

/// What every program that speaks to S3 takes from the environment, under the same names.
#[derive(Clone, Default)]
pub struct Aws {
    pub access_key_id: Option<String>,
    pub secret_access_key: Option<String>,
    pub session_token: Option<String>,
    pub region: Option<String>,
}

impl Default for Storage {
    fn default() -> Self {
        Self { url: "file:data/media".to_owned(), aws: Aws::default() }
    }
}

impl Storage {
    /// Reads the environment.
    pub(super) fn settle(&mut self) {
        let read = |name| Env::var(name).filter(|value| !value.is_empty());
        self.aws = Aws {
            access_key_id: read("AWS_ACCESS_KEY_ID"),
            secret_access_key: read("AWS_SECRET_ACCESS_KEY"),
            session_token: read("AWS_SESSION_TOKEN"),
            region: read("AWS_REGION").or_else(|| read("AWS_DEFAULT_REGION")),
        };
    }
}

/// Blind to what it holds.
impl fmt::Debug for Aws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Aws").finish_non_exhaustive()
    }
}
