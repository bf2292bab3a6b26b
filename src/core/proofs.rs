//! One-time links: whoever has the mail proves that the address is theirs. A link works once and for
//! a while, is bound to a purpose and an address, and voids an older one of its kind (ASVS 6.5.1).
//!
//! What was set before an address was proven is dropped when its owner proves it in another way than
//! with the session that set it: by a new password, or by a link that is opened where that account is
//! not signed in, which therefore asks for a new password too (Sudhodanan and Paverd, "Pre-hijacked
//! accounts", 2022).

use std::sync::Arc;

use tracing::Instrument as _;
use uuid::Uuid;

use super::accounts::{Account, PasswordRule};
use super::audit::{Actor, Event, Note};
use super::email::Email;
use super::language::Language;
use super::links::rights;
use super::mail::letter::{Letter, Occasion, Reader};
use super::refusal::OrFault as _;
use super::sessions::Place;
use super::{Core, Failure, Fault, Refusal, lockout};
use crate::jose::{Secret, random};
use crate::store::{self, entity};

/// The pages that mails lead to.
pub const FORGOT_PASSWORD: &str = "/forgot-password";
pub const RESET_PASSWORD: &str = "/reset-password";
pub const VERIFY_EMAIL: &str = "/verify-email";
pub const CONFIRM_EMAIL: &str = "/email/confirm";

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    VerifyEmail,
    ResetPassword,
    ChangeEmail,
}

impl Purpose {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::VerifyEmail => "verify-email",
            Self::ResetPassword => "reset-password",
            Self::ChangeEmail => "change-email",
        }
    }

    const fn page(self) -> &'static str {
        match self {
            Self::VerifyEmail => VERIFY_EMAIL,
            Self::ResetPassword => RESET_PASSWORD,
            Self::ChangeEmail => CONFIRM_EMAIL,
        }
    }

    /// In milliseconds.
    const fn lifetime(self) -> i64 {
        match self {
            Self::VerifyEmail => 24 * 60 * 60 * 1000,
            Self::ResetPassword | Self::ChangeEmail => 60 * 60 * 1000,
        }
    }
}

/// A link that still works.
#[derive(Clone, Debug)]
pub struct Link {
    pub account_id: Uuid,
    /// The address that it proves.
    pub email: String,
}

impl Core {
    /// Makes a link: its address, and the row that makes it work. `flow` is the sealed authorization
    /// request that goes on afterwards.
    pub(super) fn draft_link(
        &self,
        purpose: Purpose,
        account_id: Uuid,
        email: &Email,
        flow: Option<&str>,
        now: i64,
    ) -> (String, entity::proofs::Model) {
        let token = random::token();
        // The address comes of the configuration, whatever the request says of itself.
        let mut link = format!("{}{}?token={}", self.rules.issuer, purpose.page(), token.expose());
        if let Some(flow) = flow {
            link.push_str("&flow=");
            link.push_str(flow);
        }
        let proof = entity::proofs::Model {
            account_id,
            purpose: purpose.name().to_owned(),
            digest: token.digest().to_vec(),
            email: email.typed.clone(),
            email_key: email.key.clone(),
            created_at: now,
            expires_at: now + purpose.lifetime(),
        };
        (link, proof)
    }

    /// What a link would prove. Uses nothing up: programs that read mail open its links, too.
    ///
    /// # Errors
    /// [`Refusal::LinkUnknown`].
    pub async fn look_at_link(
        &self,
        purpose: Purpose,
        token: &Secret,
        now: i64,
    ) -> Result<Link, Failure> {
        let found =
            store::proofs::look(self.store.read(), &token.digest(), purpose.name(), now).await;
        let proof = found.or_fault("look at a link")?.ok_or(Refusal::LinkUnknown)?;
        Ok(Link { account_id: proof.account_id, email: proof.email })
    }

    /// Sends a link for a new password to the owner of an address, if it has one: at most three an
    /// hour. Nothing is waited for, so that the answer takes the same time either way; should this
    /// node stop at that very moment, the person asks again.
    ///
    /// # Errors
    /// [`Refusal::EmailMalformed`].
    pub fn forgot_password(
        self: &Arc<Self>,
        email: &str,
        flow: Option<&str>,
        language: Language,
        now: i64,
    ) -> Result<(), Refusal> {
        let email = Email::parse(email)?;
        let (core, flow) = (Arc::clone(self), flow.map(str::to_owned));
        let work = async move {
            if let Err(fault) =
                core.send_reset_link(&email.key, flow.as_deref(), language, now).await
            {
                tracing::error!(%fault, "accounts.forgot_password");
            }
        };
        tokio::spawn(work.in_current_span());
        Ok(())
    }

    async fn send_reset_link(
        &self,
        email_key: &str,
        flow: Option<&str>,
        language: Language,
        now: i64,
    ) -> Result<(), Fault> {
        let row = store::accounts::by_email(self.store.read(), email_key).await;
        let Some(row) = row.or_fault("find an account")? else { return Ok(()) };
        let email = Email { typed: row.email.clone(), key: row.email_key.clone() };
        let account = Account::from_row(row)?;
        if account.disabled || !self.may_mail("reset", account.id, now).await? {
            return Ok(());
        }
        let (link, proof) = self.draft_link(Purpose::ResetPassword, account.id, &email, flow, now);
        let reader = Reader::owner(&account, language);
        let mail = self.write_letter(&reader, &Letter::ResetPassword { link: &link }, now)?;
        self.offer(proof, vec![mail]).await?;
        tracing::info!(account.id = %account.id, "accounts.forgot_password");
        Ok(())
    }

