use std::process::abort;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::JoseError;

/// The protected header of what is sealed here, and no more than that: a value that names another
/// algorithm, claims to be compressed (inflating it would be without limit) or has anything else in
/// its header is not ours.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    alg: &'a str,
    enc: &'a str,
    typ: &'a str,
}

const ALGORITHM: &str = "dir";
const ENCRYPTION: &str = "A256GCM";
/// RFC 7518 §5.3: the initialization vector has 96 bits and the tag 128.
const IV: usize = 12;
const TAG: usize = 16;

/// Encrypts what travels through a browser or rests in the database, as compact JWE (RFC 7516) with
/// `dir` and A256GCM. The header's `typ`, which the encryption authenticates, keeps values that
/// were sealed for one purpose from being opened for another.
pub struct Sealer(RandomizedNonceKey);

impl Sealer {
    pub(super) fn new(key: [u8; 32]) -> Self {
        match RandomizedNonceKey::new(&AES_256_GCM, &key) {
            Ok(key) => Self(key),
            // The library refuses only keys of another length.
            Err(_) => abort(),
        }
    }

    /// Seals a value.
    ///
    /// # Errors
    /// The library's.
    pub fn seal(&self, typ: &str, value: &[u8]) -> Result<String, JoseError> {
        let header = Header { alg: ALGORITHM, enc: ENCRYPTION, typ };
        let header = serde_json::to_vec(&header).map_err(JoseError::new)?;
        let mut sealed =
            String::with_capacity((header.len() + IV + value.len() + TAG) * 4 / 3 + 10);
        URL_SAFE_NO_PAD.encode_string(header, &mut sealed);
        let mut bytes = Vec::with_capacity(value.len() + TAG);
        bytes.extend_from_slice(value);
        // RFC 7516 §5.1 step 14: the header, as it is written, is what is authenticated besides.
        let aad = Aad::from(sealed.as_bytes());
        let iv = self.0.seal_in_place_append_tag(aad, &mut bytes).map_err(JoseError::new)?;
        let (text, tag) = bytes.split_at(value.len());
        // RFC 7516 §3.1; RFC 7518 §4.5: with `dir` no key is in it.
        sealed.push_str("..");
        for (part, end) in [(iv.as_ref().as_slice(), "."), (text, "."), (tag, "")] {
            URL_SAFE_NO_PAD.encode_string(part, &mut sealed);
            sealed.push_str(end);
        }
        Ok(sealed)
    }

    /// Opens a value that was sealed with this `typ`. Every failure is the same `None`.
    #[must_use]
    pub fn open(&self, typ: &str, sealed: &str) -> Option<Vec<u8>> {
        let mut parts = sealed.split('.');
        let mut part = || parts.next();
        let (header, key, iv, text, tag) = (part()?, part()?, part()?, part()?, part()?);
        if !key.is_empty() || part().is_some() {
            return None;
        }
        let decoded = URL_SAFE_NO_PAD.decode(header).ok()?;
        let named: Header<'_> = serde_json::from_slice(&decoded).ok()?;
        if (named.alg, named.enc, named.typ) != (ALGORITHM, ENCRYPTION, typ) {
            return None;
        }
        let iv: [u8; IV] = URL_SAFE_NO_PAD.decode(iv).ok()?.try_into().ok()?;
        let mut bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let length = bytes.len();
        URL_SAFE_NO_PAD.decode_vec(tag, &mut bytes).ok()?;
        // What is shorter would be guessed in fewer tries.
        if bytes.len() != length + TAG {
            return None;
        }
        let aad = Aad::from(header.as_bytes());
        self.0.open_in_place(Nonce::from(&iv), aad, &mut bytes).ok()?;
        bytes.truncate(length);
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use josekit::jwe::{Dir, JweHeader, deserialize_compact, serialize_compact};

    use super::*;

    #[test]
    fn rfc7516_another_library_opens_what_is_sealed_and_the_other_way_round() {
        let (seals, key) = (Sealer::new([7; 32]), [7_u8; 32]);
        for value in [&b"what travels"[..], b"", &[0xff; 5000]] {
            let sealed = seals.seal("flow", value).unwrap();
            let decrypter = Dir.decrypter_from_bytes(key).unwrap();
            let (opened, header) = deserialize_compact(&sealed, &decrypter).unwrap();
            assert_eq!((opened.as_slice(), header.token_type()), (value, Some("flow")));
            let mut header = JweHeader::new();
            header.set_token_type("flow");
            header.set_content_encryption(ENCRYPTION);
            let encrypter = Dir.encrypter_from_bytes(key).unwrap();
            let theirs = serialize_compact(value, &header, &encrypter).unwrap();
            assert_eq!(seals.open("flow", &theirs).as_deref(), Some(value));
            for (name, more) in [("zip", "DEF"), ("kid", "another")] {
                let mut header = header.clone();
                header.set_claim(name, Some(more.into())).unwrap();
                let theirs = serialize_compact(value, &header, &encrypter).unwrap();
                assert_eq!(seals.open("flow", &theirs), None, "{name}");
            }
        }
        assert_ne!(seals.seal("flow", b"a").unwrap(), seals.seal("flow", b"a").unwrap());
        assert_eq!(Sealer::new([8; 32]).open("flow", &seals.seal("flow", b"a").unwrap()), None);
    }

    #[test]
    fn rfc7518_5_3_a_shortened_tag_opens_nothing() {
        let seals = Sealer::new([7; 32]);
        let whole = seals.seal("flow", b"what travels").unwrap();
        assert_eq!(seals.open("flow", &whole).as_deref(), Some(&b"what travels"[..]));
        assert_eq!(seals.open("another", &whole), None);
        let at = whole.rfind('.').unwrap() + 1;
        for end in at..whole.len() {
            assert_eq!(seals.open("flow", &whole[..end]), None, "{} characters", end - at);
        }
        for (at, _) in whole.char_indices() {
            let mut altered = whole.clone();
            altered.remove(at);
            assert_eq!(seals.open("flow", &altered), None, "without the one at {at}");
        }
    }
}
