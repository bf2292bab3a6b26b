use josekit::jwe::{Dir, JweContext, JweHeader};

use super::JoseError;

const ENCRYPTION: &str = "A256GCM";

/// Encrypts what travels through a browser or rests in the database, as compact JWE (RFC 7516) with
/// `dir` and A256GCM. The header's `typ`, which the encryption authenticates, keeps values that
/// were sealed for one purpose from being opened for another.
pub struct Sealer {
    key: [u8; 32],
    context: JweContext,
}

impl Sealer {
    pub(super) fn new(key: [u8; 32]) -> Self {
        let mut context = JweContext::new();
        // A sealed value never is compressed, so one that claims to be is not ours; inflating it
        // would be without limit.
        context.remove_compression("DEF");
        Self { key, context }
    }

    /// Seals a value.
    ///
    /// # Errors
    /// The library's.
    pub fn seal(&self, typ: &str, value: &[u8]) -> Result<String, JoseError> {
        let mut header = JweHeader::new();
        header.set_token_type(typ);
        header.set_content_encryption(ENCRYPTION);
        let encrypter = Dir.encrypter_from_bytes(self.key).map_err(JoseError::new)?;
        self.context.serialize_compact(value, &header, &encrypter).map_err(JoseError::new)
    }

    /// Opens a value that was sealed with this `typ`. Every failure is the same `None`.
    #[must_use]
    pub fn open(&self, typ: &str, sealed: &str) -> Option<Vec<u8>> {
        if !has_whole_tag(sealed) {
            return None;
        }
        let decrypter = Dir.decrypter_from_bytes(self.key).ok()?;
        let (value, header) = self
            .context
            .deserialize_compact_with_selector(sealed, |header| {
                let ours = header.content_encryption() == Some(ENCRYPTION)
                    && header.token_type() == Some(typ);
                Ok(ours.then_some(&decrypter as &dyn josekit::jwe::JweDecrypter))
            })
            .ok()?;
        (header.token_type() == Some(typ)).then_some(value)
    }
}

/// RFC 7518 §5.3: the tag has 128 bits and the initialization vector 96. The library checks no more
/// of a tag than it is given, and one of a single byte would be guessed in 256 tries.
fn has_whole_tag(sealed: &str) -> bool {
    let mut parts = sealed.split('.').skip(2);
    let (iv, _, tag) = (parts.next(), parts.next(), parts.next());
    iv.is_some_and(|iv| iv.len() == 16) && tag.is_some_and(|tag| tag.len() == 22)
}

#[cfg(test)]
mod tests {
    use super::*;

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
