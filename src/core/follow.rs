//! How a node learns what another node, or the command line, has changed: it reads a few counters
//! every second, and reads anew what has moved.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::refusal::OrFault as _;
use super::{Core, Fault, clients, keys};
use crate::store;

/// How old what a node holds in memory may be.
pub const STALE_AFTER: Duration = Duration::from_secs(1);

/// How far this node's clock may be from the database's before an operator hears of it, in seconds:
/// more than it takes to ask.
const APART: u64 = 5;

type Revisions = HashMap<String, i64>;

impl Core {
    /// Follows until the returned handle is dropped or aborted.
    #[must_use]
    pub fn follow(self: &Arc<Self>) -> tokio::task::JoinHandle<()> {
        let core = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut known = None;
            let mut was_away = false;
            loop {
                tokio::time::sleep(STALE_AFTER).await;
                let Some(core) = core.upgrade() else { return };
                match core.catch_up(known.take()).await {
                    Ok(revisions) => {
                        known = Some(revisions);
                        if was_away {
                            tracing::info!("core.follow: the database is back");
                        }
                        was_away = false;
                    }
                    Err(error) if !was_away => {
                        // Said once, not every second; what is held serves on.
                        tracing::error!(%error, "core.follow: the database is away");
                        was_away = true;
                    }
                    Err(_) => {}
                }
            }
        })
    }

    async fn catch_up(&self, known: Option<Revisions>) -> Result<Revisions, Fault> {
        // While the database is away this is the one that asks; everybody else is told at once.
        let theirs = self.store.probe().await.or_fault("reach the database")?;
        self.compare_clocks(theirs);
        let rows = store::revisions::all(self.store.read()).await.or_fault("read the revisions")?;
        let current: Revisions = rows.into_iter().map(|row| (row.name, row.value)).collect();
        let moved =
            |name: &str| known.as_ref().is_none_or(|known| known.get(name) != current.get(name));
        if moved(keys::REVISION) {
            self.reload_keys(self.clock.now()).await?;
        }
        if let Some(&revision) = current.get(clients::REVISION) {
            self.follow_clients(revision).await?;
        }
        Ok(current)
    }

    /// Nodes expire things by their own clocks (R85), so these have to agree: all are compared with
    /// the one that they share.
    fn compare_clocks(&self, theirs: i64) {
        let ahead = (self.clock.now() - theirs) / 1000;
        let before = self.clock_ahead.swap(ahead, Ordering::Relaxed);
        match (before.unsigned_abs() > APART, ahead.unsigned_abs() > APART) {
            (false, true) => {
                tracing::warn!(ahead, "core.follow: this clock is seconds from the database's");
            }
            (true, false) => tracing::info!("core.follow: this clock is the database's again"),
            _ => {}
        }
    }
}
