//! What an upstream tells of a person, by our names.

use serde_json::{Map, Value};

use super::Trouble;
use super::http::Http;
use crate::config::{UPSTREAM_CLAIMS, UpstreamConfig, UpstreamKind};
use crate::jose::Secret;

/// OIDC Core §2: no subject is longer.
const LONGEST_SUBJECT: usize = 255;
/// What a claim may hold at most, in bytes.
const LONGEST: usize = 2048;
/// Groups that are looked at.
const MOST_GROUPS: usize = 1000;

/// A person there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// Never empty. With the issuer it is the identity.
    pub subject: String,
    pub email: Option<String>,
    /// The upstream's word, which counts as far as the configuration says.
    pub email_verified: bool,
    /// By our names, each text, and of a number whether it is the person's; whether they hold is for who
    /// keeps them to see.
    pub claims: Map<String, Value>,
    pub groups: Vec<String>,
}

impl Person {
    pub fn read(config: &UpstreamConfig, told: &Map<String, Value>) -> Result<Self, Trouble> {
        let value = |ours: &str| find(told, theirs(config, ours));
        let text = |ours: &str| {
            let text = value(ours).and_then(Value::as_str).map(str::trim);
            text.filter(|text| !text.is_empty() && text.len() <= LONGEST).map(str::to_owned)
        };
        let names = UPSTREAM_CLAIMS.into_iter();
        let names = names.filter(|name| !["sub", "email", "email_verified"].contains(name));
        let claim = |name: &str| match name {
            // Likewise.
            "phone_number_verified" => value(name).filter(|told| told.is_boolean()).cloned(),
            _ => text(name).map(Value::String),
        };
        let claims = names.filter_map(|name| Some((name.to_owned(), claim(name)?)));
        Ok(Self {
            subject: subject(config, value("sub"))?,
            email: text("email"),
            // Only the boolean itself: "false" is text, and text is true to many (R63).
            email_verified: value("email_verified") == Some(&Value::Bool(true)),
            claims: claims.collect(),
            groups: groups(find(told, &config.role_claim)),
        })
    }
}

fn subject(config: &UpstreamConfig, value: Option<&Value>) -> Result<String, Trouble> {
    let subject = match value {
        Some(Value::String(text)) => Some(text.clone()),
        // APIs number their people; a provider's subject is text (OIDC Core §2, R62).
        Some(Value::Number(id)) if config.kind == UpstreamKind::OAuth2 => {
            id.as_u64().map(|id| id.to_string())
        }
        _ => None,
    };
    let is_one = |text: &String| {
        !text.trim().is_empty() && text.len() <= LONGEST_SUBJECT && !text.contains(char::is_control)
    };
    let none = || Trouble::refused("there is no subject, or none that can be one");
    subject.filter(is_one).ok_or_else(none)
}

fn groups(value: Option<&Value>) -> Vec<String> {
    let named = match value {
        Some(Value::Array(groups)) => groups.as_slice(),
        Some(one @ Value::String(_)) => std::slice::from_ref(one),
        _ => &[],
    };
    named.iter().filter_map(Value::as_str).take(MOST_GROUPS).map(str::to_owned).collect()
}

/// Their name of a claim of ours.
fn theirs<'a>(config: &'a UpstreamConfig, ours: &'a str) -> &'a str {
    config.claims.get(ours).map_or(ours, String::as_str)
}

/// A member by its name; `a.b` is also the member `b` of the object `a`.
fn find<'v>(told: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    if let Some(value) = told.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    find(told.get(first)?.as_object()?, rest)
}

/// Leaves that member out.
fn forget(told: &mut Map<String, Value>, name: &str) {
    if told.remove(name).is_none()
        && let Some((first, rest)) = name.split_once('.')
        && let Some(Value::Object(inner)) = told.get_mut(first)
    {
        forget(inner, rest);
    }
}

/// Whether the ID token leaves out what the userinfo endpoint may tell.
pub fn lacks(config: &UpstreamConfig, claims: &Map<String, Value>) -> bool {
    let has = |name: &str| find(claims, name).is_some();
    let needs_groups = !config.roles.is_empty() && !has(&config.role_claim);
    needs_groups || ["email", "name"].iter().any(|ours| !has(theirs(config, ours)))
}

/// Adds what the userinfo endpoint tells to what the ID token says, which counts first.
///
/// # Errors
/// It speaks of somebody else (OIDC Core §5.3.2).
pub fn merge(
    config: &UpstreamConfig,
    claims: &mut Map<String, Value>,
    told: Value,
) -> Result<(), Trouble> {
    let Value::Object(mut told) = told else {
        return Err(Trouble::unavailable("userinfo", "the answer is no object"));
    };
    let is_same = told
        .get("sub")
        .and_then(Value::as_str)
        .is_some_and(|sub| claims.get("sub").and_then(Value::as_str) == Some(sub));
    if !is_same {
        return Err(Trouble::refused("userinfo: `sub` is not the ID token's"));
    }
    // An address and whether it is the person's own are one statement; that it is not is one of the
    // person, whatever the address.
    let [email, verified] = ["email", "email_verified"].map(|ours| theirs(config, ours));
    if find(claims, email).is_some() {
        forget(&mut told, verified);
    } else if find(claims, verified) == Some(&Value::Bool(true)) {
        forget(claims, verified);
    }
    for (name, value) in told {
        claims.entry(name).or_insert(value);
    }
    Ok(())
}

