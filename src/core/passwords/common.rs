//! The passwords that are guessed first.

/// Those of at least 8 characters among the 30,000 commonest, in lower case, one a line; shorter ones
/// are refused anyway. From zxcvbn, under the licence beside it.
const COMMON: &str = include_str!("common.txt");

/// Whether a password is one of the commonest, in upper or lower case, or one of `own`: what others
/// know of the person (ASVS 6.2.4, 6.2.5).
pub fn is_common<'a>(password: &str, own: impl IntoIterator<Item = &'a str>) -> bool {
    let password = password.trim().to_lowercase();
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    COMMON.lines().any(|common| common == password)
        || own.into_iter().map(str::to_lowercase).any(|own| {
            let local = own.split('@').next().unwrap_or_default();
            !own.is_empty()
                && (password == own || password == local || squeezed(&password) == squeezed(&own))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asvs_6_2_4_the_commonest_passwords_are_known_in_any_case() {
        for common in ["password", "Password", "PASSWORD1", "qwertyuiop", "123456789", "letmein1"] {
            assert!(is_common(common, []), "{common}");
        }
        for good in ["correct horse battery", "a quiet analytical engine", "Tr0ub4dor-and-3"] {
            assert!(!is_common(good, []), "{good}");
        }
        assert!(COMMON.lines().count() > 3_000);
    }

    #[test]
    fn what_others_know_of_a_person_is_no_password() {
        let own = ["Ada.Lovelace@example.com", "Ada Lovelace"];
        for bad in ["ada.lovelace@EXAMPLE.com", "ada.lovelace", "AdaLovelace", "Ada  Lovelace"] {
            assert!(is_common(bad, own), "{bad}");
        }
        assert!(!is_common("Ada Lovelace was first", own));
        assert!(!is_common("correct horse battery", [""]));
    }
}
