//! The counts that this node keeps by itself.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::outbox::Counted;

/// Windows that are remembered. Whoever floods this with names forgets what was used longest ago.
const REMEMBERED: u64 = 100_000;

/// A fixed window.
#[derive(Clone, Copy)]
struct Window {
    used: u64,
    /// Milliseconds since the Unix epoch.
    ends: i64,
}

impl Window {
    /// Whether it goes on at that time. Requests that came together were stamped in any order; one
    /// that lies far ahead was begun before the clock was set back, and would last too long.
    const fn holds(self, length: i64, now: i64) -> bool {
        now < self.ends && self.ends - now <= length.saturating_mul(2)
    }

    /// Counts one more, if it goes on at that time.
    fn count(&mut self, length: i64, now: i64) -> Option<Counted> {
        if !self.holds(length, now) {
            return None;
        }
        self.used = self.used.saturating_add(1);
        Some(self.counted(length, now))
    }

    fn counted(self, length: i64, now: i64) -> Counted {
        Counted { used: self.used, left: (self.ends - now).min(length) }
    }
}

/// One that requests count in where it lies.
type Slot = Arc<Mutex<Window>>;

fn look<T>(slot: &Slot, at: impl FnOnce(&mut Window) -> T) -> T {
    at(&mut slot.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Windows by name.
pub(super) struct Windows(Cache<String, Slot>);

impl Windows {
    /// For windows that last no longer than this.
    pub fn new(longest: Duration) -> Self {
        Self::with_room(REMEMBERED, longest)
    }

    fn with_room(most: u64, longest: Duration) -> Self {
        let windows = Cache::builder()
            .max_capacity(most)
            // Not by how often: a newcomer would not be counted while the room is full.
            .eviction_policy(EvictionPolicy::lru())
            .time_to_live(longest)
            .build();
        Self(windows)
    }

    /// Counts one. Those of one name are counted one after the other.
    pub fn count(&self, name: &str, length: i64, now: i64) -> Counted {
        // Nearly every request comes within a window that stands: it is a read of the cache, not a
        // write, which takes eight times as long.
        let known = self.0.get(name);
        let counted = known.and_then(|slot| look(&slot, |window| window.count(length, now)));
        counted.unwrap_or_else(|| self.begin(name, length, now))
    }

    /// Begins a window with its first request, unless another one has meanwhile.
    fn begin(&self, name: &str, length: i64, now: i64) -> Counted {
        let window = Window { used: 1, ends: now.saturating_add(length) };
        let mut counted = window.counted(length, now);
        self.0.entry_by_ref(name).and_compute_with(|known| {
            let begun = known.map(moka::Entry::into_value);
            if let Some(more) =
                begun.and_then(|slot| look(&slot, |window| window.count(length, now)))
            {
                counted = more;
                return Op::Nop;
            }
            Op::Put(Arc::new(Mutex::new(window)))
        });
        counted
    }

    /// Notes what all nodes together have counted, to go on from there.
    pub fn learn(&self, name: &str, counted: Counted, length: i64, now: i64) {
        let heard = Window { used: counted.used, ends: now.saturating_add(counted.left) };
        self.0.entry_by_ref(name).and_compute_with(|known| {
            let known = known.map(|known| look(known.value(), |window| *window));
            match known {
                // Answers arrive in any order.
                Some(known) if known.holds(length, now) && known.used >= heard.used => Op::Nop,
                _ => Op::Put(Arc::new(Mutex::new(heard))),
            }
        });
    }

    /// How many there are, or a few less.
    pub fn len(&self) -> u64 {
        self.0.entry_count()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const LENGTH: i64 = 60_000;
    const NOW: i64 = 1_700_000_000_000;

    fn windows(most: u64) -> Windows {
        Windows::with_room(most, Duration::from_mins(1))
    }

    #[test]
    fn a_window_begins_with_its_first_request_and_is_not_prolonged() {
        let windows = windows(10);
        let count = |name: &str, after: i64| {
            let Counted { used, left } = windows.count(name, LENGTH, NOW + after);
            (used, left)
        };
        assert_eq!(count("a", 0), (1, 60_000));
        for n in 0..50 {
            assert_eq!(count("a", n), (u64::try_from(n).unwrap() + 2, 60_000 - n));
        }
        assert_eq!(count("b", 59_999), (1, 60_000), "another name has a window of its own");
        assert_eq!(count("a", 59_999), (52, 1));
        assert_eq!(count("a", 60_000), (1, 60_000), "and the next begins when it is over");
        // Requests that came together may be a little out of order.
        assert_eq!(count("a", 59_990), (2, 60_000));
    }

    #[test]
    fn a_clock_that_is_set_back_makes_no_window_last() {
        let windows = windows(10);
        for _ in 0..9 {
            windows.count("a", LENGTH, NOW);
        }
        let before = NOW - 24 * 60 * LENGTH;
        assert_eq!(windows.count("a", LENGTH, before), Counted { used: 1, left: LENGTH });
    }

    #[test]
    fn r56_requests_at_once_are_counted_one_by_one() {
        let (windows, threads, each) = (windows(1000), 16, 500);
        let (start, allowed) = (Barrier::new(threads), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    start.wait();
                    for _ in 0..each {
                        if windows.count("a", LENGTH, NOW).used <= 100 {
                            allowed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        assert_eq!(allowed.into_inner(), 100);
        assert_eq!(windows.count("a", LENGTH, NOW).used, 8001);
    }

    #[test]
    fn r56_a_flood_of_names_is_bounded_and_takes_what_was_used_longest_ago() {
        let windows = windows(1000);
        for n in 0..50_000 {
            windows.count(&format!("flood {n}"), LENGTH, NOW);
            if n % 100 == 0 {
                windows.count("kept", LENGTH, NOW);
            }
            if n % 5000 == 0 {
                // What has yet to be thrown out comes on top.
                assert!(windows.0.iter().count() < 3000, "{n}");
            }
        }
        windows.0.run_pending_tasks();
        assert!(windows.len() <= 1000, "{}", windows.len());
        assert_eq!(
            windows.count("kept", LENGTH, NOW).used,
            501,
            "whoever goes on is not forgotten"
        );
        assert_eq!(windows.count("flood 49999", LENGTH, NOW).used, 2, "nor are newcomers");
        assert_eq!(windows.count("flood 0", LENGTH, NOW).used, 1);
    }

    #[test]
    fn r56_a_node_left_alone_goes_on_from_what_all_had_counted() {
        let windows = windows(10);
        for used in [2, 5, 4] {
            windows.learn("a", Counted { used, left: 30_000 }, LENGTH, NOW);
        }
        assert_eq!(windows.count("a", LENGTH, NOW), Counted { used: 6, left: 30_000 });
        // A store that has forgotten makes nobody's count less.
        windows.learn("a", Counted { used: 1, left: 60_000 }, LENGTH, NOW);
        assert_eq!(windows.count("a", LENGTH, NOW).used, 7);
        // The next window is another one.
        windows.learn("a", Counted { used: 1, left: 60_000 }, LENGTH, NOW + 30_000);
        let next = windows.count("a", LENGTH, NOW + 30_000);
        assert_eq!(next, Counted { used: 2, left: 60_000 });
    }
}
