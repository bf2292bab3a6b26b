//! What we know of a person, by the names of OpenID Connect Core §5.1, and which scope shows what.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::format_description::well_known::Iso8601;

use super::accounts::Account;
use super::avatars;
use super::scope::Scope;

/// The standard claims that an account holds beside its id, e-mail address and username.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct StandardClaims {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    /// `YYYY-MM-DD`, `0000-MM-DD` where the year is withheld, or `YYYY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<String>,
    /// From the IANA time zone database, such as `Europe/Paris`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoneinfo: Option<String>,
    /// A BCP 47 tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// E.164, such as `+33123456789`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

/// A postal address (OIDC Core §5.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Address {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// The claims that each scope asks for (OIDC Core §5.4). Discovery and the consent page read it too.
pub const BY_SCOPE: [(&str, &[&str]); 4] = [
    (
        "profile",
        &[
            "name",
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    ("email", &["email", "email_verified"]),
    ("address", &["address"]),
    ("phone", &["phone_number", "phone_number_verified"]),
];

impl StandardClaims {
    /// Checks the shapes that OpenID Connect gives, and that nothing is empty.
    ///
    /// # Errors
    /// The claim's name and what was expected of it.
    pub fn check(&self) -> Result<(), String> {
        let value = serde_json::to_value(self).unwrap_or_default();
        for (name, value) in value.as_object().into_iter().flatten() {
            match value {
                Value::String(text) if text.trim().is_empty() => {
                    return Err(format!("{name}: expected text, or leave it out"));
                }
                Value::Object(members) if members.is_empty() => {
                    return Err(format!("{name}: expected at least one member"));
                }
                _ => {}
            }
        }
        if self.picture.as_deref().is_some_and(|url| !avatars::is_picture_url(url)) {
            return Err("picture: expected an http or https URL".to_owned());
        }
        if self.birthdate.as_deref().is_some_and(|date| !is_birthdate(date)) {
            return Err("birthdate: expected YYYY-MM-DD, 0000-MM-DD or YYYY".to_owned());
        }
        Ok(())
    }
}

pub(super) fn is_birthdate(date: &str) -> bool {
    let is_year = |year: &str| year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
    match date.split_once('-') {
        None => is_year(date),
        // A leap year stands in for the withheld one, so that 29 February is a birthday.
        Some(("0000", rest)) => time::Date::parse(&format!("2000-{rest}"), &Iso8601::DATE).is_ok(),
        Some((year, _)) => is_year(year) && time::Date::parse(date, &Iso8601::DATE).is_ok(),
    }
}

/// All claims of an account, without `sub`. Nothing is null or empty (OIDC Core §5.3.2).
fn all(account: &Account) -> Map<String, Value> {
    let mut claims = match serde_json::to_value(&account.claims) {
        Ok(Value::Object(claims)) => claims,
        _ => Map::new(),
    };
    // One that is unique here stands before whatever the person is called elsewhere.
    if let Some(username) = &account.username {
        claims.insert("preferred_username".to_owned(), json!(username));
    }
    claims.insert("updated_at".to_owned(), json!(account.updated_at / 1000));
    claims.insert("email".to_owned(), json!(account.email));
    claims.insert("email_verified".to_owned(), json!(account.email_verified));
    claims
}

/// The claims of an account that the scope asks for, with its `sub`.
#[must_use]
pub fn of_scope(account: &Account, scope: &Scope) -> Map<String, Value> {
    let mut known = all(account);
    let mut shown = Map::new();
    shown.insert("sub".to_owned(), json!(account.id.to_string()));
    for (_, names) in BY_SCOPE.iter().filter(|(value, _)| scope.has(value)) {
        for name in *names {
            if let Some(value) = known.remove(*name) {
                shown.insert((*name).to_owned(), value);
            }
        }
    }
    shown
}

/// The claims of an account that have these names.
#[must_use]
pub fn named(account: &Account, names: &[String]) -> Map<String, Value> {
    let mut known = all(account);
    known.retain(|name, _| names.contains(name));
    known
}

/// Examples of what a scope shows, from the person's own account, for the consent page.
#[must_use]
pub fn examples(account: &Account, scope: &str) -> Vec<String> {
    let names =
        BY_SCOPE.iter().find(|(value, _)| *value == scope).map_or(&[][..], |(_, names)| names);
    values(account, names)
}

/// What these claims are for a person, as text.
#[must_use]
pub fn values(account: &Account, names: &[&str]) -> Vec<String> {
    let known = all(account);
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(members) => {
            let parts: Vec<_> = members.values().filter_map(Value::as_str).collect();
            Some(parts.join(", "))
        }
        _ => None,
    };
    names.iter().filter_map(|name| known.get(*name)).filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oidc_core_5_1_birthdate_is_a_date_a_date_without_year_or_a_year() {
        for good in ["1815-12-10", "0000-02-29", "1815"] {
            assert!(is_birthdate(good), "{good}");
        }
        for bad in ["1815-13-10", "10/12/1815", "1815-02-29", "15-12-10", ""] {
            assert!(!is_birthdate(bad), "{bad}");
        }
    }
}
