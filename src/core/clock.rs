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
    let Ok(at) = time::OffsetDateTime::from_unix_timestamp(milliseconds.div_euclid(1000)) else {
        return String::new();
    };
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.to_hms();
    // Answers hold a handful of these, and formatting by pattern would cost as much as the rest of
    // the answer.
    let parts = [
        (year.unsigned_abs(), 1000, '-'),
        (u8::from(month).into(), 10, '-'),
        (day.into(), 10, 'T'),
        (hour.into(), 10, ':'),
        (minute.into(), 10, ':'),
        (second.into(), 10, '.'),
        (u32::try_from(milliseconds.rem_euclid(1000)).unwrap_or_default(), 100, 'Z'),
    ];
    let mut text = String::with_capacity(24);
    for (value, mut place, end) in parts {
        while place > 0 {
            text.push(char::from_digit(value / place % 10, 10).unwrap_or('0'));
            place /= 10;
        }
        text.push(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn rfc3339_5_6_a_time_is_written_in_full() {
        for (milliseconds, written) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_007, "2000-02-29T00:00:00.007Z"),
            (1_735_689_599_050, "2024-12-31T23:59:59.050Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(rfc3339(milliseconds), written);
        }
        assert_eq!(rfc3339(i64::MAX), "", "beyond all that can be written");
    }
}
