//! Where somebody goes on to who had to sign in first: a page of ours that stands on one list. Nothing
//! else is ever followed, however it is written (ASVS 1.2.2, R3).

use super::account;
use crate::app::paths;

/// The page of ours that was asked for; none for anything that is not on the list, letter by letter.
pub fn page(asked: Option<&str>) -> Option<&'static str> {
    let asked = asked?;
    let own = account::SECTIONS.iter().map(|section| section.path);
    own.chain([paths::ACCOUNT, paths::HOME]).find(|path| *path == asked)
}

/// The page that a path belongs to: a section's own, and what lies below it.
pub fn page_of(path: &str) -> &'static str {
    let below = |section: &&&account::Section| {
        path.strip_prefix(section.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    account::SECTIONS.iter().find(below).map_or(paths::ACCOUNT, |section| section.path)
}

/// Where a person signs in, or up, on the way to an app or to a page of ours.
pub fn entry(door: &str, sealed: Option<&str>, next: Option<&'static str>) -> String {
    match (sealed, next) {
        (Some(sealed), _) => paths::with_flow(door, sealed),
        (None, Some(next)) => paths::with_next(door, next),
        (None, None) => door.to_owned(),
    }
}

/// Where whoever is signed in proves it once more, and then goes on.
pub fn again(next: &'static str) -> String {
    format!("{}&again=1", entry(paths::SIGN_IN, None, Some(next)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asvs_1_2_2_only_pages_on_the_list_are_gone_on_to() {
        for own in ["/", "/account", "/account/sessions", "/password", "/email"] {
            assert_eq!(page(Some(own)), Some(own));
        }
        for foreign in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example/account",
            "/account/",
            "/account/../sign-out",
            "/ACCOUNT",
            "/account?x=1",
            "/sign-out",
            "/account/sessions/end",
            "javascript:alert(1)",
        ] {
            assert_eq!(page(Some(foreign)), None, "{foreign}");
        }
        assert_eq!(page(None), None);
    }

    #[test]
    fn what_lies_below_a_section_leads_back_to_it() {
        assert_eq!(page_of("/account/sessions/end"), "/account/sessions");
        assert_eq!(page_of("/account/sessionsx"), "/account");
        assert_eq!(page_of("/account"), "/account");
        assert_eq!(page_of("/password"), "/password");
    }
}
