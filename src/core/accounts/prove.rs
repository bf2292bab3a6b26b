//! How apps have an address proven: they ask for the link again, and hand in the one that came.

use std::sync::Arc;

use tracing::Instrument as _;

use super::Account;
use crate::core::email::Email;
use crate::core::language::Language;
use crate::core::refusal::OrFault as _;
use crate::core::sessions::{Owner, Place};
use crate::core::{Core, Failure, Refusal};
use crate::jose::Secret;
use crate::store;

impl Core {
    /// Sends the link that proves an address again. Whoever is signed in hears why not; who is not, is
    /// told nothing, and waits for nothing that depends on whether there is such an account.
    ///
    /// # Errors
    /// [`Refusal::EmailMalformed`]; [`Refusal::EmailNotOwn`], [`Refusal::EmailProven`]; for an address
    /// that the account is about to have those of [`Core::ask_email_change`].
    pub async fn ask_verification(
        self: &Arc<Self>,
        email: &str,
        owner: Option<Owner<'_>>,
        place: Place,
        now: i64,
    ) -> Result<(), Failure> {
        let wanted = Email::parse(email)?;
        let Some(owner) = owner else {
            self.verify_unseen(wanted, place.language, now);
            return Ok(());
        };
        let account = owner.account;
        if let Some(pending) = &account.pending_email
            && Email::parse(pending)?.key == wanted.key
        {
            return self.ask_email_change(owner, (None, pending), place, now).await;
        }
        if Email::parse(&account.email)?.key != wanted.key {
            return Err(Refusal::EmailNotOwn.into());
        }
        if account.email_verified {
            return Err(Refusal::EmailProven.into());
        }
        self.send_verification(account, place.language, now).await
    }

    fn verify_unseen(self: &Arc<Self>, email: Email, language: Language, now: i64) {
        let core = Arc::clone(self);
        let work = async move {
            let sent = async {
                let row = store::accounts::by_email(core.store.read(), &email.key).await;
                match row.or_fault("find an account")?.map(Account::from_row).transpose()? {
                    Some(account) if !account.disabled => {
                        core.send_verification(&account, language, now).await
                    }
                    _ => Ok(()),
                }
            };
            match sent.await {
                Ok(()) | Err(Failure::Refused(_)) => {}
                Err(Failure::Fault(fault)) => {
                    tracing::error!(%fault, "accounts.ask_verification");
                }
            }
        };
        tokio::spawn(work.in_current_span());
    }

    /// Proves an address by its link, for whoever is signed in to its account: the account's own, or
    /// the one that it is about to have.
    ///
    /// # Errors
    /// As [`Core::verify_email`] and [`Core::confirm_email_change`].
    pub async fn prove_email(
        &self,
        token: &Secret,
        owner: Owner<'_>,
        place: &Place,
        now: i64,
    ) -> Result<(), Failure> {
        match self.verify_email(token, Some(owner.account), place, now).await {
            Err(Failure::Refused(Refusal::LinkUnknown)) => {
                self.confirm_email_change(token, Some(owner), place, now).await.map(drop)
            }
            proven => proven,
        }
    }
}
