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
