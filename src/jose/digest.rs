//! SHA-256 and HMAC-SHA-256.

use aws_lc_rs::{constant_time, digest, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// SHA-256: how secrets of full entropy are stored.
#[must_use]
pub fn sha256(data: &[u8]) -> [u8; 32] {
    #[cfg(test)]
    WORK.with_borrow_mut(|work| work.digests += 1);
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, data).as_ref());
    out
}

/// BASE64URL(SHA256(ASCII(data))): the S256 of PKCE (RFC 7636 §4.2).
#[must_use]
pub fn s256(data: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(data.as_bytes()))
}

/// The left half of the SHA-256, in base64url: `at_hash` and `c_hash` for every algorithm with a
/// 256-bit hash (OIDC Core §3.1.3.6). Ed25519 hashes with SHA-512; see [`left_half_512`].
#[must_use]
pub fn left_half(data: &str) -> String {
    URL_SAFE_NO_PAD.encode(&sha256(data.as_bytes())[..16])
}

/// The left half of the SHA-512, for ID tokens signed with `EdDSA` on Ed25519.
#[must_use]
pub fn left_half_512(data: &str) -> String {
    URL_SAFE_NO_PAD.encode(&digest::digest(&digest::SHA512, data.as_bytes()).as_ref()[..32])
}

/// HMAC-SHA-256 of the parts, each preceded by its length so that no two lists of parts collide.
#[must_use]
pub fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let mut context = hmac::Context::with_key(&key);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    URL_SAFE_NO_PAD.encode(context.sign().as_ref())
}

/// Compares without telling by its duration where two values differ.
#[must_use]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    #[cfg(test)]
    WORK.with_borrow_mut(|work| work.comparisons += 1);
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// What a thread has done here, for tests that two outcomes are the same work.
#[cfg(test)]
#[derive(Clone, Copy, Default)]
pub struct Work {
    pub digests: u32,
    pub comparisons: u32,
}

#[cfg(test)]
thread_local! {
    static WORK: std::cell::RefCell<Work> = std::cell::RefCell::default();
}

#[cfg(test)]
#[must_use]
pub fn work() -> Work {
    WORK.with_borrow(|work| *work)
}
