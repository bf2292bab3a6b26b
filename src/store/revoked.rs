//! Access tokens that were revoked one by one, kept until they would have expired by themselves.

use sea_orm::{ConnectionTrait, DbErr};

use super::hot;

const REVOKE: &str = "\
    INSERT INTO revoked_tokens (jti, expires_at) VALUES ($1, $2) ON CONFLICT (jti) DO NOTHING";

/// Revokes the token of that `jti`.
///
/// # Errors
/// The database's.
pub async fn revoke(db: &impl ConnectionTrait, jti: &str, expires_at: i64) -> Result<(), DbErr> {
    let values = [jti.into(), expires_at.into()];
    db.execute_raw(hot::statement(db, REVOKE, values)).await.map(drop)
}

const IS_REVOKED: &str = "SELECT 1 FROM revoked_tokens WHERE jti = $1";

/// Whether a token that belongs to no grant was revoked. One that does is asked about together
/// with its grant.
///
/// # Errors
/// The database's.
pub async fn is_revoked(db: &impl ConnectionTrait, jti: &str) -> Result<bool, DbErr> {
    let row = db.query_one_raw(hot::statement(db, IS_REVOKED, [jti.into()])).await?;
    Ok(row.is_some())
}
