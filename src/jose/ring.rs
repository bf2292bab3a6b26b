use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Validation;
use serde::de::DeserializeOwned;

use super::{Algorithm, SigningKey};

/// Longer texts are no token of ours; refused before any work.
const LONGEST_TOKEN: usize = 16 * 1024;

/// The kinds of JWT we sign. They do not substitute for one another: the header's `typ` tells them
/// apart (RFC 8725 §3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    Id,
    Access,
    Refresh,
    UserInfo,
}

impl TokenKind {
    /// All kinds, in the order of their discriminants.
    pub const ALL: [Self; 4] = [Self::Id, Self::Access, Self::Refresh, Self::UserInfo];

    /// The header's `typ`. RFC 9068 §2.1 for access tokens; ID tokens keep the customary `JWT`.
    #[must_use]
    pub const fn typ(self) -> &'static str {
        match self {
            // Relying parties refuse other values; what tells the two apart is that an answer about a
            // person has no `exp`, which every ID token must have.
            Self::Id | Self::UserInfo => "JWT",
            Self::Access => "at+jwt",
            Self::Refresh => "rt+jwt",
        }
    }
}

/// When a key does what, in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    pub signs_from: i64,
    /// Known once a successor stands in the JWKS.
    pub signs_until: Option<i64>,
    /// When all that it signed has expired.
    pub leaves_at: Option<i64>,
    /// Taken out of use because it was compromised.
    pub retired_at: Option<i64>,
}

/// Where in its life a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// In the JWKS so that relying parties know it before it signs (OIDC Core §10.1.1).
    Next,
    Current,
    /// In the JWKS until what it signed has expired.
    Last,
    /// Neither signs nor verifies.
    Gone,
}

impl Phase {
    /// Its name, for an operator.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Current => "current",
            Self::Last => "last",
            Self::Gone => "gone",
        }
    }
}

impl Life {
    /// The phase at that time.
    #[must_use]
    pub fn phase(&self, now: i64) -> Phase {
        if self.retired_at.is_some() || self.leaves_at.is_some_and(|at| at <= now) {
            Phase::Gone
        } else if self.signs_until.is_some_and(|until| until <= now) {
            // One that was to sign next, too, where another took its place before.
            Phase::Last
        } else if now < self.signs_from {
            Phase::Next
        } else {
            Phase::Current
        }
    }
}

/// A key and its life.
#[derive(Clone)]
pub struct RingKey {
    pub key: Arc<SigningKey>,
    pub life: Life,
}

/// All keys a node knows, as they stood when it last looked. The phases follow the clock by
/// themselves, so a rotation takes place at the same moment on all nodes.
#[derive(Default)]
pub struct Ring {
    keys: Vec<RingKey>,
}

/// The token is not one of ours, or not of this kind, or was altered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid token of this kind")]
pub struct Invalid;

impl Ring {
    #[must_use]
    pub fn new(keys: Vec<RingKey>) -> Self {
        Self { keys }
    }

    /// The keys, for listing and for reuse when the ring is made anew.
    #[must_use]
    pub fn keys(&self) -> &[RingKey] {
        &self.keys
    }

    /// The key that signs with this algorithm: of several (a moment of overlap), the newest. A node
    /// whose clock lags behind the one that made the first key signs with it all the same.
    #[must_use]
    pub fn signer(&self, algorithm: Algorithm, now: i64) -> Option<&Arc<SigningKey>> {
        let in_phase = |phase| {
            self.keys.iter().filter(move |held| {
                held.key.algorithm == algorithm && held.life.phase(now) == phase
            })
        };
        in_phase(Phase::Current)
            .max_by_key(|held| held.life.signs_from)
            .or_else(|| in_phase(Phase::Next).min_by_key(|held| held.life.signs_from))
            .map(|held| &held.key)
    }

    /// The JWK Set (RFC 7517 §5), as JSON: public halves of the next, the current and the last keys.
    #[must_use]
    pub fn jwks(&self, now: i64) -> String {
        let published = self.keys.iter().filter(|held| held.life.phase(now) != Phase::Gone);
        let keys: Vec<_> = published.map(|held| held.key.public.as_str()).collect();
        format!(r#"{{"keys":[{}]}}"#, keys.join(","))
    }

    /// Checks the signature, the algorithm and the kind, and reads the claims. Whether they hold
    /// (issuer, audience, times) is the caller's to check. Of an access token that comes back the key
    /// remembers that its signature holds, for as long as the key is one of the ring's.
    ///
    /// # Errors
    /// One answer for every failure.
    pub fn verify<C: DeserializeOwned>(
        &self,
        kind: TokenKind,
        token: &str,
        now: i64,
    ) -> Result<C, Invalid> {
        if token.len() > LONGEST_TOKEN {
            return Err(Invalid);
        }
        let held = self.keys.iter().filter(|held| held.life.phase(now) != Phase::Gone);
        if held.clone().any(|held| held.key.has_verified(kind, token)) {
            return claims(token);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Invalid)?;
        // The kid is a look-up string and nothing else; keys named or carried by the token itself,
        // and extensions that we would have to understand, are refused (RFC 8725 §3.10).
        let foreign = header.jwk.is_some()
            || header.jku.is_some()
            || header.x5u.is_some()
            || header.x5c.is_some()
            || header.crit.is_some();
        if foreign || header.typ.as_deref() != Some(kind.typ()) {
            return Err(Invalid);
        }
        let named = header.kid.ok_or(Invalid)?;
        let key = held.map(|held| &held.key).find(|key| key.kid == named).ok_or(Invalid)?;
        // The algorithm is the key's, never the header's (RFC 8725 §3.1).
        let mut validation = Validation::new(key.algorithm.of_library());
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let data = jsonwebtoken::decode(token, &key.decoding, &validation);
        let claims = data.map_err(|_| Invalid)?.claims;
        key.note_verified(kind, token);
        Ok(claims)
    }
}

/// The claims of a token whose signature is known to hold.
fn claims<C: DeserializeOwned>(token: &str) -> Result<C, Invalid> {
    let part = token.split('.').nth(1).ok_or(Invalid)?;
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| Invalid)?;
    serde_json::from_slice(&json).map_err(|_| Invalid)
}

#[cfg(test)]
mod tests {
    use super::Phase::{Current, Gone, Last, Next};
    use super::*;

    #[test]
    fn a_key_is_published_before_it_signs_and_stays_until_what_it_signed_has_expired() {
        let life =
            Life { signs_from: 10, signs_until: Some(20), leaves_at: Some(30), retired_at: None };
        let phases = [9, 10, 19, 20, 29, 30].map(|now| life.phase(now));
        assert_eq!(phases, [Next, Current, Current, Last, Last, Gone]);
    }

    #[test]
    fn a_key_whose_place_was_taken_before_it_signed_is_not_next() {
        let life =
            Life { signs_from: 20, signs_until: Some(10), leaves_at: Some(30), retired_at: None };
        assert_eq!([10, 20, 30].map(|now| life.phase(now)), [Last, Last, Gone]);
    }

    #[test]
    fn a_retired_key_is_gone_at_once() {
        let life =
            Life { signs_from: 10, signs_until: None, leaves_at: None, retired_at: Some(15) };
        assert_eq!(life.phase(12), Gone);
    }
}
