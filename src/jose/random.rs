//! The one place that randomness comes from.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::Secret;

/// Random bytes from the operating system's generator.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // aws-lc aborts the process when the operating system has no randomness to give, so the only
    // error left is none; an all-zero answer must never leave this function all the same.
    if rand::fill(&mut bytes).is_err() {
        std::process::abort();
    }
    bytes
}

/// An unguessable value of 256 bits, 43 characters of base64url.
#[must_use]
pub fn token() -> Secret {
    Secret::new(URL_SAFE_NO_PAD.encode(bytes::<32>()))
}

/// A prefix and 32 random letters and digits: 190 bits.
#[must_use]
pub fn key(prefix: &str) -> Secret {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut key = String::with_capacity(prefix.len() + 32);
    key.push_str(prefix);
    while key.len() < prefix.len() + 32 {
        // What lies beyond the alphabet is thrown away, so that each character is as likely.
        let drawn = bytes::<32>().into_iter().filter_map(|b| ALPHABET.get(usize::from(b & 63)));
        let missing = prefix.len() + 32 - key.len();
        key.extend(drawn.take(missing).map(|&character| char::from(character)));
    }
    Secret::new(key)
}

/// What no other token has (RFC 7519 §4.1.7), 22 characters of base64url. A token is not opened by it.
#[must_use]
pub fn jti() -> String {
    unlike_others("")
}

/// A prefix and 128 random bits.
#[must_use]
pub fn named(prefix: &str) -> String {
    written(prefix, bytes())
}

/// A prefix, and what no other call returned, on no node. It opens nothing, and so need not come from the
/// generator, which takes a microsecond: it is what two keyed hashes make of a count, their keys drawn at
/// the start, and nobody can tell from two of them how many lie between.
#[must_use]
pub fn unlike_others(prefix: &str) -> String {
    static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(Default::default);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let [high, low] = KEYS.each_ref().map(|key| u128::from(key.hash_one(count)));
    written(prefix, (high << 64 | low).to_be_bytes())
}

fn written(prefix: &str, bytes: [u8; 16]) -> String {
    let mut text = String::with_capacity(prefix.len() + 22);
    text.push_str(prefix);
    URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
    text
}

/// A `UUIDv7` (RFC 9562 §5.7) of that time.
#[must_use]
pub fn id(now: i64) -> Uuid {
    let milliseconds = u64::try_from(now).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &bytes()).into_uuid()
}

/// What sorts before every `UUIDv7` of that time and after, and behind all of before.
#[must_use]
pub fn first_id(now: i64) -> Uuid {
    Uuid::from_u128(u128::from(u64::try_from(now).unwrap_or_default()) << 80)
}

/// A `UUIDv7` of that time that sorts after those this process made before it in the same
/// millisecond (RFC 9562 §6.2, method 1).
#[must_use]
pub fn ordered_id(now: i64) -> Uuid {
    static MADE: AtomicU16 = AtomicU16::new(0);
    let milliseconds = u64::try_from(now).unwrap_or_default();
    let mut rest: [u8; 10] = bytes();
    rest[..2].copy_from_slice(&MADE.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &rest).into_uuid()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_that_open_nothing_are_all_different_and_tell_no_count() {
        let names: Vec<_> = (0..10_000).map(|_| unlike_others("req_")).collect();
        assert!(names.iter().all(|name| name.len() == 26 && name.starts_with("req_")));
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        // Either half is another each time: neither is the count, nor the keys.
        for half in [4..14, 16..26] {
            let halves: BTreeSet<_> = names.iter().map(|name| &name[half.clone()]).collect();
            assert_eq!(halves.len(), names.len());
        }
        assert!(!names.is_sorted());
    }
}
