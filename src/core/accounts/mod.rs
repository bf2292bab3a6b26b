//! Accounts: who may have one, and who is behind one.

use uuid::Uuid;

use super::audit::{Event, Note};
use super::claims::StandardClaims;
use super::email::Email;
use super::language::Language;
use super::mail::letter::{Letter, Reader};
pub use super::passwords::PasswordRule;
use super::refusal::OrFault as _;
use super::roles::Permission;
use super::{Core, Failure, Fault, Refusal, clients, lockout, passwords};
use crate::jose::{Secret, random};
use crate::store::{self, entity};

mod change;
mod details;
mod enter;
mod export;
mod leave;
mod list;
mod profile;
mod prove;

pub use details::Details;
pub(super) use details::may_say;
pub(super) use enter::{Checked, to_its_end};
pub use enter::{SignUp, SignedUp};
pub use export::Export;
pub(super) use leave::DEPARTURES;
pub use list::{Listing, Sort};
pub use profile::{Picture, Profile};

/// A person.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: Uuid,
    pub email: String,
    pub email_verified: bool,
    pub username: Option<String>,
    pub claims: StandardClaims,
    pub roles: Vec<String>,
    pub disabled: bool,
    pub created_at: i64,
    pub updated_at: i64,
    pub last_sign_in_at: Option<i64>,
    /// The address that the account has as soon as its owner has proven it.
    pub pending_email: Option<String>,
    /// The object that is the picture. No face sees it: [`Core::picture_link`].
    pub(in crate::core) picture_key: Option<String>,
}

impl Account {
    pub(super) fn from_row(row: entity::accounts::Model) -> Result<Self, Fault> {
        Ok(Self {
            id: row.id,
            email: row.email,
            email_verified: row.email_verified,
            username: row.username,
            claims: serde_json::from_str(&row.claims).or_fault("read an account's claims")?,
            roles: serde_json::from_str(&row.roles).or_fault("read an account's roles")?,
            disabled: row.disabled_at.is_some(),
            created_at: row.created_at,
            updated_at: row.updated_at,
            last_sign_in_at: row.last_sign_in_at,
            pending_email: None,
            picture_key: row.picture_key,
        })
    }
}

impl Account {
    pub(super) fn of_person(person: store::accounts::Person) -> Result<Self, Fault> {
        let account = Self::from_row(person.account)?;
        Ok(Self { pending_email: person.pending_email, ..account })
    }

    /// Whether its picture is one that we were given to keep.
    #[must_use]
    pub fn keeps_picture(&self) -> bool {
        self.picture_key.is_some()
    }

    /// The address that first-party apps show: the one asked for last, proven or not.
    #[must_use]
    pub fn shown_email(&self) -> (&str, bool) {
        match &self.pending_email {
            Some(pending) => (pending, false),
            None => (&self.email, self.email_verified),
        }
    }
}

/// What an account starts with.
#[derive(Debug, Default)]
pub struct NewAccount {
    pub email: String,
    pub email_verified: bool,
    pub username: Option<String>,
    pub password: Option<Secret>,
    /// What the password must hold.
    pub rule: PasswordRule,
    pub claims: StandardClaims,
    pub roles: Vec<String>,
}

impl Core {
    /// Makes an account without signing anybody in: the operator's way.
    ///
    /// # Errors
    /// As [`Core::sign_up`]; [`Refusal::UsernameMalformed`], [`Refusal::UsernameTaken`].
    pub async fn create_account(&self, new: NewAccount, now: i64) -> Result<Account, Failure> {
        let row = self.draft(new, now).await?;
        let key = row.email_key.clone();
        let event = Note::operator(Event::AccountCreated).account(row.id).row(now);
        let account = row.clone();
        let opened = self.store.transaction(move |tx| {
            let (account, event) = (account.clone(), event.clone());
            Box::pin(async move {
                store::accounts::open(tx, account).await?;
                store::audit::record(tx, event).await
            })
        });
        match opened.await {
            Err(error) if store::is_taken(&error) => Err(self.which_is_taken(&key).await?.into()),
            other => {
                other.or_fault("make an account")?;
                Ok(Account::from_row(row)?)
            }
        }
    }

    pub(super) async fn draft(
        &self,
        new: NewAccount,
        now: i64,
    ) -> Result<entity::accounts::Model, Failure> {
        let email = Email::parse(&new.email)?;
        if new.username.as_deref().is_some_and(|name| !is_username(name)) {
            return Err(Refusal::UsernameMalformed.into());
        }
        let password_hash = match new.password {
            Some(password) => {
                let name = new.claims.name.as_deref();
                self.check_new_password(new.rule, &password, &email.typed, name)?;
                Some(self.hasher.hash(password).await?)
            }
            None => None,
        };
        Ok(entity::accounts::Model {
            id: random::id(now),
            email: email.typed,
            email_key: email.key,
            email_verified: new.email_verified,
            username: new.username,
            password_hash,
            claims: serde_json::to_string(&new.claims).or_fault("write an account's claims")?,
            roles: serde_json::to_string(&new.roles).or_fault("write an account's roles")?,
            disabled_at: None,
            created_at: now,
            updated_at: now,
            last_sign_in_at: None,
            picture_key: None,
        })
    }

    /// The account of an e-mail address.
    ///
    /// # Errors
    /// [`Refusal::EmailMalformed`].
    pub async fn find_account(&self, email: &str) -> Result<Option<Account>, Failure> {
        let key = Email::parse(email)?.key;
        let row = store::accounts::by_email(self.store.read(), &key).await;
        Ok(row.or_fault("find an account")?.map(Account::from_row).transpose()?)
    }

