use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{ConfigError, Span};

/// A signature algorithm, by its name in RFC 7518 and RFC 8037.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum SigningAlgorithm {
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "PS256")]
    Ps256,
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// `[keys]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// Where the key-encryption key lies.
    pub directory: PathBuf,
    /// Which keys there are. The first is the default for ID tokens.
    pub signing_algorithms: Vec<SigningAlgorithm>,
    /// Signs access and refresh tokens.
    pub access_token_algorithm: SigningAlgorithm,
    /// How long a new key stands in the JWKS before it signs, which its `max-age` stays below.
    pub publish_ahead: Span,
}

impl Default for Keys {
    fn default() -> Self {
        use SigningAlgorithm::{EdDsa, Es256, Ps256, Rs256};
        Self {
            directory: PathBuf::from("keys"),
            signing_algorithms: vec![Rs256, Ps256, Es256, EdDsa],
            access_token_algorithm: Es256,
            publish_ahead: Span::minutes(5),
        }
    }
}

impl Keys {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        // OpenID Connect Discovery §3: RS256 must be among them.
        if !self.signing_algorithms.contains(&SigningAlgorithm::Rs256) {
            let expected = "expected RS256 among them (OpenID Connect Discovery 1.0 section 3)";
            return Err(ConfigError::wrong("keys.signing_algorithms", expected));
        }
        if !self.signing_algorithms.contains(&self.access_token_algorithm) {
            let expected = "expected one of keys.signing_algorithms";
            return Err(ConfigError::wrong("keys.access_token_algorithm", expected));
        }
        Ok(())
    }
}
