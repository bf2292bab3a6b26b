//! The one function that says which e-mail addresses are one: for every face, limit and link.

use unicode_normalization::UnicodeNormalization as _;

use super::Refusal;

/// Longest address that mail can carry (RFC 5321 §4.5.3.1.3, less the angle brackets).
const LONGEST: usize = 254;

/// An address as the person typed it, and what it is compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    pub typed: String,
    pub key: String,
}

impl Email {
    /// Trims, normalises (NFC), folds the case, then checks: validation comes after normalisation,
    /// so that no look-alike passes the check and becomes another address later.
    ///
    /// # Errors
    /// [`Refusal::EmailMalformed`].
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let typed: String = text.trim().nfc().collect();
        let key = fold(&typed);
        // Compatibility forms (a full-width ＠ or comma) become ASCII somewhere along a mail's way.
        let compatible: String = key.nfkc().collect();
        if key != compatible || !is_address(&key) {
            return Err(Refusal::EmailMalformed);
        }
        Ok(Self { typed, key })
    }
}

/// What an identifier is compared by, be it an address or not: trimmed, composed, in lower case.
pub(super) fn fold(text: &str) -> String {
    let composed: String = text.trim().nfc().collect();
    composed.to_lowercase().nfc().collect()
}

fn is_address(key: &str) -> bool {
    let Some((local, domain)) = key.split_once('@') else { return false };
    let forbidden = |c: char| {
        c.is_control() || c.is_whitespace() || "@,;:\"'`()<>[]\\|{}".contains(c) || is_invisible(c)
    };
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| {
                c.is_alphanumeric() || c == '-' || unicode_normalization::char::is_combining_mark(c)
            })
    };
    key.len() <= LONGEST
        && !local.is_empty()
        && local.len() <= 64
        && !local.chars().any(forbidden)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.split('.').all(label)
        && (domain.contains('.') || domain == "localhost")
}

/// Format characters that show nothing: zero-width ones, directional marks, the soft hyphen.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::Email;

    #[test]
    fn case_and_surrounding_space_do_not_make_another_address() {
        let email = Email::parse("  Ada.Lovelace@Example.COM ").unwrap();
        assert_eq!(email.typed, "Ada.Lovelace@Example.COM");
        assert_eq!(email.key, "ada.lovelace@example.com");
    }

    #[test]
    fn composed_and_decomposed_forms_are_one() {
        let composed = Email::parse("zo\u{eb}@example.com").unwrap();
        let decomposed = Email::parse("zoe\u{308}@example.com").unwrap();
        assert_eq!(composed, decomposed);
    }

    #[test]
    fn ghsa_7rqj_j65f_68wh_look_alikes_are_refused_after_normalising() {
        for bad in [
            "a@b",
            "a.example.com",
            "a@b@example.com",
            "a@example.com,b@example.com",
            "a b@example.com",
            "a\n@example.com",
            "\"a\"@example.com",
            "a\u{ff20}example.com",
            "a@ex\u{ff0e}ample.com",
            "a\u{200b}@example.com",
            "@example.com",
            "a@",
            "a@.com",
            "a@-b.com",
            ".a@example.com",
            "a..b@example.com",
            "",
        ] {
            assert!(Email::parse(bad).is_err(), "{bad:?} passed");
        }
    }
}
