//! Scope: which scopes there are, and sets of them that only ever narrow.

use std::fmt;

/// The scopes that OpenID Connect itself defines (OIDC Core §5.4, §11).
pub const STANDARD: [&str; 6] =
    ["openid", "profile", "email", "address", "phone", "offline_access"];

/// A set of scope values, in the order in which they were asked for, as it is written: one space between
/// two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope(String);

/// The text is no scope.
#[derive(Debug, PartialEq, Eq)]
pub struct MalformedScope;

impl Scope {
    /// Reads a space-separated list (RFC 6749 §3.3). Repetitions count once.
    ///
    /// # Errors
    /// A character outside `%x21 / %x23-5B / %x5D-7E`, or an empty value between two spaces.
    pub fn parse(text: &str) -> Result<Self, MalformedScope> {
        let mut scope = Self(String::with_capacity(text.len()));
        for value in text.split(' ') {
            let is_token = |b: u8| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            if value.is_empty() || !value.bytes().all(is_token) {
                return Err(MalformedScope);
            }
            scope.add(value);
        }
        Ok(scope)
    }

    /// Reads what [`fmt::Display`] wrote.
    #[must_use]
    pub fn stored(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// A single claim, where what a person allowed is kept. It begins with a character that no scope
    /// value may hold (RFC 6749 §3.3), so none can be taken for it.
    #[must_use]
    pub fn of_claim(name: &str) -> Self {
        Self(format!("\"{name}"))
    }

    /// Every standard scope.
    #[must_use]
    pub fn standard() -> Self {
        Self(STANDARD.join(" "))
    }

    #[must_use]
    pub fn has(&self, value: &str) -> bool {
        self.iter().any(|known| known == value)
    }

    /// Whether every value of this is in the other.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.iter().all(|value| other.has(value))
    }

    /// A copy without some values.
    #[must_use]
    pub fn without(&self, values: &[&str]) -> Self {
        let mut rest = Self::default();
        self.iter().filter(|known| !values.contains(known)).for_each(|value| rest.add(value));
        rest
    }

    /// All values of both.
    #[must_use]
    pub fn union(mut self, other: &Self) -> Self {
        other.iter().for_each(|value| self.add(value));
        self
    }

    fn add(&mut self, value: &str) {
        if !self.has(value) {
            if !self.0.is_empty() {
                self.0.push(' ');
            }
            self.0.push_str(value);
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The values, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split_ascii_whitespace()
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rfc6749_3_3_a_scope_is_tokens_with_one_space_between() {
        assert_eq!(Scope::parse("openid email openid").unwrap().to_string(), "openid email");
        for bad in ["", " ", "openid ", "openid  email", "op\"enid", "op\\enid", "é", "a\tb"] {
            assert_eq!(Scope::parse(bad), Err(MalformedScope), "{bad:?} passed");
        }
    }

    proptest! {
        #[test]
        fn a_narrowed_scope_is_within_what_it_came_from(values in proptest::collection::vec("[a-z]{1,6}", 1..8), drop in 0_usize..8) {
            let full = Scope::parse(&values.join(" ")).unwrap();
            let gone: Vec<_> = values.get(drop).map(String::as_str).into_iter().collect();
            let narrowed = full.without(&gone);
            prop_assert!(narrowed.is_within(&full));
            prop_assert_eq!(full.is_within(&narrowed), narrowed == full);
            prop_assert_eq!(narrowed.clone().union(&full).iter().count(), full.iter().count());
        }
    }
}