    /// The account with this id, as whoever is signed in to `asking` may see it: oneself, or anybody
    /// for who may read users, but for an address that waits for its proof. None is an id that is none.
    ///
    /// # Errors
    /// [`Refusal::PermissionMissing`], whether or not there is such an account; [`Refusal::Unknown`].
    pub async fn see_account(
        &self,
        asking: &Account,
        id: Option<Uuid>,
    ) -> Result<Account, Failure> {
        if id == Some(asking.id) {
            return Ok(asking.clone());
        }
        self.require(asking, Permission::ReadUsers)?;
        let id = id.ok_or(Refusal::Unknown)?;
        let row = store::accounts::by_id(self.store.read(), id).await;
        Ok(Account::from_row(row.or_fault("find an account")?.ok_or(Refusal::Unknown)?)?)
    }

    /// Every account, oldest first.
    ///
    /// # Errors
    /// A fault.
    pub async fn accounts(&self) -> Result<Vec<Account>, Failure> {
        let rows = store::accounts::all(self.store.read()).await.or_fault("list the accounts")?;
        Ok(rows.into_iter().map(Account::from_row).collect::<Result<_, _>>()?)
    }

    /// Replaces an account's password; ends all that the old one opened, lifts a lock, and tells the
    /// owner.
    ///
    /// # Errors
    /// A refusal about the password; [`Refusal::Busy`].
    pub async fn set_password(&self, id: Uuid, password: Secret, now: i64) -> Result<(), Failure> {
        let row =
            store::accounts::by_id(self.store.read(), id).await.or_fault("find an account")?;
        let Some(row) = row else { return Ok(()) };
        let account = Account::from_row(row)?;
        let name = account.claims.name.as_deref();
        self.check_new_password(PasswordRule::Length, &password, &account.email, name)?;
        let hash = self.hasher.hash(password).await?;
        let letter = Letter::PasswordChanged { occasion: None };
        let mail =
            self.write_letter(&Reader::owner(&account, Language::default()), &letter, now)?;
        let event = Note::operator(Event::PasswordChanged).account(id).row(now);
        let changed = self.store.transaction(move |tx| {
            let (hash, event, mail) = (hash.clone(), event.clone(), mail.clone());
            Box::pin(async move {
                store::audit::record(tx, event).await?;
                store::accounts::set_password(tx, id, &hash, now).await?;
                store::accounts::cut_off(tx, id, now).await?;
                store::attempts::lift(tx, &lockout::of_account(id)).await?;
                store::mails::add(tx, mail).await
            })
        });
        Ok(changed.await.or_fault("set a password")?)
    }

    /// Checks a password that somebody wants to have.
    ///
    /// # Errors
    /// [`Refusal::PasswordTooShort`], [`Refusal::PasswordTooLong`], [`Refusal::PasswordCommon`]; what
    /// the rule asks for.
    pub(super) fn check_new_password(
        &self,
        rule: PasswordRule,
        password: &Secret,
        email: &str,
        name: Option<&str>,
    ) -> Result<(), Refusal> {
        passwords::check_new(rule, password)?;
        let own = [email, name.unwrap_or_default()];
        if self.rules.refuse_common && passwords::is_common(password.expose(), own) {
            return Err(Refusal::PasswordCommon);
        }
        Ok(())
    }

    /// Disables an account; ends its sessions and grants. True when it was enabled.
    ///
    /// # Errors
    /// A fault.
    pub async fn disable_account(&self, id: Uuid, now: i64) -> Result<bool, Failure> {
        let event = Note::operator(Event::AccountDisabled).account(id).row(now);
        let disabled = self.store.transaction(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                let changed = store::accounts::disable(tx, id, now).await?;
                if changed {
                    store::audit::record(tx, event).await?;
                }
                store::accounts::cut_off(tx, id, now).await?;
                Ok(changed)
            })
        });
        Ok(disabled.await.or_fault("disable an account")?)
    }

    /// Lets a disabled account sign in again. True when it was disabled.
    ///
    /// # Errors
    /// A fault.
    pub async fn enable_account(&self, id: Uuid, now: i64) -> Result<bool, Failure> {
        let event = Note::operator(Event::AccountEnabled).account(id).row(now);
        let enabled = self.store.transaction(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                let changed = store::accounts::enable(tx, id, now).await?;
                if changed {
                    store::audit::record(tx, event).await?;
                }
                Ok(changed)
            })
        });
        Ok(enabled.await.or_fault("enable an account")?)
    }

    /// Deletes an account and all that belongs to it.
    ///
    /// # Errors
    /// A fault.
    pub async fn delete_account(&self, id: Uuid, now: i64) -> Result<bool, Failure> {
        let event = Note::operator(Event::AccountDeleted).account(id).row(now);
        let deleted = self.store.transaction(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                let owned = store::applications::of_owner(tx, id).await?;
                let links = store::links::of_account(tx, id).await?;
                let Some(deleted) = store::accounts::delete(tx, id).await? else { return Ok(None) };
                clients::forget_owned(tx, &owned, now).await?;
                store::audit::record(tx, event).await?;
                Ok(Some((deleted, owned, links)))
            })
        });
        let Some((deleted, owned, links)) = deleted.await.or_fault("delete an account")? else {
            return Ok(false);
        };
        self.let_go_of(&owned).await;
        self.forget_picture(deleted.picture_key).await;
        self.return_tokens(links, now).await;
        Ok(true)
    }
}

fn is_username(name: &str) -> bool {
    (3..=30).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
