//! What people say of themselves on their own page: the standard claims that apps may ask for, and the
//! username.

use unic_langid::LanguageIdentifier;

use super::enter::check_name;
use super::{Account, is_username};
use crate::core::audit::{Actor, Event, Note};
use crate::core::avatars::is_picture_url;
use crate::core::claims::{StandardClaims, is_birthdate};
use crate::core::refusal::OrFault as _;
use crate::core::sessions::{Owner, Place};
use crate::core::{Core, Failure, Refusal};
use crate::store;

/// How often a change begins anew because another one came first.
const TRIES: u32 = 5;
/// Of a claim that is a few words, in characters.
const LONGEST: usize = 128;
/// Of the digits of a telephone number (ITU-T E.164 §6.2.1).
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// All of it; what is empty is not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    pub name: String,
    pub given_name: String,
    pub family_name: String,
    pub nickname: String,
    pub username: String,
    pub website: String,
    pub birthdate: String,
    pub zoneinfo: String,
    pub locale: String,
    pub phone_number: String,
}

impl Details {
    /// What an account says now.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        let text = |claim: &Option<String>| claim.clone().unwrap_or_default();
        let claims = &account.claims;
        Self {
            name: text(&claims.name),
            given_name: text(&claims.given_name),
            family_name: text(&claims.family_name),
            nickname: text(&claims.nickname),
            username: text(&account.username),
            website: text(&claims.website),
            birthdate: text(&claims.birthdate),
            zoneinfo: text(&claims.zoneinfo),
            locale: text(&claims.locale),
            phone_number: text(&claims.phone_number),
        }
    }

    /// Without the space around it, and the language written as it is meant to be.
    fn tidy(self) -> Self {
        let trim = |text: String| text.trim().to_owned();
        let locale = trim(self.locale);
        let phone: String =
            self.phone_number.chars().filter(|c| !" .-()\u{a0}\u{202f}".contains(*c)).collect();
        Self {
            name: trim(self.name),
            given_name: trim(self.given_name),
            family_name: trim(self.family_name),
            nickname: trim(self.nickname),
            username: trim(self.username),
            website: trim(self.website),
            birthdate: trim(self.birthdate),
            zoneinfo: trim(self.zoneinfo),
            locale: locale.parse().map_or(locale, |tag: LanguageIdentifier| tag.to_string()),
            phone_number: phone,
        }
    }

    /// All that is wrong with it, except that the username may be taken.
    #[must_use]
    pub fn check(&self) -> Vec<Refusal> {
        let said = |text: &str| !text.is_empty();
        let claims = [
            ("given_name", &self.given_name),
            ("family_name", &self.family_name),
            ("nickname", &self.nickname),
            ("website", &self.website),
            ("birthdate", &self.birthdate),
            ("zoneinfo", &self.zoneinfo),
            ("locale", &self.locale),
            ("phone_number", &self.phone_number),
        ];
        let name = check_name(&self.name).err();
        let username = said(&self.username) && !is_username(&self.username);
        name.into_iter()
            .chain(username.then_some(Refusal::UsernameMalformed))
            .chain(
                claims
                    .into_iter()
                    .filter(|(name, text)| said(text) && !may_say(name, text))
                    .map(|(name, _)| Refusal::ClaimMalformed(name)),
            )
            .collect()
    }

    /// The claims of an account that says this, and what it never says here as it was.
    fn over(&self, claims: StandardClaims) -> StandardClaims {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        // Whoever proved a number proved that one.
        let is_same_number = claims.phone_number == some(&self.phone_number);
        StandardClaims {
            name: some(&self.name),
            given_name: some(&self.given_name),
            family_name: some(&self.family_name),
            nickname: some(&self.nickname),
            website: some(&self.website),
            birthdate: some(&self.birthdate),
            zoneinfo: some(&self.zoneinfo),
            locale: some(&self.locale),
            phone_number: some(&self.phone_number),
            phone_number_verified: claims.phone_number_verified.filter(|_| is_same_number),
            ..claims
        }
    }
}

/// Whether a claim may say that: one rule for what people say of themselves and for what an upstream
/// says of them.
pub(in crate::core) fn may_say(claim: &str, text: &str) -> bool {
    match claim {
        "website" | "profile" => is_picture_url(text),
        "birthdate" => is_birthdate(text),
        "zoneinfo" => is_zone(text),
        "locale" => text.parse::<LanguageIdentifier>().is_ok(),
        "phone_number" => is_phone(text),
        // `StandardClaims::check` knows it.
        "picture" => true,
        _ => text.chars().count() <= LONGEST && !text.chars().any(char::is_control),
    }
}

