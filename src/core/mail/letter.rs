//! What we write to people: plain words, and the same in HTML.

use askama::Template;

use crate::core::accounts::Account;
use crate::core::devices::Device;
use crate::core::language::Language;
use crate::core::proofs::FORGOT_PASSWORD;
use crate::core::sessions::Place;
use crate::core::{Fault, words};
use crate::outbox::Mail;

/// Whom a mail is for.
pub struct Reader<'a> {
    /// The address it goes to: not always the account's.
    pub to: &'a str,
    pub name: Option<&'a str>,
    pub language: Language,
}

impl<'a> Reader<'a> {
    /// The owner of an account, at its address. Who asked for it reads `language`; the account's own
    /// locale says it better.
    #[must_use]
    pub fn owner(account: &'a Account, language: Language) -> Self {
        let own = account.claims.locale.as_deref().and_then(Language::from_tag);
        Self {
            to: &account.email,
            name: account.claims.name.as_deref(),
            language: own.unwrap_or(language),
        }
    }
}

/// Where and when something was done.
pub struct Occasion<'a> {
    pub device: Option<Device>,
    pub ip: &'a str,
    /// In milliseconds since the Unix epoch.
    pub at: i64,
}

/// One variant per thing that we write about. Links hold a token.
pub enum Letter<'a> {
    VerifyEmail {
        link: &'a str,
    },
    ResetPassword {
        link: &'a str,
    },
    /// To the new address.
    ConfirmEmail {
        link: &'a str,
    },
    /// To the old address.
    EmailChangeAsked {
        email: &'a str,
        occasion: Occasion<'a>,
    },
    /// To the old address.
    EmailChanged {
        email: &'a str,
        occasion: Occasion<'a>,
    },
    /// By an operator, where there is no occasion.
    PasswordChanged {
        occasion: Option<Occasion<'a>>,
    },
    NewDevice {
        occasion: Occasion<'a>,
    },
    Locked {
        minutes: i64,
        occasion: Occasion<'a>,
    },
    /// An account elsewhere opens this one from now on.
    WayInAdded {
        upstream: &'a str,
        occasion: Occasion<'a>,
    },
}

impl Letter<'_> {
    /// What the ids of its words begin with.
    fn kind(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "verify-email",
            Self::ResetPassword { .. } => "reset-password",
            Self::ConfirmEmail { .. } => "confirm-email",
            Self::EmailChangeAsked { .. } => "email-change-asked",
            Self::EmailChanged { .. } => "email-changed",
            Self::PasswordChanged { .. } => "password-changed",
            Self::NewDevice { .. } => "new-device",
            Self::Locked { .. } => "locked",
            Self::WayInAdded { .. } => "way-in-added",
        }
    }

    fn occasion(&self) -> Option<&Occasion<'_>> {
        match self {
            Self::VerifyEmail { .. } | Self::ResetPassword { .. } | Self::ConfirmEmail { .. } => {
                None
            }
            Self::PasswordChanged { occasion } => occasion.as_ref(),
            Self::EmailChangeAsked { occasion, .. }
            | Self::EmailChanged { occasion, .. }
            | Self::NewDevice { occasion }
            | Self::Locked { occasion, .. }
            | Self::WayInAdded { occasion, .. } => Some(occasion),
        }
    }

    /// The mail. Every link in it leads to the issuer, whatever the request said of itself.
    pub(super) fn write(
        &self,
        reader: &Reader<'_>,
        brand: &str,
        issuer: &str,
    ) -> Result<Mail, Fault> {
        let language = reader.language;
        let kind = self.kind();
        let say = |part: &str, args: &[(&str, &str)]| {
            words::say_with(language, &format!("mail-{kind}-{part}"), args)
        };
        let minutes = match self {
            Self::Locked { minutes, .. } => minutes.to_string(),
            _ => String::new(),
        };
        let email = match self {
            Self::EmailChangeAsked { email, .. } | Self::EmailChanged { email, .. } => email,
            _ => "",
        };
        let upstream = match self {
            Self::WayInAdded { upstream, .. } => upstream,
            _ => "",
        };
        // What was done by somebody else is undone with a new password, whose link is not sent
        // unasked: this page sends one.
        let elsewhere = format!("{issuer}{FORGOT_PASSWORD}");
        let (link, is_secret) = match self {
            Self::VerifyEmail { link }
            | Self::ResetPassword { link }
            | Self::ConfirmEmail { link } => (*link, true),
            _ => (elsewhere.as_str(), false),
        };
        let args = [
            ("brand", brand),
            ("email", email),
            ("minutes", minutes.as_str()),
            ("upstream", upstream),
        ];
        let page = Page {
            language,
            subject: say("subject", &args),
            greeting: match reader.name.and_then(plain) {
                Some(name) => words::say_with(language, "mail-greeting", &[("name", &name)]),
                None => words::say(language, "mail-greeting-nobody"),
            },
            lead: say("lead", &args),
            facts: self.occasion().map(|it| it.facts(language)).unwrap_or_default(),
            ask: (!is_secret).then(|| words::say(language, "mail-not-you")),
            button: if is_secret {
                say("button", &args)
            } else {
                words::say(language, "mail-not-you-button")
            },
            link,
            note: is_secret.then(|| say("note", &args)),
            foot: words::say_with(language, "mail-foot", &[("brand", brand), ("issuer", issuer)]),
        };
        let failed = |error: askama::Error| Fault::new("write a mail", error);
        let html = page.render().map_err(failed)?;
        let text = Plain { page: &page }.render().map_err(failed)?;
        Ok(Mail { to: reader.to.to_owned(), subject: page.subject, text, html })
    }
}

