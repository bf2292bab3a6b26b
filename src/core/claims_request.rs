//! The `claims` parameter (OIDC Core §5.5): single claims that an app asks for beside its scope.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::claims::BY_SCOPE;
use super::clients::Client;
use super::scope::Scope;

/// How a person has proven who they are (the `acr` claim): one factor, such as a password.
pub const ONE_FACTOR: &str = "1";
/// Every authentication context class that we can give.
pub const ACR_VALUES: [&str; 1] = [ONE_FACTOR];

/// What was asked for, of the claims that we know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// Names of claims for the userinfo endpoint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub userinfo: Vec<String>,
    /// Names of claims for the ID token.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub id_token: Vec<String>,
}

/// What the parameter asks of the sign-in itself.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// The person that the answer must be about.
    pub subject: Option<Uuid>,
    /// One of these `acr` values, and nothing else, will do (OIDC Core §5.5.1.1).
    pub acr: Option<Vec<String>>,
}

impl Demands {
    /// Whether we can give none of the `acr` values that would do.
    #[must_use]
    pub fn are_unmet(&self) -> bool {
        let known = |value: &String| ACR_VALUES.contains(&value.as_str());
        self.acr.as_ref().is_some_and(|values| !values.iter().any(known))
    }
}

/// The parameter is not what OIDC Core §5.5 says: which part, and what was expected.
#[derive(Debug, PartialEq, Eq)]
pub struct MalformedClaims(pub &'static str);

impl ClaimsRequest {
    /// Reads the parameter. Claims that we do not know, or whose scope the client may not ask for,
    /// are left out, as is anything else that is not understood (OIDC Core §5.5).
    ///
    /// # Errors
    /// See [`MalformedClaims`].
    pub fn parse(text: &str, client: &Client) -> Result<(Self, Demands), MalformedClaims> {
        let Ok(Value::Object(members)) = serde_json::from_str(text) else {
            return Err(MalformedClaims("claims must be a JSON object"));
        };
        let of = |name: &str, expected| match members.get(name) {
            None => Ok(Map::new()),
            Some(Value::Object(asked)) => Ok(asked.clone()),
            Some(_) => Err(MalformedClaims(expected)),
        };
        let userinfo = of("userinfo", "claims: userinfo must be a JSON object")?;
        let id_token = of("id_token", "claims: id_token must be a JSON object")?;
        for wish in userinfo.values().chain(id_token.values()) {
            if !matches!(wish, Value::Null | Value::Object(_)) {
                return Err(MalformedClaims("claims: each claim must be null or a JSON object"));
            }
        }
        let known = |asked: &Map<String, Value>| -> Vec<String> {
            let may = |name: &&String| scope_of(name).is_some_and(|scope| client.scope.has(scope));
            asked.keys().filter(may).cloned().collect()
        };
        let request = Self { userinfo: known(&userinfo), id_token: known(&id_token) };
        Ok((request, Demands { subject: subject(&userinfo, &id_token)?, acr: acr(&id_token)? }))
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }

    /// The claims that go beyond a scope, which the person is asked about one by one.
    #[must_use]
    pub fn beyond(&self, scope: &Scope) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.userinfo.iter().chain(&self.id_token) {
            let covered = scope_of(name).is_some_and(|value| scope.has(value));
            if !covered && !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
    }
}

/// The scope that a claim belongs to (OIDC Core §5.4).
#[must_use]
pub fn scope_of(claim: &str) -> Option<&'static str> {
    BY_SCOPE.iter().find(|(_, names)| names.contains(&claim)).map(|(scope, _)| *scope)
}

/// The one `sub` that would do (OIDC Core §5.5.1).
fn subject(
    userinfo: &Map<String, Value>,
    id_token: &Map<String, Value>,
) -> Result<Option<Uuid>, MalformedClaims> {
    let value = |asked: &Map<String, Value>| asked.get("sub")?.get("value").cloned();
    match value(id_token).or_else(|| value(userinfo)) {
        None => Ok(None),
        // A subject that is none of ours is nobody who could sign in.
        Some(Value::String(sub)) => Ok(Some(Uuid::parse_str(&sub).unwrap_or(Uuid::nil()))),
        Some(_) => Err(MalformedClaims("claims: the value of sub must be a string")),
    }
}

/// The `acr` values of which one is essential.
fn acr(id_token: &Map<String, Value>) -> Result<Option<Vec<String>>, MalformedClaims> {
    let wish = id_token.get("acr").and_then(Value::as_object);
    let Some(wish) = wish.filter(|wish| wish.get("essential") == Some(&Value::Bool(true))) else {
        return Ok(None);
    };
    let malformed = || MalformedClaims("claims: the values of acr must be strings");
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(malformed);
    match (wish.get("value"), wish.get("values")) {
        (Some(value), _) => Ok(Some(vec![text(value)?])),
        (None, Some(Value::Array(values))) => {
            values.iter().map(text).collect::<Result<_, _>>().map(Some)
        }
        (None, Some(_)) => Err(malformed()),
        (None, None) => Ok(None),
    }
}