impl Core {
    /// Has an account say this of its owner, and nothing else where it was asked.
    ///
    /// # Errors
    /// All of [`Details::check`], and then nothing changes; [`Refusal::UsernameTaken`];
    /// [`Refusal::NotSignedIn`] when the account is gone.
    pub async fn change_details(
        &self,
        owner: Owner<'_>,
        details: Details,
        place: &Place,
        now: i64,
    ) -> Result<(), Vec<Failure>> {
        let details = details.tidy();
        let wrong = details.check();
        if !wrong.is_empty() {
            return Err(wrong.into_iter().map(Failure::from).collect());
        }
        let id = owner.account.id;
        self.write_details(id, &details, place, now).await.map_err(|failure| vec![failure])
    }

    async fn write_details(
        &self,
        id: uuid::Uuid,
        details: &Details,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        let note = Note::new(Event::AccountChanged, Actor::Account(id), place).account(id);
        let note = note.with("what", "profile");
        for _ in 0..TRIES {
            let row = store::accounts::by_id(self.store.read(), id).await;
            let row = row.or_fault("find an account")?.ok_or(Refusal::NotSignedIn)?;
            let claims: StandardClaims =
                serde_json::from_str(&row.claims).or_fault("read an account's claims")?;
            let new = store::accounts::Details {
                claims: serde_json::to_string(&details.over(claims))
                    .or_fault("write an account's claims")?,
                username: Some(details.username.clone()).filter(|name| !name.is_empty()),
            };
            let old = store::accounts::Details { claims: row.claims, username: row.username };
            if old == new {
                return Ok(());
            }
            let event = note.row(now);
            let changed = self.store.transaction(move |tx| {
                let (old, new, event) = (old.clone(), new.clone(), event.clone());
                Box::pin(async move {
                    let changed = store::accounts::set_details(tx, id, (&old, &new), now).await?;
                    if changed {
                        store::audit::record(tx, event).await?;
                    }
                    Ok(changed)
                })
            });
            match changed.await {
                Err(error) if store::is_taken(&error) => {
                    return Err(Refusal::UsernameTaken.into());
                }
                other => {
                    if other.or_fault("change a profile")? {
                        tracing::info!(account.id = %id, "accounts.change_details");
                        return Ok(());
                    }
                }
            }
        }
        Err(Refusal::Busy { retry_after: 1 }.into())
    }
}

/// By its shape: which zones there are changes several times a year.
fn is_zone(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+-".contains(&b))
    };
    name.len() <= 64
        && name.split('/').all(is_part)
        && name.starts_with(|c: char| c.is_ascii_uppercase())
}

fn is_phone(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        DIGITS.contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oidc_core_5_1_each_claim_has_its_shape() {
        let good = Details {
            name: " Ada ".to_owned(),
            username: "ada".to_owned(),
            website: "https://ada.example/a".to_owned(),
            birthdate: "0000-12-10".to_owned(),
            zoneinfo: "America/Argentina/Buenos_Aires".to_owned(),
            locale: "fr_ch".to_owned(),
            phone_number: "+44 (20) 7946-0958".to_owned(),
            ..Details::default()
        };
        let tidy = good.tidy();
        assert_eq!(tidy.check(), []);
        assert_eq!((tidy.name.as_str(), tidy.locale.as_str()), ("Ada", "fr-CH"));
        assert_eq!(tidy.phone_number, "+442079460958");
        let bad = Details {
            given_name: "x".repeat(129),
            username: "a b".to_owned(),
            website: "javascript:alert(1)".to_owned(),
            birthdate: "10.12.1815".to_owned(),
            zoneinfo: "../etc/passwd".to_owned(),
            locale: "a language".to_owned(),
            phone_number: "0123".to_owned(),
            ..Details::default()
        };
        let claims = ["given_name", "website", "birthdate", "zoneinfo", "locale", "phone_number"];
        let expected = [Refusal::NameMissing, Refusal::UsernameMalformed];
        let expected: Vec<_> =
            expected.into_iter().chain(claims.map(Refusal::ClaimMalformed)).collect();
        assert_eq!(bad.tidy().check(), expected);
    }

    #[test]
    fn another_number_is_not_a_proven_one() {
        let claims = StandardClaims {
            phone_number: Some("+442079460958".to_owned()),
            phone_number_verified: Some(true),
            gender: Some("female".to_owned()),
            ..StandardClaims::default()
        };
        let same = Details { phone_number: "+442079460958".to_owned(), ..Details::default() };
        assert_eq!(same.over(claims.clone()).phone_number_verified, Some(true));
        let other = Details::default().over(claims);
        assert_eq!((other.phone_number, other.phone_number_verified), (None, None));
        assert_eq!(other.gender.as_deref(), Some("female"), "what is not asked stays");
    }
}
