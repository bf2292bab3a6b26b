use serde::{Deserialize, Serialize};

use super::{ConfigError, Span};

/// `[tokens]`: how long what relying parties get is good for.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tokens {
    pub access_lifetime: Span,
    pub id_lifetime: Span,
    /// A refresh token that is not used for this long expires.
    pub refresh_lifetime: Span,
    /// An authorization code.
    pub code_lifetime: Span,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            access_lifetime: Span::minutes(15),
            id_lifetime: Span::minutes(60),
            refresh_lifetime: Span::days(30),
            code_lifetime: Span::seconds(60),
        }
    }
}

impl Tokens {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let between = |key: &str, span: Span, least: Span, most: Span, expected: &str| {
            if span < least || span > most {
                return Err(ConfigError::wrong(key, expected));
            }
            Ok(())
        };
        let (second, minute, day) = (Span::seconds(1), Span::minutes(1), Span::days(1));
        let expected = "expected between \"1s\" and \"60s\" (OWASP ASVS 10.4.3)";
        between("tokens.code_lifetime", self.code_lifetime, second, minute, expected)?;
        let expected = "expected between \"1s\" and \"1d\"";
        between("tokens.access_lifetime", self.access_lifetime, second, day, expected)?;
        between("tokens.id_lifetime", self.id_lifetime, second, day, expected)?;
        let expected = "expected between \"1m\" and \"365d\"";
        let year = Span::days(365);
        between("tokens.refresh_lifetime", self.refresh_lifetime, minute, year, expected)
    }
}
