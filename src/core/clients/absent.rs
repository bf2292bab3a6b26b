//! Clients that a node does not know. One may just have been registered on another node, so the
//! database is asked once; but a flood of unknown ids must cost it next to nothing.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use moka::future::Cache;
use uuid::Uuid;

/// A client older than this is known to every node that follows, in milliseconds; the clocks of nodes
/// may differ by as much.
const RECENT: i64 = 60 * 1000;
/// Look-ups of unknown clients that one node makes in a second.
const LOOK_UPS: u32 = 50;

/// Ids that the database does not know either, remembered for a second, and how many look-ups were
/// made in this one: a flood of unknown clients costs next to nothing.
pub(in crate::core) struct AbsentClients {
    ids: Cache<Uuid, ()>,
    look_ups: Mutex<(i64, u32)>,
}

impl Default for AbsentClients {
    fn default() -> Self {
        let ids = Cache::builder().max_capacity(10_000).time_to_live(Duration::from_secs(1));
        Self { ids: ids.build(), look_ups: Mutex::default() }
    }
}

impl AbsentClients {
    /// Whether the database is worth a question about that id: ours tell when they were made, and only
    /// a recent one can be news.
    pub fn is_worth_a_look(&self, id: &Uuid, now: i64) -> bool {
        let made_at = id.get_timestamp().and_then(|at| i64::try_from(at.to_unix().0).ok());
        let made_at = made_at.and_then(|seconds| seconds.checked_mul(1000));
        let is_recent = made_at.is_some_and(|made_at| (now - made_at).abs() <= RECENT);
        if !is_recent || self.ids.contains_key(id) {
            return false;
        }
        let mut look_ups = self.look_ups.lock().unwrap_or_else(PoisonError::into_inner);
        let second = now / 1000;
        if look_ups.0 != second {
            *look_ups = (second, 0);
        }
        look_ups.1 += 1;
        look_ups.1 <= LOOK_UPS
    }

    /// Remembers that the database does not know that id.
    pub async fn remember(&self, id: Uuid) {
        self.ids.insert(id, ()).await;
    }
}