impl<'a> Occasion<'a> {
    #[must_use]
    pub fn new(place: &'a Place, at: i64) -> Self {
        Self { device: Device::of(&place.user_agent), ip: &place.ip, at }
    }

    /// Labels and what stands beside them.
    fn facts(&self, language: Language) -> Vec<(String, String)> {
        let label = |id: &str| words::say(language, id);
        let device = match self.device {
            Some(device) => device.words(language),
            None => label("device-unknown"),
        };
        vec![
            (label("fact-when"), words::moment(language, self.at)),
            (label("fact-device"), device),
            (label("fact-address"), self.ip.to_owned()),
        ]
    }
}

/// A name as a mail may greet by it. Mail programs make a link of whatever looks like one, so a name
/// that does, or that is not one line, is left out.
fn plain(name: &str) -> Option<String> {
    let name = name.trim();
    let live = |(a, b): (char, char)| a == '.' && b.is_alphanumeric();
    let looks_live = name.contains(['/', '@', ':', '\\', '<', '>'])
        || name.chars().any(char::is_control)
        || name.chars().zip(name.chars().skip(1)).any(live);
    (!name.is_empty() && name.chars().count() <= 60 && !looks_live).then(|| name.to_owned())
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Page<'a> {
    language: Language,
    subject: String,
    greeting: String,
    lead: String,
    facts: Vec<(String, String)>,
    /// What stands before the button.
    ask: Option<String>,
    button: String,
    link: &'a str,
    note: Option<String>,
    foot: String,
}

#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct Plain<'a> {
    page: &'a Page<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://id.example.com";

    fn occasion() -> Occasion<'static> {
        let device = Device::of("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0");
        Occasion { device, ip: "192.0.2.7", at: 1_790_000_000_000 }
    }

    fn letters() -> Vec<Letter<'static>> {
        let link = "https://id.example.com/reset-password?token=abc";
        let email = "new@example.com";
        vec![
            Letter::VerifyEmail { link },
            Letter::ResetPassword { link },
            Letter::ConfirmEmail { link },
            Letter::EmailChangeAsked { email, occasion: occasion() },
            Letter::EmailChanged { email, occasion: occasion() },
            Letter::PasswordChanged { occasion: Some(occasion()) },
            Letter::NewDevice { occasion: occasion() },
            Letter::Locked { minutes: 15, occasion: occasion() },
            Letter::WayInAdded { upstream: "Authentik", occasion: occasion() },
        ]
    }

    fn write(letter: &Letter<'_>, name: &str, language: Language) -> Mail {
        let reader = Reader { to: "ada@example.com", name: Some(name), language };
        letter.write(&reader, "Acme ID", ISSUER).unwrap()
    }

    #[test]
    fn every_letter_has_words_in_every_language() {
        for letter in letters() {
            for language in Language::ALL {
                let mail = write(&letter, "Ada", language);
                for text in [&mail.subject, &mail.text, &mail.html] {
                    for id in ["mail-", "fact-", "device-unknown", "month-", "{ $"] {
                        assert!(!text.contains(id), "{text}");
                    }
                }
                assert!(mail.text.contains(ISSUER) && mail.html.contains(ISSUER));
                assert!(mail.text.contains("Ada"));
            }
        }
    }

    #[test]
    fn peer_cve_2022_31127_a_name_brings_neither_markup_nor_a_link_along() {
        for name in [
            "<a href=x>Win</a>",
            "https://evil.example/",
            "evil.example",
            "Ada\r\nBcc: b@example.com",
            "Ada. Go to www.evil.example now",
            "a@evil.example",
        ] {
            for letter in letters() {
                let mail = write(&letter, name, Language::En);
                for text in [&mail.subject, &mail.text, &mail.html] {
                    assert!(!text.contains("evil") && !text.contains("Win"), "{name}: {text}");
                }
            }
        }
        assert_eq!(plain("Ada & <Grace>"), None);
        let mail = write(&letters()[0], "Ada & Grace", Language::En);
        assert!(mail.html.contains("Ada &#38; Grace"), "{}", mail.html);
        assert!(mail.text.contains("Ada & Grace"));
    }
}
