//! How people come in: by signing up, or with an identifier and a password.

use std::sync::Arc;

use tracing::Instrument as _;
use uuid::Uuid;

use super::{Account, NewAccount, PasswordRule, is_username};
use crate::core::api_keys;
use crate::core::audit::{Actor, Event, Note};
use crate::core::claims::StandardClaims;
use crate::core::email::Email;
use crate::core::lockout::{Reserved, Subject, Try};
use crate::core::mail::letter::{Letter, Reader};
use crate::core::proofs::Purpose;
use crate::core::refusal::OrFault as _;
use crate::core::sessions::{self, Kind, Place, SignedIn, draft_device};
use crate::core::{Core, Failure, Fault, Refusal};
use crate::jose::Secret;
use crate::store::{self, entity};

const LONGEST_NAME: usize = 128;
/// What the key is called that an account gets when it is made.
const FIRST_KEY: &str = "registration";

/// What a person gives to sign up.
pub struct SignUp {
    /// Pages and most apps ask for one.
    pub name: Option<String>,
    pub username: Option<String>,
    pub email: String,
    pub password: Secret,
    /// What the password must hold.
    pub rule: PasswordRule,
    /// How the first session is carried on.
    pub kind: Kind,
    /// The sealed authorization request that the link in the mail carries along.
    pub flow: Option<String>,
    /// The app wants an API key for the new account.
    pub with_api_key: bool,
}

impl SignUp {
    /// What pages ask for.
    #[must_use]
    pub fn new(email: &str, password: Secret) -> Self {
        Self {
            name: None,
            username: None,
            email: email.to_owned(),
            password,
            rule: PasswordRule::default(),
            kind: Kind::default(),
            flow: None,
            with_api_key: false,
        }
    }
}

/// A new account, its owner signed in.
pub struct SignedUp {
    pub signed_in: SignedIn,
    /// Shown once.
    pub api_key: Option<Secret>,
}

/// Whose password was right.
#[derive(Clone)]
pub(in crate::core) struct Checked {
    pub account: Account,
    /// The digest of the known device that it was entered on.
    pub device: Option<Vec<u8>>,
    /// The hash that the password has.
    hash: String,
    /// Is to be forgiven or given back.
    pub tried: Try,
}

impl Checked {
    /// Asked once more where the session is made, in its transaction: a lock, a disabled account or
    /// another password may have come between. If not, it is noted when the person signed in.
    pub async fn admit(&self, tx: &store::Transaction, now: i64) -> Result<bool, store::DbErr> {
        let tried = self.tried.subject();
        store::accounts::admit(tx, (self.account.id, &self.hash), tried, now).await
    }
}

/// Runs what counts a try to its end, even when whoever asked has gone.
pub(in crate::core) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::spawn(work.in_current_span()).await;
    done.map_err(|error| Fault::new("check a password", error))?
}

