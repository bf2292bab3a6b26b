use serde::{Deserialize, Serialize};

/// A relying party's metadata, by the names of RFC 7591 §2 and OpenID Connect Registration §2.
/// What is absent has the default that those give.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientMetadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_types: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_types: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<String>,
    /// Space-separated. Absent: every standard scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// `web` or `native`; the latter may use any port of a loopback redirect URI (RFC 8252 §7.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contacts: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<String>,
    /// In seconds: how old a sign-in may be where a request gives no `max_age`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u64>,
    /// Whether a confidential client must send PKCE too. Public clients always must.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_pkce: Option<bool>,
    /// Whether each use of a refresh token gives a new one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotate_refresh_tokens: Option<bool>,
    /// For the operator's own apps: no consent page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skip_consent: Option<bool>,
}

/// `[[clients]]`: a client that the operator writes down.
#[derive(Clone, Default, Serialize)]
pub struct ClientConfig {
    pub client_id: String,
    /// Absent for a public client.
    pub client_secret: Option<String>,
    #[serde(flatten)]
    pub metadata: ClientMetadata,
}

// By hand, because serde's `flatten` would let unknown keys of the metadata pass in silence.
impl<'de> Deserialize<'de> for ClientConfig {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let mut keys = serde_json::Map::deserialize(deserializer)?;
        let mut text = |key: &'static str| match keys.remove(key) {
            None => Ok(None),
            Some(serde_json::Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(D::Error::custom(format!("`{key}`: expected a string"))),
        };
        let client_id = text("client_id")?.ok_or_else(|| D::Error::missing_field("client_id"))?;
        let client_secret = text("client_secret")?;
        let metadata = serde_path_to_error::deserialize(serde_json::Value::Object(keys))
            .map_err(|error| D::Error::custom(format!("client `{client_id}`: {error}")))?;
        Ok(Self { client_id, client_secret, metadata })
    }
}

impl std::fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientConfig")
            .field("client_id", &self.client_id)
            .field("client_secret", &self.client_secret.as_ref().map(|_| "***"))
            .field("metadata", &self.metadata)
            .finish()
    }
}
