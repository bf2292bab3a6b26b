//! What a signed-in person changes about the way in: the password, the e-mail address. Both ask for
//! the current password, and of whoever has none for a sign-in of a moment ago.

use std::sync::Arc;

use uuid::Uuid;

use super::{Account, PasswordRule, to_its_end};
use crate::core::audit::{Actor, Event, Note};
use crate::core::email::Email;
use crate::core::mail::letter::{Letter, Occasion, Reader};
use crate::core::proofs::Purpose;
use crate::core::refusal::OrFault as _;
use crate::core::sessions::{Kind, Owner, Place, SignedIn};
use crate::core::{Core, Failure, Fault, Refusal};
use crate::jose::Secret;
use crate::store;
use crate::store::sessions::By;

/// What is not asked a password for takes a sign-in that is no older, in milliseconds.
const RECENT: i64 = 15 * 60 * 1000;
/// What the mails are counted as.
const MAIL: &str = "change";

impl Owner<'_> {
    /// Whether the person proved a factor a moment ago.
    #[must_use]
    pub const fn is_recent(self, now: i64) -> bool {
        self.auth_time + RECENT > now
    }

    /// What takes that.
    pub(in crate::core) fn require_recent(self, now: i64) -> Result<(), Refusal> {
        if self.is_recent(now) { Ok(()) } else { Err(Refusal::SignInTooOld) }
    }
}

/// What shows that it is the owner who gets a new password.
enum Proof {
    /// The password that the account has, entered on this known device.
    Current { device: Option<Vec<u8>> },
    /// The sign-in that the session began with.
    Session,
}

impl Proof {
    fn device(&self) -> Option<Vec<u8>> {
        match self {
            Self::Current { device } => device.clone(),
            Self::Session => None,
        }
    }
}

impl Core {
    /// Replaces the password of whoever is signed in. This browser's session gets a new token; every
    /// other one, every grant given elsewhere and every pending link ends. The owner is told.
    ///
    /// # Errors
    /// [`Refusal::NotSignedIn`], [`Refusal::PasswordWrong`], [`Refusal::Locked`], a refusal about the
    /// new password, [`Refusal::Busy`].
    pub async fn change_password(
        self: &Arc<Self>,
        owner: Owner<'_>,
        (current, new): (Secret, Secret),
        place: Place,
        now: i64,
    ) -> Result<SignedIn, Failure> {
        self.check_replacement(owner.account, &new)?;
        let device = self.check_current(owner.account, current, &place, now).await?;
        self.replace_password(owner, new, Proof::Current { device }, place, now).await
    }

    /// The same for an account that has no password yet, as one that was made elsewhere: it takes a
    /// sign-in of a moment ago. The session stays what that sign-in made it.
    ///
    /// # Errors
    /// [`Refusal::SignInTooOld`]; [`Refusal::PasswordWrong`] where there is a password by now; a
    /// refusal about the new one; [`Refusal::NotSignedIn`], [`Refusal::Busy`].
    pub async fn set_first_password(
        self: &Arc<Self>,
        owner: Owner<'_>,
        new: Secret,
        place: Place,
        now: i64,
    ) -> Result<SignedIn, Failure> {
        self.check_replacement(owner.account, &new)?;
        owner.require_recent(now)?;
        if self.has_password(owner.account.id).await? {
            return Err(Refusal::PasswordWrong.into());
        }
        self.replace_password(owner, new, Proof::Session, place, now).await
    }

    fn check_replacement(&self, account: &Account, new: &Secret) -> Result<(), Refusal> {
        let name = account.claims.name.as_deref();
        self.check_new_password(PasswordRule::Length, new, &account.email, name)
    }

    async fn replace_password(
        &self,
        owner: Owner<'_>,
        new: Secret,
        proof: Proof,
        place: Place,
        now: i64,
    ) -> Result<SignedIn, Failure> {
        let account = owner.account;
        let hash = self.hasher.hash(new).await?;
        let letter = Letter::PasswordChanged { occasion: Some(Occasion::new(&place, now)) };
        let mail = self.write_letter(&Reader::owner(account, place.language), &letter, now)?;
        let (token, session) = self.draft_session(Kind::default(), account.id, &place, now);
        let (id, kept, since) = (account.id, owner.session_id, now - self.rules.session_idle);
        let note = Note::new(Event::PasswordChanged, Actor::Account(id), &place);
        let event = note.account(id).session(kept).row(now);
        let changed = self.store.transaction(move |tx| {
            let (hash, mail, device) = (hash.clone(), mail.clone(), proof.device());
            let (session, event) = (session.clone(), event.clone());
            let is_entered = matches!(proof, Proof::Current { .. });
            Box::pin(async move {
                let renewed = if is_entered {
                    store::sessions::renew(tx, By::Id(kept), &session, since).await?
                } else {
                    store::sessions::change_token(tx, kept, &session, since).await?
                };
                let Some(renewed) = renewed else { return Ok(None) };
                store::accounts::set_password(tx, id, &hash, now).await?;
                store::sessions::end_others(tx, id, kept, now).await?;
                store::grants::end_others(tx, id, kept, now).await?;
                let void = [Purpose::ResetPassword.name(), Purpose::ChangeEmail.name()];
                store::proofs::void(tx, id, &void).await?;
                store::devices::forget(tx, id, device).await?;
                store::audit::record(tx, event).await?;
                store::mails::add(tx, mail).await?;
                Ok(Some(renewed))
            })
        });
        let renewed = changed.await.or_fault("change a password")?.ok_or(Refusal::NotSignedIn)?;
        tracing::info!(account.id = %id, "accounts.change_password");
        // As it is from now on: a change of address that was pending is void.
        let account = Account { updated_at: now, pending_email: None, ..account.clone() };
        Ok(self.signed_in(token, account, renewed, None))
    }

