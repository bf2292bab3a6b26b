//! Initial access tokens: each is good for so many registrations.

use sea_orm::{ConnectionTrait, DbErr};

use super::hot;

/// An invitation as it is written.
#[derive(Clone)]
pub struct Invitation {
    pub digest: [u8; 32],
    /// What the invited may ask for beside the standard scopes.
    pub scope: Option<String>,
    pub uses: i64,
    pub expires_at: i64,
    pub created_at: i64,
}

const ADD: &str = "INSERT INTO invitations (digest, scope, uses_left, expires_at, created_at) \
    VALUES ($1, $2, $3, $4, $5)";

/// Adds an invitation.
///
/// # Errors
/// The database's.
pub async fn add(db: &impl ConnectionTrait, invitation: Invitation) -> Result<(), DbErr> {
    let values = [
        invitation.digest.to_vec().into(),
        invitation.scope.into(),
        invitation.uses.into(),
        invitation.expires_at.into(),
        invitation.created_at.into(),
    ];
    db.execute_raw(hot::statement(db, ADD, values)).await.map(drop)
}

const FIND: &str =
    "SELECT scope FROM invitations WHERE digest = $1 AND uses_left > 0 AND expires_at > $2";

/// The scope of an invitation that can be used.
///
/// # Errors
/// The database's.
pub async fn find(
    db: &impl ConnectionTrait,
    digest: [u8; 32],
    now: i64,
) -> Result<Option<Option<String>>, DbErr> {
    let values = [digest.to_vec().into(), now.into()];
    let row = db.query_one_raw(hot::statement(db, FIND, values)).await?;
    row.map(|row| row.try_get_by_index(0)).transpose()
}

const SPEND: &str = "UPDATE invitations SET uses_left = uses_left - 1 \
    WHERE digest = $1 AND uses_left > 0 AND expires_at > $2";

/// Uses an invitation once more; false when that cannot be.
///
/// # Errors
/// The database's.
pub async fn spend(db: &impl ConnectionTrait, digest: [u8; 32], now: i64) -> Result<bool, DbErr> {
    let values = [digest.to_vec().into(), now.into()];
    Ok(db.execute_raw(hot::statement(db, SPEND, values)).await?.rows_affected() == 1)
}
