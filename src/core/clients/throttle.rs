//! Failed client authentication is slowed down, by client and by where it comes from: whoever guesses
//! the secret of a client from elsewhere does not lock the client itself out.

use std::sync::atomic::{AtomicI64, Ordering};

use moka::future::Cache;
use moka::ops::compute::Op;

use crate::core::Refusal;
use crate::core::network::network;
use crate::jose::digest;

/// Failures within a window before the next attempt is refused unseen.
const MOST: u32 = 20;
/// In milliseconds.
const WINDOW: i64 = 60 * 1000;
/// Pairs of client and network that are remembered; the least used are forgotten first.
const REMEMBERED: u64 = 100_000;

/// Failures since a moment.
#[derive(Clone, Copy)]
struct Failures {
    since: i64,
    count: u32,
}

/// The failures of the last minute, on this node.
pub(in crate::core) struct Throttle {
    failures: Cache<[u8; 32], Failures>,
    /// When anybody failed last: for a minute after it there is something to look up.
    latest: AtomicI64,
}

impl Default for Throttle {
    fn default() -> Self {
        let twice = std::time::Duration::from_millis(2 * WINDOW.unsigned_abs());
        let failures = Cache::builder().max_capacity(REMEMBERED).time_to_live(twice).build();
        Self { failures, latest: AtomicI64::new(i64::MIN / 2) }
    }
}

impl Throttle {
    /// Lets an attempt through, or says when the next one may be made.
    pub async fn check(&self, client: &str, from: &str, now: i64) -> Result<(), Refusal> {
        if now >= self.latest.load(Ordering::Relaxed) + WINDOW {
            return Ok(());
        }
        match self.failures.get(&pair(client, from)).await {
            Some(failures) if failures.count >= MOST && now < failures.since + WINDOW => {
                let left = failures.since + WINDOW - now;
                let retry_after = left.unsigned_abs().div_ceil(1000).max(1);
                Err(Refusal::ClientSlowDown { retry_after })
            }
            _ => Ok(()),
        }
    }

    /// Counts a failure. Those of one pair are counted one after the other.
    pub async fn count(&self, client: &str, from: &str, now: i64) {
        self.latest.fetch_max(now, Ordering::Relaxed);
        let counted = self.failures.entry(pair(client, from)).and_compute_with(|known| {
            let failures = match known.map(moka::Entry::into_value) {
                Some(known) if now < known.since + WINDOW => {
                    Failures { count: known.count.saturating_add(1), ..known }
                }
                _ => Failures { since: now, count: 1 },
            };
            std::future::ready(Op::Put(failures))
        });
        counted.await;
    }
}

/// IPv6 counts by /64 (R55).
fn pair(client: &str, from: &str) -> [u8; 32] {
    digest::sha256(format!("{} {client}", network(from)).as_bytes())
}
