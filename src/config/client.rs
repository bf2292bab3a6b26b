use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A relying party's metadata, by the names of RFC 7591 §2 and OpenID Connect Registration §2.
/// What is absent has the default that those give.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
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
    /// The public keys that the client signs with, as a JWK Set (RFC 7517 §5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Value>,
    /// Where those keys are instead; never both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Signs the assertions of `private_key_jwt` and `client_secret_jwt`. Absent: any that is supported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token_signed_response_alg: Option<String>,
    /// Absent: userinfo is plain JSON (OIDC Core §5.3.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub userinfo_signed_response_alg: Option<String>,
    /// Our own: the algorithm of this client's access tokens, for an API that verifies one only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_token_signed_response_alg: Option<String>,
    /// Of request objects (OIDC Core §6). `none`: unsigned ones are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<String>,
    /// RFC 9101 §10.5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_signed_request_object: Option<bool>,
    /// Kept; request objects are taken by value and by PAR only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub request_uris: Vec<String>,
    /// RFC 9126 §6.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_pushed_authorization_requests: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_auth_time: Option<bool>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<String>,
    /// `public`, the only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    /// OpenID Connect RP-Initiated Logout 1.0 §3.1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software_version: Option<String>,
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
    /// Our own: the resource indicators (RFC 8707) of the API that this client is. It may introspect
    /// access tokens that are meant for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    #[serde(flatten)]
    pub localized: Localized,
}

/// `client_name#fr` and the like: what people read, by language (RFC 7591 §2.2). Any other name here
/// is a member that nobody knows, and refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Localized(BTreeMap<String, String>);

impl Localized {
    const MEMBERS: [&str; 5] = ["client_name", "client_uri", "logo_uri", "policy_uri", "tos_uri"];

    /// Whether a member is one that people read, with a language (BCP 47) behind a `#`.
    #[must_use]
    pub fn is_one(member: &str) -> bool {
        member.split_once('#').is_some_and(|(base, language)| {
            let is_tag = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
            Self::MEMBERS.contains(&base)
                && (1..=35).contains(&language.len())
                && language.bytes().all(is_tag)
        })
    }

    /// What there is of a member in a language, whatever the tag's case; `fr-CA` serves who reads `fr`.
    #[must_use]
    pub fn get(&self, member: &str, language: &str) -> Option<&str> {
        let of_member = || {
            self.0.iter().filter_map(|(name, value)| {
                let (base, tag) = name.split_once('#')?;
                (base == member).then_some((tag, value.as_str()))
            })
        };
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        of_member()
            .find(|(tag, _)| tag.eq_ignore_ascii_case(language))
            .or_else(|| of_member().find(|(tag, _)| primary(tag) == primary(language)))
            .map(|(_, value)| value)
    }

    /// The members and their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(member, value)| (member.as_str(), value.as_str()))
    }
}

impl<'de> Deserialize<'de> for Localized {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let mut localized = BTreeMap::new();
        for (member, value) in BTreeMap::<String, Value>::deserialize(deserializer)? {
            if !Self::is_one(&member) {
                return Err(D::Error::custom(format!("unknown member `{member}`")));
            }
            let Value::String(value) = value else {
                return Err(D::Error::custom(format!("`{member}`: expected a string")));
            };
            localized.insert(member, value);
        }
        Ok(Self(localized))
    }
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
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(D::Error::custom(format!("`{key}`: expected a string"))),
        };
        let client_id = text("client_id")?.ok_or_else(|| D::Error::missing_field("client_id"))?;
        let client_secret = text("client_secret")?;
        let metadata = serde_path_to_error::deserialize(Value::Object(keys))
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