    /// Whether an account has a password: one that was made elsewhere may have none.
    ///
    /// # Errors
    /// A fault.
    pub async fn has_password(&self, id: Uuid) -> Result<bool, Fault> {
        let row =
            store::accounts::by_id(self.store.read(), id).await.or_fault("find an account")?;
        Ok(row.is_some_and(|row| row.password_hash.is_some()))
    }

    /// Begins to change the address of whoever is signed in: the new one gets a link, the old one is
    /// told. Until the link is used the new address opens nothing. Without a password it takes a
    /// sign-in of a moment ago.
    ///
    /// # Errors
    /// [`Refusal::SignInTooOld`], [`Refusal::PasswordWrong`], [`Refusal::Locked`],
    /// [`Refusal::EmailMalformed`], [`Refusal::EmailTaken`], [`Refusal::TooManyMails`],
    /// [`Refusal::Busy`].
    pub async fn ask_email_change(
        self: &Arc<Self>,
        owner: Owner<'_>,
        (password, email): (Option<Secret>, &str),
        place: Place,
        now: i64,
    ) -> Result<(), Failure> {
        let account = owner.account;
        let email = Email::parse(email)?;
        match password {
            Some(password) => {
                self.check_current(account, password, &place, now).await?;
            }
            None => owner.require_recent(now)?,
        }
        // Told to who knows the password of an account here, as at sign-up.
        let taken = store::accounts::by_email(self.store.read(), &email.key).await;
        if taken.or_fault("find an account")?.is_some() {
            return Err(Refusal::EmailTaken.into());
        }
        if !self.may_mail(MAIL, account.id, now).await? {
            let retry_after = self.mail_again_in(MAIL, account.id, now).await?;
            return Err(Refusal::TooManyMails { retry_after }.into());
        }
        let (link, proof) = self.draft_link(Purpose::ChangeEmail, account.id, &email, None, now);
        let reader = Reader::owner(account, place.language);
        let new_owner = Reader { to: &email.typed, ..reader };
        let asked =
            Letter::EmailChangeAsked { email: &email.typed, occasion: Occasion::new(&place, now) };
        let mails = vec![
            self.write_letter(&new_owner, &Letter::ConfirmEmail { link: &link }, now)?,
            self.write_letter(&Reader::owner(account, place.language), &asked, now)?,
        ];
        self.offer(proof, mails).await?;
        tracing::info!(account.id = %account.id, "accounts.ask_email_change");
        Ok(())
    }

    /// Ends what [`Core::ask_email_change`] began. Where the account is not signed in the link does
    /// nothing: whoever is asked to confirm their address for somebody else's account would give that
    /// account a proven address of theirs.
    ///
    /// # Errors
    /// [`Refusal::LinkUnknown`], [`Refusal::NotSignedIn`], [`Refusal::EmailTaken`].
    pub async fn confirm_email_change(
        &self,
        token: &Secret,
        owner: Option<Owner<'_>>,
        place: &Place,
        now: i64,
    ) -> Result<String, Failure> {
        let link = self.look_at_link(Purpose::ChangeEmail, token, now).await?;
        let account = owner.ok_or(Refusal::NotSignedIn)?.account;
        if account.id != link.account_id {
            return Err(Refusal::NotSignedIn.into());
        }
        let letter =
            Letter::EmailChanged { email: &link.email, occasion: Occasion::new(place, now) };
        let mail = self.write_letter(&Reader::owner(account, place.language), &letter, now)?;
        let (id, digest) = (account.id, token.digest());
        let event = Note::new(Event::EmailChanged, Actor::Account(id), place).account(id).row(now);
        let changed = self.store.transaction(move |tx| {
            let (mail, event) = (mail.clone(), event.clone());
            Box::pin(async move {
                let purpose = Purpose::ChangeEmail.name();
                let Some(proof) = store::proofs::spend(tx, &digest, purpose, now).await? else {
                    return Ok(false);
                };
                // The unique index is asked again: the address may have got an account meanwhile.
                let address = (proof.email.as_str(), proof.email_key.as_str());
                store::accounts::change_email(tx, id, address, now).await?;
                store::proofs::void_all(tx, id).await?;
                store::audit::record(tx, event).await?;
                store::mails::add(tx, mail).await?;
                Ok(true)
            })
        });
        match changed.await {
            Err(error) if store::is_taken(&error) => return Err(Refusal::EmailTaken.into()),
            other => {
                if !other.or_fault("change an address")? {
                    return Err(Refusal::LinkUnknown.into());
                }
            }
        }
        tracing::info!(account.id = %id, "accounts.change_email");
        Ok(link.email)
    }

    /// Checks the current password; the digest of the known device it was entered on.
    pub(super) async fn check_current(
        self: &Arc<Self>,
        account: &Account,
        password: Secret,
        place: &Place,
        now: i64,
    ) -> Result<Option<Vec<u8>>, Failure> {
        let (core, email, place) = (Arc::clone(self), account.email.clone(), place.clone());
        let device = to_its_end(async move {
            let checked = core.check_password(&email, password, &place, now).await?;
            core.forgive(checked.tried, now).await?;
            Ok(checked.device)
        });
        device.await.map_err(|failure| match failure {
            Failure::Refused(Refusal::WrongCredentials) => Refusal::PasswordWrong.into(),
            other => other,
        })
    }
}
