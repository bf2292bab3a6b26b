//! What has expired leaves, the oldest first, in batches so small that nobody waits for one.

use std::ops::Range;

use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::hot;

/// Rows that leave at a certain age.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// What they are, for the log.
    pub name: &'static str,
    sql: &'static str,
}

/// The rows that one statement takes at most.
pub const BATCH: u64 = 500;

/// Rows of `$table`, told apart by `$key`, whose indexed time `$at` lies before `$1`.
macro_rules! oldest {
    ($name:literal: $table:literal, $key:literal, $at:literal) => {
        Rows {
            name: $name,
            sql: concat!(
                "DELETE FROM ",
                $table,
                " WHERE ",
                $key,
                " IN (SELECT ",
                $key,
                " FROM ",
                $table,
                " WHERE ",
                $at,
                " < $1 ORDER BY ",
                $at,
                " LIMIT 500)"
            ),
        }
    };
}

pub const SESSIONS_EXPIRED: Rows = oldest!("sessions expired": "sessions", "id", "expires_at");
pub const SESSIONS_ENDED: Rows = oldest!("sessions ended": "sessions", "id", "ended_at");
pub const GRANTS_EXPIRED: Rows = oldest!("grants expired": "grants", "id", "expires_at");
pub const GRANTS_ENDED: Rows = oldest!("grants ended": "grants", "id", "ended_at");
pub const PUSHED_REQUESTS: Rows =
    oldest!("pushed requests": "pushed_requests", "digest", "expires_at");
pub const REVOKED_TOKENS: Rows = oldest!("revoked tokens": "revoked_tokens", "jti", "expires_at");
pub const ASSERTIONS: Rows = oldest!("spent assertions": "spent_jtis", "digest", "expires_at");
pub const INVITATIONS: Rows = oldest!("invitations": "invitations", "digest", "expires_at");
pub const LINKS: Rows = oldest!("links": "proofs", "digest", "expires_at");
pub const DEVICES: Rows = oldest!("known devices": "devices", "digest", "created_at");
pub const ATTEMPTS: Rows = oldest!("counts of attempts": "attempts", "name", "ends_at");
pub const CLIENT_CHANGES: Rows = oldest!("changes of clients": "client_changes", "revision", "at");
pub const AUDIT: Rows = oldest!("audit": "audit_events", "id", "at");

/// All of them.
pub const EVERY: [Rows; 13] = [
    SESSIONS_EXPIRED,
    SESSIONS_ENDED,
    GRANTS_EXPIRED,
    GRANTS_ENDED,
    PUSHED_REQUESTS,
    REVOKED_TOKENS,
    ASSERTIONS,
    INVITATIONS,
    LINKS,
    DEVICES,
    ATTEMPTS,
    CLIENT_CHANGES,
    AUDIT,
];

impl Rows {
    /// The statement, for whoever wants to know how the database finds them.
    #[must_use]
    pub const fn sql(self) -> &'static str {
        self.sql
    }
}

/// Removes up to [`BATCH`] rows whose time lies before that; how many there were.
///
/// # Errors
/// The database's.
pub async fn remove(db: &impl ConnectionTrait, rows: Rows, before: i64) -> Result<u64, DbErr> {
    let statement = hot::statement(db, rows.sql, [before.into()]);
    Ok(db.execute_raw(statement).await?.rows_affected())
}

/// Grants made from `$1` on and before `$2` whose code was never redeemed.
pub const UNREDEEMED: Rows = Rows {
    name: "codes never redeemed",
    sql: "DELETE FROM grants WHERE id IN (SELECT id FROM grants \
          WHERE id >= $1 AND id < $2 AND spent_at IS NULL ORDER BY id LIMIT 500)",
};

/// Removes up to [`BATCH`] of [`UNREDEEMED`]; how many there were.
///
/// # Errors
/// The database's.
pub async fn remove_unredeemed(
    db: &impl ConnectionTrait,
    span: &Range<Uuid>,
) -> Result<u64, DbErr> {
    let values = [span.start.into(), span.end.into()];
    Ok(db.execute_raw(hot::statement(db, UNREDEEMED.sql, values)).await?.rows_affected())
}
