//! The sweep: what has expired leaves, in small batches. Any node may run it, and all do: a row is
//! removed once, and a second time it is not there.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::refusal::OrFault as _;
use super::sessions::DEVICE_LIFETIME;
use super::{Core, Fault, Rules, flow};
use crate::jose::random;
use crate::store::sweep::{self, Rows};

/// How long after its end a session or grant stays: for people who look at where they were signed
/// in, and for operators who look at why they were signed out. No answer depends on it, since what
/// has ended and what is not there are refused alike.
const KEEP_ENDED: i64 = 7 * 24 * 60 * 60 * 1000;

/// How far back a node that has just started looks for codes that nobody redeemed. What is older goes
/// with its grant's end.
const LOOK_BACK: i64 = 24 * 60 * 60 * 1000;
/// Grants of so much time are looked at in one statement.
const SLICE: i64 = 60 * 60 * 1000;
/// Nodes follow within seconds; one that was away for longer reads everything.
const KEEP_CHANGES: i64 = 60 * 60 * 1000;

/// How far the clocks of two nodes may be apart (R85): what one of them counts as over may still be
/// taken by the other, which then has to know that it was used, revoked or tried.
const SKEW: i64 = 5 * 60 * 1000;

/// A run ends here at the latest, so that a node that starts after a long time does nothing else.
const MOST_BATCHES: u32 = 400;

/// Rows, and how long after their time they leave.
struct Sweeper {
    rows: Rows,
    keep: fn(&Rules) -> i64,
}

/// Everything that leaves by itself. A grant's `expires_at` is the end of the last refresh token that
/// it can have given, so the row outlives every token that could be replayed. A pushed request stays
/// for as long as a person may take to answer it.
const SWEEPERS: [Sweeper; 13] = [
    Sweeper { rows: sweep::GRANTS_EXPIRED, keep: |_| KEEP_ENDED },
    Sweeper { rows: sweep::GRANTS_ENDED, keep: |_| KEEP_ENDED },
    Sweeper { rows: sweep::SESSIONS_EXPIRED, keep: |_| KEEP_ENDED },
    Sweeper { rows: sweep::SESSIONS_ENDED, keep: |_| KEEP_ENDED },
    Sweeper { rows: sweep::PUSHED_REQUESTS, keep: |_| flow::LIFETIME },
    Sweeper { rows: sweep::REVOKED_TOKENS, keep: |_| SKEW },
    Sweeper { rows: sweep::ASSERTIONS, keep: |_| SKEW },
    Sweeper { rows: sweep::INVITATIONS, keep: |_| KEEP_ENDED },
    Sweeper { rows: sweep::LINKS, keep: |_| 0 },
    Sweeper { rows: sweep::DEVICES, keep: |_| DEVICE_LIFETIME },
    Sweeper { rows: sweep::ATTEMPTS, keep: |_| SKEW },
    Sweeper { rows: sweep::CLIENT_CHANGES, keep: |_| KEEP_CHANGES },
    Sweeper { rows: sweep::AUDIT, keep: |rules| rules.audit_keep },
];

impl Core {
    /// Sweeps every few minutes until the returned handle is dropped or aborted.
    #[must_use]
    pub fn keep_swept(self: &Arc<Self>) -> tokio::task::JoinHandle<()> {
        let core = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                // Several nodes that were started together do not sweep together.
                let [jitter] = random::bytes();
                tokio::time::sleep(Duration::from_secs(180 + u64::from(jitter))).await;
                let Some(core) = core.upgrade() else { return };
                if let Err(error) = core.sweep(core.clock.now()).await {
                    tracing::warn!(%error, "core.sweep");
                }
            }
        })
    }

    /// Removes what has expired by now; how many rows there were.
    ///
    /// # Errors
    /// A fault. What was removed until then is.
    pub async fn sweep(&self, now: i64) -> Result<u64, Fault> {
        let mut all = 0;
        for Sweeper { rows, keep } in SWEEPERS {
            let before = now - keep(&self.rules);
            let mut removed = 0;
            for _ in 0..MOST_BATCHES {
                let batch = sweep::remove(self.store.write(), rows, before).await;
                let batch = batch.or_fault("sweep")?;
                removed += batch;
                if batch < sweep::BATCH {
                    break;
                }
                // Everybody else's turn.
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            if removed > 0 {
                tracing::info!(rows = rows.name, removed, "core.sweep");
            }
            all += removed;
        }
        Ok(all + self.sweep_codes(now).await?)
    }

    /// Removes grants whose code was never redeemed, once it has expired and its request, too, can get
    /// no other: a used code has to be known, one that was not is as good as unknown. Ids tell when
    /// they were made, so each node looks at each grant once, and no index has to be kept for it.
    async fn sweep_codes(&self, now: i64) -> Result<u64, Fault> {
        let until = now - flow::LIFETIME - self.rules.code_lifetime;
        let mut from = self.codes_swept.load(Ordering::Relaxed).max(until - LOOK_BACK);
        let mut removed = 0;
        while from < until {
            let to = (from + SLICE).min(until);
            let span = random::first_id(from)..random::first_id(to);
            let batch = sweep::remove_unredeemed(self.store.write(), &span).await;
            let batch = batch.or_fault("sweep")?;
            removed += batch;
            if batch < sweep::BATCH {
                from = to;
                self.codes_swept.store(from, Ordering::Relaxed);
            } else {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        if removed > 0 {
            tracing::info!(rows = sweep::UNREDEEMED.name, removed, "core.sweep");
        }
        Ok(removed)
    }
}