/// Whose access token it is, by the API of a server without ID tokens.
pub async fn of_api(
    config: &UpstreamConfig,
    http: &Http<'_>,
    token: &Secret,
) -> Result<Person, Trouble> {
    let endpoint = config.userinfo_endpoint.as_deref().unwrap_or_default();
    let Value::Object(told) = http.json(endpoint, Some(token)).await? else {
        return Err(Trouble::unavailable(endpoint, "the answer is no object"));
    };
    let mut person = Person::read(config, &told)?;
    if let Some(endpoint) = &config.emails_endpoint {
        let addresses = http.json(endpoint, Some(token)).await?;
        let primary = primary(&addresses);
        (person.email, person.email_verified) = primary.unwrap_or_default();
    }
    Ok(person)
}

/// The address that a person uses there, of a list as GitHub has it: what the profile shows is for
/// strangers, and nobody has checked it.
fn primary(addresses: &Value) -> Option<(Option<String>, bool)> {
    let is = |address: &Value, what: &str| address.get(what) == Some(&Value::Bool(true));
    let all = addresses.as_array()?;
    let found = all.iter().find(|it| is(it, "primary"))?;
    let email = found.get("email").and_then(Value::as_str)?;
    Some((Some(email.to_owned()), is(found, "verified")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(config: &UpstreamConfig, told: &Value) -> Result<Person, Trouble> {
        Person::read(config, told.as_object().unwrap())
    }

    #[test]
    fn r62_a_subject_is_text_and_not_empty_and_an_api_may_number_its_people() {
        let oidc = UpstreamConfig::default();
        let api = UpstreamConfig { kind: UpstreamKind::OAuth2, ..UpstreamConfig::default() };
        assert_eq!(read(&oidc, &json!({ "sub": "ada" })).unwrap().subject, "ada");
        assert_eq!(read(&api, &json!({ "sub": 17 })).unwrap().subject, "17");
        for none in [json!(""), json!(" "), json!(null), json!(["ada"]), json!("a\nb")] {
            for config in [&oidc, &api] {
                assert!(read(config, &json!({ "sub": none })).is_err(), "{none}");
            }
        }
        assert!(read(&oidc, &json!({ "sub": 17 })).is_err());
        assert!(read(&api, &json!({ "sub": 1.5 })).is_err());
        assert!(read(&oidc, &json!({ "sub": "a".repeat(256) })).is_err());
    }

    #[test]
    fn r63_an_address_is_verified_by_the_boolean_alone() {
        let config = UpstreamConfig::default();
        for (value, is) in [(json!(true), true), (json!("true"), false), (json!(1), false)] {
            let told = json!({ "sub": "ada", "email": "ada@example.com", "email_verified": value });
            assert_eq!(read(&config, &told).unwrap().email_verified, is, "{value}");
        }
        // What userinfo says of an address is not said of the ID token's.
        let mut claims = json!({ "sub": "ada", "email": "ada@example.com" });
        let told = json!({ "sub": "ada", "email": "eve@example.com", "email_verified": true });
        merge(&config, claims.as_object_mut().unwrap(), told).unwrap();
        assert_eq!(claims, json!({ "sub": "ada", "email": "ada@example.com" }));
        // Nor the other way round.
        let mut claims = json!({ "sub": "ada", "email_verified": true });
        let told = json!({ "sub": "ada", "email": "eve@example.com" });
        merge(&config, claims.as_object_mut().unwrap(), told.clone()).unwrap();
        assert_eq!(claims, told);
        let mut claims = json!({ "sub": "ada", "email_verified": false });
        let told = json!({ "sub": "ada", "email": "ada@example.com", "email_verified": true });
        merge(&config, claims.as_object_mut().unwrap(), told).unwrap();
        assert_eq!(claims["email_verified"], false);
    }

    #[test]
    fn r63_whatever_the_two_are_called_there_they_come_from_one_place() {
        let claims = [("email", "mail"), ("email_verified", "proofs.mail")];
        let claims = claims.map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned())).into();
        let config = UpstreamConfig { claims, ..UpstreamConfig::default() };
        let mut claims = json!({ "sub": "ada", "mail": "ada@example.com" });
        let told = json!({ "sub": "ada", "mail": "eve@example.com", "proofs": { "mail": true } });
        merge(&config, claims.as_object_mut().unwrap(), told).unwrap();
        let person = read(&config, &claims).unwrap();
        assert_eq!(
            (person.email.as_deref(), person.email_verified),
            (Some("ada@example.com"), false)
        );
        let mut claims = json!({ "sub": "ada", "proofs": { "mail": true } });
        let told = json!({ "sub": "ada", "mail": "eve@example.com" });
        merge(&config, claims.as_object_mut().unwrap(), told).unwrap();
        let person = read(&config, &claims).unwrap();
        assert_eq!(
            (person.email.as_deref(), person.email_verified),
            (Some("eve@example.com"), false)
        );
    }

    #[test]
    fn claims_and_groups_have_the_names_that_the_operator_gives() {
        let config = UpstreamConfig {
            claims: [("name".to_owned(), "profile.display".to_owned())].into(),
            role_claim: "realm_access.roles".to_owned(),
            ..UpstreamConfig::default()
        };
        let told = json!({
            "sub": "ada", "name": "no", "profile": { "display": " Ada " }, "locale": "",
            "realm_access": { "roles": ["Staff", 3] },
        });
        let person = read(&config, &told).unwrap();
        assert_eq!(Value::Object(person.claims), json!({ "name": "Ada" }));
        assert_eq!(person.groups, ["Staff"]);
    }

    #[test]
    fn of_a_list_of_addresses_the_primary_one_counts() {
        let list = json!([
            { "email": "b@example.com", "primary": false, "verified": true },
            { "email": "a@example.com", "primary": true, "verified": false },
        ]);
        assert_eq!(primary(&list), Some((Some("a@example.com".to_owned()), false)));
        assert_eq!(primary(&json!([{ "email": "a@example.com", "verified": true }])), None);
        assert_eq!(primary(&json!({ "message": "Not Found" })), None);
    }
}
