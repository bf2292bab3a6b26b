//! Accounts: who may have one, and who is behind one.

use uuid::Uuid;

use super::audit::{Actor, Event, Note};
use super::claims::StandardClaims;
use super::email::Email;
use super::refusal::OrFault as _;
use super::sessions::{Place, SignedIn};
use super::{Core, Failure, Fault, Refusal, passwords};
use crate::jose::{Secret, random};
use crate::store::{self, entity};

const LONGEST_NAME: usize = 128;

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
        })
    }
}

/// What an account starts with.
#[derive(Debug, Default)]
pub struct NewAccount {
    pub email: String,
    pub email_verified: bool,
    pub username: Option<String>,
    pub password: Option<Secret>,
    pub claims: StandardClaims,
    pub roles: Vec<String>,
}

/// What a person gives to sign up.
pub struct SignUp {
    pub name: String,
    pub email: String,
    pub password: Secret,
}

impl Core {
    /// Makes an account and signs its owner in; whoever was signed in on that browser is signed out.
    ///
    /// # Errors
    /// A refusal about the name, the e-mail address or the password; [`Refusal::EmailTaken`];
    /// [`Refusal::Busy`].
    pub async fn sign_up(
        &self,
        asked: SignUp,
        browser: Option<&Secret>,
        place: Place,
        now: i64,
    ) -> Result<SignedIn, Failure> {
        let name = asked.name.trim().to_owned();
        if name.is_empty() {
            return Err(Refusal::NameMissing.into());
        }
        if name.chars().count() > LONGEST_NAME {
            return Err(Refusal::NameTooLong.into());
        }
        let claims = StandardClaims { name: Some(name), ..StandardClaims::default() };
        let new = NewAccount {
            email: asked.email,
            password: Some(asked.password),
            claims,
            ..NewAccount::default()
        };
        let account = self.draft(new, now).await?;
        let note = |event| Note::new(event, Actor::Account(account.id), &place).account(account.id);
        let (created, opened) = (note(Event::AccountCreated), note(Event::SessionOpened));
        let (signed_in, session) = self.draft_session(account.id, place.clone(), now);
        let events = [created.row(now), opened.session(session.id).row(now)];
        let row = account.clone();
        let earlier = browser.map(Secret::digest);
        let opened = self.store.transaction(move |tx| {
            let (account, session, events) = (row.clone(), session.clone(), events.clone());
            Box::pin(async move {
                store::accounts::open(tx, account).await?;
                if let Some(earlier) = earlier {
                    store::sessions::end(tx, &earlier, now).await?;
                }
                store::sessions::open(tx, session).await?;
                for event in events {
                    store::audit::record(tx, event).await?;
                }
                Ok(())
            })
        });
        match opened.await {
            Err(error) if store::is_taken(&error) => Err(Refusal::EmailTaken.into()),
            other => {
                other.or_fault("make an account")?;
                tracing::info!(account.id = %account.id, "accounts.sign_up");
                Ok(signed_in)
            }
        }
    }

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
            Err(error) if store::is_taken(&error) => {
                let known = store::accounts::by_email(self.store.read(), &key).await;
                let by_email = known.or_fault("find an account")?.is_some();
                Err(if by_email { Refusal::EmailTaken } else { Refusal::UsernameTaken }.into())
            }
            other => {
                other.or_fault("make an account")?;
                Ok(Account::from_row(row)?)
            }
        }
    }

    async fn draft(&self, new: NewAccount, now: i64) -> Result<entity::accounts::Model, Failure> {
        let email = Email::parse(&new.email)?;
        if new.username.as_deref().is_some_and(|name| !is_username(name)) {
            return Err(Refusal::UsernameMalformed.into());
        }
        let password_hash = match new.password {
            Some(password) => {
                passwords::check_new(&password)?;
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
        })
    }

    /// Checks an e-mail address and a password. An unknown address, an account without a password
    /// and a wrong password are one refusal and take the same time.
    ///
    /// # Errors
    /// [`Refusal::WrongCredentials`]; [`Refusal::AccountDisabled`], after the right password alone;
    /// [`Refusal::Busy`].
    pub(super) async fn check_password(
        &self,
        email: &str,
        password: Secret,
        place: &Place,
        now: i64,
    ) -> Result<Account, Failure> {
        let row = match Email::parse(email) {
            Ok(email) => store::accounts::by_email(self.store.read(), &email.key)
                .await
                .or_fault("find an account")?,
            Err(_) => None,
        };
        let hash = row.as_ref().and_then(|row| row.password_hash.clone());
        let note = |event| Note::new(event, Actor::Anyone, place);
        let known = row.as_ref().map(|row| row.id);
        let right = self.hasher.verify(password, hash).await?;
        let Some(account) = row.filter(|_| right) else {
            // What was typed as an address is not kept: now and then it is a password.
            self.metrics.sign_in("failure");
            self.audit(&note(Event::SignInFailed).account(known), now).await;
            return Err(Refusal::WrongCredentials.into());
        };
        let account = Account::from_row(account)?;
        if account.disabled {
            self.metrics.sign_in("refused");
            self.audit(&note(Event::SignInRefused).account(account.id), now).await;
            return Err(Refusal::AccountDisabled.into());
        }
        Ok(account)
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

    /// Every account, oldest first.
    ///
    /// # Errors
    /// A fault.
    pub async fn accounts(&self) -> Result<Vec<Account>, Failure> {
        let rows = store::accounts::all(self.store.read()).await.or_fault("list the accounts")?;
        Ok(rows.into_iter().map(Account::from_row).collect::<Result<_, _>>()?)
    }

    /// Replaces an account's password; ends its sessions and grants.
    ///
    /// # Errors
    /// A refusal about the password; [`Refusal::Busy`].
    pub async fn set_password(&self, id: Uuid, password: Secret, now: i64) -> Result<(), Failure> {
        passwords::check_new(&password)?;
        let hash = self.hasher.hash(password).await?;
        let event = Note::operator(Event::PasswordChanged).account(id).row(now);
        let changed = self.store.transaction(move |tx| {
            let (hash, event) = (hash.clone(), event.clone());
            Box::pin(async move {
                store::audit::record(tx, event).await?;
                store::accounts::set_password(tx, id, &hash, now).await?;
                store::sessions::end_all(tx, id, now).await?;
                store::grants::end_all(tx, id, now).await
            })
        });
        Ok(changed.await.or_fault("set a password")?)
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
                store::sessions::end_all(tx, id, now).await?;
                store::grants::end_all(tx, id, now).await?;
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
                let deleted = store::accounts::delete(tx, id).await?;
                if deleted {
                    store::audit::record(tx, event).await?;
                }
                Ok(deleted)
            })
        });
        Ok(deleted.await.or_fault("delete an account")?)
    }
}

fn is_username(name: &str) -> bool {
    (3..=30).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
