//! Assertions that clients have used: each once, on whichever node.

use sea_orm::{ConnectionTrait, DbErr};

use super::hot;

const SPEND: &str =
    "INSERT INTO spent_jtis (digest, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";

/// Spends an assertion: whoever writes the row has won.
///
/// # Errors
/// The database's.
pub async fn spend(
    db: &impl ConnectionTrait,
    digest: [u8; 32],
    expires_at: i64,
) -> Result<bool, DbErr> {
    let values = [digest.to_vec().into(), expires_at.into()];
    Ok(db.execute_raw(hot::statement(db, SPEND, values)).await?.rows_affected() == 1)
}

const FORGET: &str = "DELETE FROM spent_jtis WHERE digest IN \
    (SELECT digest FROM spent_jtis WHERE expires_at < $1 LIMIT $2)";

/// Forgets up to so many assertions that nobody could use any more; how many those were.
///
/// # Errors
/// The database's.
pub async fn forget(db: &impl ConnectionTrait, now: i64, most: i64) -> Result<u64, DbErr> {
    let values = [now.into(), most.into()];
    Ok(db.execute_raw(hot::statement(db, FORGET, values)).await?.rows_affected())
}
