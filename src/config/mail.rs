use std::fmt;

use serde::{Deserialize, Serialize};

/// `[mail]`. What the two mean is checked where mail is sent.
#[derive(Clone, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// `outbox:FOLDER`, `smtp://USER:PASSWORD@HOST:PORT` or `smtps://…`.
    pub url: String,
    /// The sender.
    pub from: String,
}

impl Default for Mail {
    fn default() -> Self {
        Self {
            url: "outbox:data/outbox".to_owned(),
            from: "Countersign <no-reply@localhost>".to_owned(),
        }
    }
}

/// Blind to the URL, which may hold a password.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("from", &self.from).finish_non_exhaustive()
    }
}
