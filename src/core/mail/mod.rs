//! Mail that waits to be sent. A mail is a row that is written in the transaction of what it is
//! about; a task on every node takes what is due, hands it over and removes the row.
//!
//! Each mail is sent at least once: a node that dies between handing a mail over and removing its row
//! leaves it to be sent again when [`LEASE`] is over. Otherwise it is sent exactly once.

use std::sync::Arc;
use std::time::Duration;

use super::refusal::OrFault as _;
use super::{Core, Fault};
use crate::jose::random;
use crate::outbox::{Mail, MailError};
use crate::store::{self, entity};

pub mod letter;

use letter::{Letter, Reader};

/// What a sealed mail says it is.
const SEALED: &str = "mail";
/// How often a node looks for mail.
const EVERY: Duration = Duration::from_secs(1);
/// How long a node has a mail to itself; longer than sending it may take. Milliseconds, as below.
const LEASE: i64 = 2 * 60 * 1000;
/// The wait after the first failure; it doubles with each further one.
const FIRST_WAIT: i64 = 30 * 1000;
const LONGEST_WAIT: i64 = 60 * 60 * 1000;
/// A mail that could not be handed over for so long is given up.
const GIVE_UP_AFTER: i64 = 3 * 24 * 60 * 60 * 1000;

/// How long to wait after so many tries.
fn wait_after(tries: i64) -> i64 {
    let doublings = u32::try_from(tries - 1).unwrap_or_default().min(10);
    (FIRST_WAIT << doublings).min(LONGEST_WAIT)
}

impl Core {
    /// Writes a letter, ready to be added in the transaction of what it is about.
    pub(super) fn write_letter(
        &self,
        reader: &Reader<'_>,
        letter: &Letter<'_>,
        now: i64,
    ) -> Result<entity::mails::Model, Fault> {
        let mail = letter.write(reader, &self.rules.brand, &self.rules.issuer)?;
        let mail = serde_json::to_vec(&mail).or_fault("write a mail")?;
        // The mail may hold a link that opens an account.
        let sealed = self.mail_sealer.seal(SEALED, &mail).or_fault("seal a mail")?;
        Ok(entity::mails::Model {
            id: random::id(now),
            sealed,
            created_at: now,
            due_at: now,
            taken_until: 0,
            tries: 0,
        })
    }

    /// Sends what is due until the returned handle is aborted.
    #[must_use]
    pub fn send_mail(self: &Arc<Self>) -> tokio::task::JoinHandle<()> {
        let core = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut was_away = false;
            loop {
                tokio::time::sleep(EVERY).await;
                let Some(core) = core.upgrade() else { return };
                loop {
                    match core.send_next().await {
                        Ok(true) => was_away = false,
                        Ok(false) => {
                            was_away = false;
                            break;
                        }
                        Err(error) => {
                            // Said once, not every second.
                            if !was_away {
                                tracing::error!(%error, "mail.send: the database is away");
                            }
                            was_away = true;
                            break;
                        }
                    }
                }
            }
        })
    }

    /// Sends one mail that is due; false when there was none.
    async fn send_next(&self) -> Result<bool, Fault> {
        let now = self.clock.now();
        let taken = store::mails::take(&self.store, now, now + LEASE).await;
        let Some(row) = taken.or_fault("take a mail")? else { return Ok(false) };
        let opened = self.mail_sealer.open(SEALED, &row.sealed);
        let mail: Option<Mail> = opened.and_then(|mail| serde_json::from_slice(&mail).ok());
        let sent = match &mail {
            Some(mail) => self.post.send(mail, row.id, row.created_at).await,
            None => Err(MailError::Unreadable),
        };
        let mail_id = row.id;
        let Err(error) = sent else {
            store::mails::remove(self.store.write(), &row).await.or_fault("remove a mail")?;
            tracing::info!(mail.id = %mail_id, "mail.sent");
            return Ok(true);
        };
        let now = self.clock.now();
        let why = error.to_string();
        if error.is_final() || row.created_at + GIVE_UP_AFTER < now {
            store::mails::remove(self.store.write(), &row).await.or_fault("remove a mail")?;
            tracing::error!(mail.id = %mail_id, why, "mail.given_up");
        } else {
            let due_at = now + wait_after(row.tries);
            let postponed = store::mails::postpone(self.store.write(), &row, due_at).await;
            postponed.or_fault("postpone a mail")?;
            tracing::warn!(mail.id = %mail_id, mail.tries = row.tries, why, "mail.postponed");
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::wait_after;

    #[test]
    fn waits_double_up_to_an_hour() {
        let seconds: Vec<i64> = (1..=9).map(|tries| wait_after(tries) / 1000).collect();
        assert_eq!(seconds, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert_eq!(wait_after(1000), 60 * 60 * 1000);
    }
}