impl Core {
    /// All that is wrong with what a person gives to sign up, except that it may be taken.
    #[must_use]
    pub fn check_sign_up(&self, asked: &SignUp) -> Vec<Refusal> {
        let name = asked.name.as_deref().map(str::trim);
        let username = asked.username.as_deref().filter(|name| !is_username(name));
        let email = asked.email.trim();
        [
            name.and_then(|name| check_name(name).err()),
            username.map(|_| Refusal::UsernameMalformed),
            Email::parse(email).err(),
            self.check_new_password(asked.rule, &asked.password, email, name).err(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Makes an account and signs its owner in; whoever was signed in on that browser is signed out.
    /// The address gets a link that confirms it.
    ///
    /// # Errors
    /// The first of [`Core::check_sign_up`]; [`Refusal::EmailTaken`], [`Refusal::UsernameTaken`];
    /// [`Refusal::Busy`].
    pub async fn sign_up(
        &self,
        asked: SignUp,
        browser: Option<&Secret>,
        place: Place,
        now: i64,
    ) -> Result<SignedUp, Failure> {
        if let Some(first) = self.check_sign_up(&asked).into_iter().next() {
            return Err(first.into());
        }
        let name = asked.name.map(|name| name.trim().to_owned());
        let new = NewAccount {
            email: asked.email,
            username: asked.username,
            password: Some(asked.password),
            rule: asked.rule,
            claims: StandardClaims { name, ..StandardClaims::default() },
            ..NewAccount::default()
        };
        let mut row = self.draft(new, now).await?;
        row.last_sign_in_at = Some(now);
        let email = Email { typed: row.email.clone(), key: row.email_key.clone() };
        let account = Account::from_row(row.clone())?;
        let (link, proof) =
            self.draft_link(Purpose::VerifyEmail, account.id, &email, asked.flow.as_deref(), now);
        let reader = Reader::owner(&account, place.language);
        let mail = self.write_letter(&reader, &Letter::VerifyEmail { link: &link }, now)?;
        let (token, session) = self.draft_session(asked.kind, account.id, &place, now);
        // The person is here for the first time on every device, and is not told so.
        let (known_as, device) = draft_device(account.id, now);
        let key = asked.with_api_key.then(|| api_keys::draft(account.id, FIRST_KEY, None, now));
        let (api_key, key) = key.unzip();
        let note = |event| Note::new(event, Actor::Account(account.id), &place).account(account.id);
        // In this order, which their ids keep.
        let mut events = vec![note(Event::AccountCreated).row(now)];
        events.push(note(Event::SessionOpened).session(session.id).row(now));
        if let Some(key) = &key {
            events.push(note(Event::ApiKeyCreated).with("key", key.id.to_string()).row(now));
        }
        let signed_in = self.signed_in(token, account, session.clone().into(), Some(known_as));
        let earlier = browser.map(Secret::digest);
        let key_of_email = email.key;
        let opened = self.store.transaction(move |tx| {
            let (account, session, events) = (row.clone(), session.clone(), events.clone());
            let (device, proof, mail) = (device.clone(), proof.clone(), mail.clone());
            let (place, key) = (place.clone(), key.clone());
            Box::pin(async move {
                store::accounts::open(tx, account).await?;
                if let Some(earlier) = earlier {
                    sessions::end(tx, &earlier, &place, now).await?;
                }
                store::sessions::open(tx, session).await?;
                if let Some(key) = key {
                    store::api_keys::add(tx, key).await?;
                }
                for event in events {
                    store::audit::record(tx, event).await?;
                }
                store::devices::add(tx, device).await?;
                store::proofs::offer(tx, proof).await?;
                store::mails::add(tx, mail).await
            })
        });
        match opened.await {
            Err(error) if store::is_taken(&error) => {
                Err(self.which_is_taken(&key_of_email).await?.into())
            }
            other => {
                other.or_fault("make an account")?;
                tracing::info!(account.id = %signed_in.account.id, "accounts.sign_up");
                Ok(SignedUp { signed_in, api_key })
            }
        }
    }

    /// Why the unique indexes refused an account.
    pub(super) async fn which_is_taken(&self, email_key: &str) -> Result<Refusal, Fault> {
        let known = store::accounts::by_email(self.store.read(), email_key).await;
        let by_email = known.or_fault("find an account")?.is_some();
        Ok(if by_email { Refusal::EmailTaken } else { Refusal::UsernameTaken })
    }

    /// Checks an e-mail address or username and a password. An unknown identifier, an account without
    /// a password and a wrong password are one refusal and take the same time. The try is counted
    /// before the password is looked at; where it is right, the caller forgives it or gives it back,
    /// [whatever comes between](to_its_end).
    ///
    /// # Errors
    /// [`Refusal::WrongCredentials`]; [`Refusal::Locked`] and [`Refusal::SlowDown`], whatever the
    /// password; [`Refusal::AccountDisabled`], after the right password alone; [`Refusal::Busy`].
    pub(in crate::core) async fn check_password(
        self: &Arc<Self>,
        identifier: &str,
        password: Secret,
        place: &Place,
        now: i64,
    ) -> Result<Checked, Failure> {
        // A flood costs the database nothing beyond what can be hashed.
        self.hasher.check_room()?;
        let row = self.by_identifier(identifier).await?;
        let hash = row.as_ref().and_then(|row| row.password_hash.clone());
        let account = row.map(Account::from_row).transpose()?;
        // Asked for nobody, too: it takes the same time.
        let id = account.as_ref().map_or(Uuid::nil(), |account| account.id);
        let device = self.known_device(id, place, now).await?;
        let subject = match (&account, &device) {
            (Some(_), Some(device)) => Subject::Device(device),
            (Some(account), None) => Subject::Account(account),
            (None, _) => Subject::Nobody(identifier),
        };
        let known = account.as_ref().map(|account| account.id);
        // What was typed as an identifier is not kept: now and then it is a password.
        let note = |event| Note::new(event, Actor::Anyone, place).account(known);
        let reserved = self.reserve_try(&subject, place, now).await;
        let tried = match reserved.inspect_err(|_| self.metrics.sign_in("locked"))? {
            Reserved::Try(tried) => tried,
            Reserved::Locked { retry_after, address } => {
                self.metrics.sign_in("locked");
                // The same work as for everybody else (R37); where there is no room for it, none, for
                // nothing hangs on its outcome.
                self.hasher.verify(password, None).await.ok();
                self.count_locked(address, note(Event::SignInFailed), now).await?;
                return Err(Refusal::Locked { retry_after }.into());
            }
        };
        let right = match self.hasher.verify(password, hash.clone()).await {
            Ok(right) => right,
            Err(failure) => {
                self.give_back(tried).await?;
                return Err(failure);
            }
        };
        let proven = account.as_ref().filter(|_| right).zip(hash);
        let Some((account, hash)) = proven else {
            self.metrics.sign_in("failure");
            let locks = account.as_ref().filter(|_| device.is_none());
            self.count_failure(tried, locks, note(Event::SignInFailed), place, now).await?;
            return Err(Refusal::WrongCredentials.into());
        };
        if account.disabled {
            self.forgive(tried, now).await?;
            self.metrics.sign_in("refused");
            self.audit(&note(Event::SignInRefused), now).await;
            return Err(Refusal::AccountDisabled.into());
        }
        Ok(Checked { account: account.clone(), device, hash, tried })
    }

    /// Why no session was made after a right password.
    pub(in crate::core) async fn why_not_admitted(
        &self,
        checked: &Checked,
        place: &Place,
        now: i64,
    ) -> Result<Refusal, Fault> {
        let id = checked.account.id;
        if let Some(retry_after) = self.locked_for(checked.tried.subject(), now).await? {
            self.metrics.sign_in("locked");
            return Ok(Refusal::Locked { retry_after });
        }
        self.metrics.sign_in("refused");
        let note = Note::new(Event::SignInRefused, Actor::Anyone, place).account(id);
        self.audit(&note, now).await;
        let row =
            store::accounts::by_id(self.store.read(), id).await.or_fault("find an account")?;
        let disabled = row.is_some_and(|row| row.disabled_at.is_some());
        // Else the password is another by now, or the account is gone.
        Ok(if disabled { Refusal::AccountDisabled } else { Refusal::WrongCredentials })
    }

    /// What has an @ is an e-mail address; a username never has one.
    async fn by_identifier(
        &self,
        identifier: &str,
    ) -> Result<Option<entity::accounts::Model>, Fault> {
        let db = self.store.read();
        let name = identifier.trim();
        let found = if identifier.contains('@') {
            match Email::parse(identifier) {
                Ok(email) => store::accounts::by_email(db, &email.key).await,
                Err(_) => Ok(None),
            }
        } else if is_username(name) {
            store::accounts::by_username(db, name).await
        } else {
            // Nobody's; and PostgreSQL takes no text with a NUL.
            Ok(None)
        };
        found.or_fault("find an account")
    }
}

/// One rule for the name that a person has, wherever they say it.
pub(super) fn check_name(name: &str) -> Result<(), Refusal> {
    match name.chars().count() {
        0 => Err(Refusal::NameMissing),
        1..=LONGEST_NAME if name.chars().any(char::is_control) => Err(Refusal::NameMalformed),
        1..=LONGEST_NAME => Ok(()),
        _ => Err(Refusal::NameTooLong),
    }
}
