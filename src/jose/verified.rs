use std::sync::{Mutex, PoisonError};

use super::digest;

/// Tokens remembered of one key.
const SLOTS: usize = 2048;

/// The tokens whose signature by one key was checked a while ago: an app shows its token with every
/// request, and an ES256 signature takes longer to check than all the rest of the request. It says
/// nothing else of a token: whether it has expired or was revoked is looked at each time.
///
/// What is kept is the SHA-256 of the whole token, signature included, so that another signature or
/// header under the same claims is another token. The digest chooses the slot, and who comes later
/// takes it: the memory is bounded (64 KiB), and nobody fills it but with tokens that the key signed.
/// It goes with its key, and is made when the first token comes.
#[derive(Default)]
pub(super) struct Verified(Mutex<Vec<[u8; 32]>>);

impl Verified {
    pub fn has(&self, token: &str) -> bool {
        let digest = digest::sha256(token.as_bytes());
        let slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.get(slot(digest)).is_some_and(|held| digest::equal(held, &digest))
    }

    /// Only for a token whose signature holds.
    pub fn note(&self, token: &str) {
        let digest = digest::sha256(token.as_bytes());
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // No text is known that has this digest.
        slots.resize(SLOTS, [0; 32]);
        if let Some(held) = slots.get_mut(slot(digest)) {
            *held = digest;
        }
    }
}

fn slot([high, low, ..]: [u8; 32]) -> usize {
    usize::from(u16::from_be_bytes([high, low])) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_tokens_takes_no_more_than_its_slots() {
        let verified = Verified::default();
        assert!(!verified.has("a") && verified.0.lock().unwrap().is_empty(), "made by the first");
        for number in 0..3 * SLOTS {
            let token = number.to_string();
            verified.note(&token);
            assert!(verified.has(&token));
        }
        assert_eq!(verified.0.lock().unwrap().capacity(), SLOTS);
        let kept = (0..3 * SLOTS).filter(|number| verified.has(&number.to_string())).count();
        assert!((1..=SLOTS).contains(&kept), "{kept}");
    }
}