    /// Sends the link that confirms an account's address again: at most three an hour.
    ///
    /// # Errors
    /// A fault.
    pub async fn send_verification(
        &self,
        account: &Account,
        language: Language,
        now: i64,
    ) -> Result<(), Failure> {
        if account.email_verified || !self.may_mail("verify", account.id, now).await? {
            return Ok(());
        }
        let email = Email::parse(&account.email)?;
        let (link, proof) = self.draft_link(Purpose::VerifyEmail, account.id, &email, None, now);
        let reader = Reader::owner(account, language);
        let mail = self.write_letter(&reader, &Letter::VerifyEmail { link: &link }, now)?;
        Ok(self.offer(proof, vec![mail]).await?)
    }

    pub(super) async fn offer(
        &self,
        proof: entity::proofs::Model,
        mails: Vec<entity::mails::Model>,
    ) -> Result<(), Fault> {
        let offered = self.store.transaction(move |tx| {
            let (proof, mails) = (proof.clone(), mails.clone());
            Box::pin(async move {
                store::proofs::offer(tx, proof).await?;
                for mail in mails {
                    store::mails::add(tx, mail).await?;
                }
                Ok(())
            })
        });
        offered.await.or_fault("offer a link")
    }

    /// Confirms an address by its link, for whoever is signed in to its account.
    ///
    /// # Errors
    /// [`Refusal::LinkUnknown`]; [`Refusal::NotSignedIn`] where somebody else is, or nobody: the link
    /// is good then, and [`Core::set_password_by_link`] takes it.
    pub async fn verify_email(
        &self,
        token: &Secret,
        account: Option<&Account>,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        let link = self.look_at_link(Purpose::VerifyEmail, token, now).await?;
        if account.is_none_or(|account| account.id != link.account_id) {
            return Err(Refusal::NotSignedIn.into());
        }
        let digest = token.digest();
        let actor = Actor::Account(link.account_id);
        let event = Note::new(Event::EmailVerified, actor, place).account(link.account_id).row(now);
        let proven = self.store.transaction(move |tx| {
            let event = event.clone();
            Box::pin(async move {
                let purpose = Purpose::VerifyEmail.name();
                let Some(it) = store::proofs::spend(tx, &digest, purpose, now).await? else {
                    return Ok(false);
                };
                let proven = store::accounts::prove(tx, it.account_id, &it.email_key, now).await?;
                if proven {
                    store::audit::record(tx, event).await?;
                }
                Ok(proven)
            })
        });
        if !proven.await.or_fault("confirm an address")? {
            return Err(Refusal::LinkUnknown.into());
        }
        tracing::info!(account.id = %link.account_id, "accounts.verify_email");
        Ok(())
    }

    /// Gives an account a new password by a link. Its address is proven with it; every session and
    /// grant, every pending link and every known device ends, and a lock is lifted. The owner is told.
    /// What somebody may have made before, the address unproven, goes with all that it gave.
    ///
    /// # Errors
    /// [`Refusal::LinkUnknown`], a refusal about the password, [`Refusal::Busy`].
    pub async fn set_password_by_link(
        self: &Arc<Self>,
        purpose: Purpose,
        token: &Secret,
        password: Secret,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        let link = self.look_at_link(purpose, token, now).await?;
        let row = store::accounts::by_id(self.store.read(), link.account_id).await;
        let account =
            Account::from_row(row.or_fault("find an account")?.ok_or(Refusal::LinkUnknown)?)?;
        let name = account.claims.name.as_deref();
        self.check_new_password(PasswordRule::Length, &password, &account.email, name)?;
        let hash = self.hasher.hash(password).await?;
        let letter = Letter::PasswordChanged { occasion: Some(Occasion::new(place, now)) };
        let reader = Reader::owner(&account, place.language);
        let mail = self.write_letter(&reader, &letter, now)?;
        let (id, digest) = (account.id, token.digest());
        let event = Note::new(Event::PasswordReset, Actor::Account(id), place).account(id).row(now);
        let done = self.store.transaction(move |tx| {
            let (hash, mail, event) = (hash.clone(), mail.clone(), event.clone());
            Box::pin(async move {
                let Some(proof) = store::proofs::spend(tx, &digest, purpose.name(), now).await?
                else {
                    return Ok(None);
                };
                // Held, so that nobody comes in by a link that goes.
                store::accounts::hold(tx, id).await?;
                store::api_keys::drop_unproven(tx, id).await?;
                let dropped = store::links::drop_unproven(tx, id).await?;
                for link in &dropped {
                    rights::take(tx, link, now).await?;
                }
                // A link for an address that the account no longer has proves nothing.
                if !store::accounts::prove(tx, id, &proof.email_key, now).await? {
                    return Ok(None);
                }
                store::accounts::set_password(tx, id, &hash, now).await?;
                store::accounts::cut_off(tx, id, now).await?;
                store::attempts::lift(tx, &lockout::of_account(id)).await?;
                store::audit::record(tx, event).await?;
                store::mails::add(tx, mail).await?;
                Ok(Some(dropped))
            })
        });
        let dropped = done.await.or_fault("reset a password")?.ok_or(Refusal::LinkUnknown)?;
        self.return_tokens_later(dropped, now);
        tracing::info!(account.id = %id, "accounts.reset_password");
        Ok(())
    }
}
