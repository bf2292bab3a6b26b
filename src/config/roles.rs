use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[roles]`: what whoever has a role may do. `admin` holds `*` unless it says otherwise.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Roles(pub BTreeMap<String, Vec<String>>);

/// Every permission there is.
pub const PERMISSIONS: [&str; 6] = [
    "users:read",
    "authentication:create",
    "authentication:read",
    "authentication:update",
    "authentication:delete",
    "authentication:any",
];

impl Default for Roles {
    fn default() -> Self {
        Self(BTreeMap::from([("admin".to_owned(), vec!["*".to_owned()])]))
    }
}

impl Roles {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        for (role, permissions) in &self.0 {
            let key = || format!("roles.{role}");
            let is_name = |b: u8| b.is_ascii_alphanumeric() || b"_-.:/".contains(&b);
            if role.is_empty() || role.len() > 64 || !role.bytes().all(is_name) {
                let expected = "expected a name of up to 64 letters, digits and _-.:/";
                return Err(ConfigError::wrong(key(), expected));
            }
            if let Some(unknown) = permissions.iter().find(|given| !gives_something(given)) {
                let expected = format!(
                    "{unknown:?} is no permission: expected *, users:*, authentication:* or one of {}",
                    PERMISSIONS.join(", ")
                );
                return Err(ConfigError::wrong(key(), expected));
            }
        }
        Ok(())
    }
}

fn gives_something(given: &str) -> bool {
    PERMISSIONS.iter().any(|permission| gives(given, permission))
}

/// Whether what a role holds gives that permission: all, all of a kind, or the very one.
#[must_use]
pub fn gives(given: &str, permission: &str) -> bool {
    match given.strip_suffix('*') {
        Some("") => true,
        Some(kind) => kind.ends_with(':') && permission.starts_with(kind),
        None => given == permission,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_is_given_by_itself_by_its_kind_or_by_everything() {
        assert!(gives("*", "users:read"));
        assert!(gives("users:*", "users:read"));
        assert!(gives("users:read", "users:read"));
        for other in ["users", "users:", "user*", "users:r*", "authentication:*", "Users:read", ""]
        {
            assert!(!gives(other, "users:read"), "{other}");
        }
    }

    #[test]
    fn a_role_that_gives_nothing_is_a_mistake() {
        let roles = |permission: &str| {
            Roles(BTreeMap::from([("editor".to_owned(), vec![permission.to_owned()])])).check()
        };
        assert!(roles("authentication:*").is_ok());
        let error = roles("authentication:write").unwrap_err().to_string();
        assert!(error.starts_with("configuration key `roles.editor`"), "{error}");
    }
}
