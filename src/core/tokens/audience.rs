//! Who an access token is meant for (RFC 8707, RFC 9068 §3).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::core::{Core, Refusal};

/// One audience as a string, several as an array (RFC 7519 §4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience<'c> {
    One(Cow<'c, str>),
    Many(Vec<Cow<'c, str>>),
}

impl Audience<'_> {
    #[must_use]
    pub fn has(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Many(many) => many.iter().any(|one| one == audience),
        }
    }
}

impl Core {
    /// The audience of a token for those resources; without any it is for our own endpoints.
    pub(in crate::core) fn audience<'c>(&'c self, resources: &'c [String]) -> Audience<'c> {
        match resources {
            [] => Audience::One(self.rules.issuer.as_str().into()),
            [only] => Audience::One(only.into()),
            several => Audience::Many(several.iter().map(Cow::from).collect()),
        }
    }

    /// Whether a token may be asked for that resource: one that a client of ours serves, or our own
    /// endpoints.
    #[must_use]
    pub fn has_resource(&self, resource: &str) -> bool {
        resource == self.rules.issuer || self.serves(resource)
    }
}

/// The resources that a token is made for: those asked for, which must be among the granted ones
/// (RFC 8707 §2.2), else all of them. Where none was granted by name, there is none to ask for.
///
/// # Errors
/// [`Refusal::TargetUnknown`].
pub(in crate::core) fn narrow(
    granted: &str,
    asked: &[String],
    issuer: &str,
) -> Result<Vec<String>, Refusal> {
    let granted: Vec<&str> = granted.split_ascii_whitespace().collect();
    if asked.is_empty() {
        return Ok(granted.into_iter().map(str::to_owned).collect());
    }
    let may =
        |one: &String| granted.contains(&one.as_str()) || (granted.is_empty() && one == issuer);
    if asked.iter().all(may) { Ok(asked.to_vec()) } else { Err(Refusal::TargetUnknown) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc8707_2_2_a_token_is_for_resources_that_were_granted() {
        let all = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let (granted, us) = ("https://a.example https://b.example", "https://id.example");
        assert_eq!(narrow(granted, &[], us), Ok(all(&["https://a.example", "https://b.example"])));
        let one = all(&["https://b.example"]);
        assert_eq!(narrow(granted, &one, us), Ok(one));
        for foreign in ["https://c.example", "https://a.example/", us] {
            assert_eq!(narrow(granted, &all(&[foreign]), us), Err(Refusal::TargetUnknown));
        }
        assert_eq!(narrow("", &all(&[us]), us), Ok(all(&[us])));
        assert_eq!(narrow("", &[], us), Ok(Vec::new()));
    }
}
