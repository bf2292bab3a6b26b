use serde::{Deserialize, Serialize};

use super::{ConfigError, Span};

/// `[sessions]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    /// A refresh token just superseded may be retried this long, while its successor is unused.
    pub refresh_grace: Span,
    /// A session, and every chain of refresh tokens, ends after this, however it is used.
    pub absolute_lifetime: Span,
    /// A session that nobody used for this long ends.
    pub idle_lifetime: Span,
    /// The one session token of the apps that exchange it for a later one; `JWT_EXPIRATION` sets it.
    pub bearer_lifetime: Span,
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            refresh_grace: Span::seconds(10),
            absolute_lifetime: Span::days(90),
            idle_lifetime: Span::days(30),
            bearer_lifetime: Span::days(1),
        }
    }
}

impl Sessions {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.refresh_grace > Span::minutes(5) {
            let expected = "expected at most \"5m\": longer, a stolen token would go unnoticed";
            return Err(ConfigError::wrong("sessions.refresh_grace", expected));
        }
        if self.absolute_lifetime < Span::minutes(5) {
            return Err(ConfigError::wrong(
                "sessions.absolute_lifetime",
                "expected at least \"5m\"",
            ));
        }
        if self.idle_lifetime < Span::minutes(5) || self.idle_lifetime > self.absolute_lifetime {
            let expected = "expected between \"5m\" and sessions.absolute_lifetime";
            return Err(ConfigError::wrong("sessions.idle_lifetime", expected));
        }
        // What is longer ends with the session all the same.
        if self.bearer_lifetime < Span::minutes(1) {
            let expected = "expected at least \"1m\"";
            return Err(ConfigError::wrong("sessions.bearer_lifetime", expected));
        }
        Ok(())
    }
}
