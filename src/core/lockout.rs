//! Failed passwords are counted before they are tried. So many for one account within a window lock
//! it, on every node and every way in; so many from one address are refused, whomever they are for.
//!
//! A browser in which the person has signed in before counts for itself, so that strangers cannot
//! lock the person out. An identifier without an account is counted like one.

use std::sync::Arc;
use std::time::Duration;

use super::accounts::Account;
use super::audit::{Actor, Event, Note};
use super::mail::letter::{Letter, Occasion, Reader};
use super::network::network;
use super::refusal::OrFault as _;
use super::sessions::Place;
use super::{Core, Failure, Fault, Refusal, email};
use crate::jose::digest;
use crate::store;
use crate::store::attempts::{self, Budget, Room};

/// Failed passwords from one address, over all accounts; unless rate limits are off.
const MOST_FROM_ONE_ADDRESS: i64 = 100;
const AN_HOUR: i64 = 60 * 60 * 1000;
/// Mails that one account may have sent to itself for one purpose within an hour.
const MOST_MAILS: i64 = 3;
/// Where others stand in the last places, their end is waited for.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
const LOOKS: u32 = 100;

/// What a password is tried for.
pub(super) enum Subject<'a> {
    Account(&'a Account),
    /// A browser that the account's owner has signed in with, by its digest.
    Device(&'a [u8]),
    /// An identifier without an account.
    Nobody(&'a str),
}

/// A place in the budgets: one try at a password.
#[derive(Clone)]
pub(super) struct Try {
    subject: Budget,
    address: Option<Budget>,
}

/// What came of asking for a try.
pub(super) enum Reserved {
    Try(Try),
    /// The subject has none left for so many seconds. Whoever tries all the same uses the address's
    /// own budget up, so that what such tries cost us is bounded, too.
    Locked {
        retry_after: u64,
        address: Option<Budget>,
    },
}

impl Try {
    /// What the try counts against, and is locked with.
    pub(super) const fn subject(&self) -> &Budget {
        &self.subject
    }

    /// The password was right: what failed before is forgotten. Last in a transaction, since others wait
    /// for the address's row.
    pub(super) async fn forgive(
        &self,
        tx: &store::Transaction,
        now: i64,
    ) -> Result<(), store::DbErr> {
        // In the order in which they are reserved, so that nobody waits in a circle.
        if let Some(address) = &self.address {
            attempts::release(tx, &address.name).await?;
        }
        attempts::forgive(tx, &self.subject, now).await
    }
}

impl Core {
    /// Reserves a try at a password; what it counts against is reserved by one write.
    ///
    /// # Errors
    /// [`Refusal::SlowDown`]; [`Refusal::Busy`] where too many tries are under way.
    pub(super) async fn reserve_try(
        &self,
        subject: &Subject<'_>,
        place: &Place,
        now: i64,
    ) -> Result<Reserved, Failure> {
        let address = self.limits.are_on().then(|| Budget {
            name: format!("address:{}", network(&place.ip)),
            most: MOST_FROM_ONE_ADDRESS,
            window: AN_HOUR,
        });
        let subject = self.budget_of(subject);
        for _ in 0..LOOKS {
            let rooms = match &address {
                Some(address) => {
                    attempts::reserve_both(&self.store, [address, &subject], now).await
                }
                None => attempts::reserve(&self.store, &subject, now)
                    .await
                    .map(|of| [Room::Reserved, of]),
            };
            let [of_address, of_subject] = rooms.or_fault("reserve a try")?;
            match (of_address, of_subject) {
                (Room::Reserved, Room::Reserved) => {
                    return Ok(Reserved::Try(Try { subject, address }));
                }
                (Room::Reserved, Room::Exhausted(until)) => {
                    let retry_after = wait(until, &subject, now);
                    return Ok(Reserved::Locked { retry_after, address });
                }
                _ => {}
            }
            // What was reserved without the other is given back.
            self.release((of_address == Room::Reserved).then_some(address.as_ref()).flatten())
                .await?;
            self.release((of_subject == Room::Reserved).then_some(&subject)).await?;
            if let (Room::Exhausted(until), Some(address)) = (of_address, &address) {
                return Err(Refusal::SlowDown { retry_after: wait(until, address, now) }.into());
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Err(Refusal::Busy { retry_after: 1 }.into())
    }

    async fn release(&self, budget: Option<&Budget>) -> Result<(), Fault> {
        let Some(budget) = budget else { return Ok(()) };
        attempts::release(self.store.write(), &budget.name).await.or_fault("give a try back")
    }

    /// The try was none after all.
    pub(super) async fn give_back(&self, tried: Try) -> Result<(), Fault> {
        self.release(Some(&tried.subject)).await?;
        self.release(tried.address.as_ref()).await
    }

    /// As [`Try::forgive`], where nothing else is written.
    pub(super) async fn forgive(&self, tried: Try, now: i64) -> Result<(), Fault> {
        let forgiven = self.store.transaction(move |tx| {
            let tried = tried.clone();
            Box::pin(async move { tried.forgive(tx, now).await })
        });
        forgiven.await.or_fault("forget failed tries")
    }

    /// The password was wrong: that is put on record and counted. The failure that locks an account is
    /// told its owner.
    pub(super) async fn count_failure(
        self: &Arc<Self>,
        tried: Try,
        locks: Option<&Account>,
        note: Note,
        place: &Place,
        now: i64,
    ) -> Result<(), Fault> {
        let (core, owner, place) = (Arc::clone(self), locks.cloned(), place.clone());
        let locked = self.store.transaction(move |tx| {
            let (core, tried, place) = (Arc::clone(&core), tried.clone(), place.clone());
            let (owner, failed) = (owner.clone(), note.row(now));
            Box::pin(async move {
                store::audit::record(tx, failed).await?;
                if let Some(address) = &tried.address {
                    attempts::fail(tx, address, now).await?;
                }
                let locked = attempts::fail(tx, &tried.subject, now).await?;
                let Some(account) = owner.filter(|_| locked) else { return Ok(None) };
                let letter = Letter::Locked {
                    minutes: core.rules.lockout_window / 60_000,
                    occasion: Occasion::new(&place, now),
                };
                let reader = Reader::owner(&account, place.language);
                let mail = core.write_letter(&reader, &letter, now);
                let mail = mail.map_err(|fault| store::DbErr::Custom(fault.to_string()))?;
                let note = Note::new(Event::AccountLocked, Actor::Anyone, &place);
                store::audit::record(tx, note.account(account.id).row(now)).await?;
                store::mails::add(tx, mail).await?;
                Ok(Some(account.id))
            })
        });
        if let Some(id) = locked.await.or_fault("count a failed try")? {
            tracing::warn!(account.id = %id, "accounts.locked");
        }
        Ok(())
    }

    /// A password for a locked account was not looked at: that is put on record and counted.
    pub(super) async fn count_locked(
        &self,
        address: Option<Budget>,
        note: Note,
        now: i64,
    ) -> Result<(), Fault> {
        let counted = self.store.transaction(move |tx| {
            let (address, tried) = (address.clone(), note.row(now));
            Box::pin(async move {
                store::audit::record(tx, tried).await?;
                if let Some(address) = &address {
                    attempts::fail(tx, address, now).await?;
                }
                Ok(())
            })
        });
        counted.await.or_fault("count a failed try")
    }

    /// The seconds until tries are let in again, where a lock stands now.
    pub(super) async fn locked_for(
        &self,
        subject: &Budget,
        now: i64,
    ) -> Result<Option<u64>, Fault> {
        let until = attempts::exhausted_until(self.store.read(), subject, now).await;
        Ok(until.or_fault("look at a lock")?.map(|until| wait(until, subject, now)))
    }

    /// Whether an account may be sent one more mail of this kind; three an hour.
    pub(super) async fn may_mail(
        &self,
        kind: &str,
        id: uuid::Uuid,
        now: i64,
    ) -> Result<bool, Fault> {
        let budget =
            Budget { name: format!("mail:{kind}:{id}"), most: MOST_MAILS, window: AN_HOUR };
        attempts::take(self.store.write(), &budget, now).await.or_fault("count a mail")
    }

    /// The seconds after which there may be one more.
    pub(super) async fn mail_again_in(
        &self,
        kind: &str,
        id: uuid::Uuid,
        now: i64,
    ) -> Result<u64, Fault> {
        let name = format!("mail:{kind}:{id}");
        let until = attempts::ends_at(self.store.read(), &name, now).await;
        let wait = until.or_fault("look at a count")?.map_or(0, |until| until - now);
        Ok(u64::try_from(wait.clamp(1, AN_HOUR)).unwrap_or(1).div_ceil(1000))
    }

    /// What tries at the password of an account count against in a browser, and lock with.
    pub(super) fn lock_of(&self, account: &Account, device: Option<&[u8]>) -> Budget {
        self.budget_of(&device.map_or(Subject::Account(account), Subject::Device))
    }

    fn budget_of(&self, subject: &Subject<'_>) -> Budget {
        Budget {
            name: self.name_of(subject),
            most: self.rules.lockout_attempts,
            window: self.rules.lockout_window,
        }
    }

    /// What is counted under: nothing that a person typed stands in the database.
    fn name_of(&self, subject: &Subject<'_>) -> String {
        match subject {
            Subject::Account(account) => of_account(account.id),
            Subject::Device(of) => {
                format!("device:{}", digest::hmac(&self.lockout_key, &[b"device", of]))
            }
            Subject::Nobody(identifier) => {
                let identifier = email::fold(identifier);
                let name = digest::hmac(&self.lockout_key, &[b"nobody", identifier.as_bytes()]);
                format!("nobody:{name}")
            }
        }
    }
}

/// The seconds until then.
fn wait(until: i64, budget: &Budget, now: i64) -> u64 {
    // Another node's clock, or another request's, may have been a little ahead.
    let wait = (until - now).clamp(1, budget.window);
    u64::try_from(wait).unwrap_or(1).div_ceil(1000)
}

/// The name under which an account's failures are counted, by whichever identifier they came.
pub(super) fn of_account(id: uuid::Uuid) -> String {
    format!("account:{id}")
}
