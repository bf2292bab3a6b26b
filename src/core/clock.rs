//! The one place that reads the time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The system's clock, which a test can move.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// Milliseconds since the Unix epoch.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the time")]
    pub fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        now.saturating_add(self.ahead.load(Ordering::Relaxed))
    }

    /// Moves this clock and its clones ahead.
    pub fn advance(&self, milliseconds: i64) {
        self.ahead.fetch_add(milliseconds, Ordering::Relaxed);
    }
}

/// RFC 3339, UTC, with milliseconds.
#[must_use]
pub fn rfc3339(milliseconds: i64) -> String {
    let seconds = time::OffsetDateTime::from_unix_timestamp(milliseconds.div_euclid(1000));
    seconds
        .map(|at| {
            let (date, (hour, minute, second)) = (at.date(), at.to_hms());
            let fraction = milliseconds.rem_euclid(1000);
            format!("{date}T{hour:02}:{minute:02}:{second:02}.{fraction:03}Z")
        })
        .unwrap_or_default()
}
