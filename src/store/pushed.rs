//! Authorization requests that apps pushed. A request is used up when it has its answer, a code or an
//! error: one guarded write decides.

use sea_orm::{ConnectionTrait, DbErr};

use super::entity::pushed_requests::Model;
use super::hot;

const PUSH: &str = "\
    INSERT INTO pushed_requests (digest, client_id, request, expires_at, created_at) \
    VALUES ($1, $2, $3, $4, $5)";

/// Adds a request.
///
/// # Errors
/// The database's.
pub async fn push(db: &impl ConnectionTrait, pushed: Model) -> Result<(), DbErr> {
    let values = [
        pushed.digest.into(),
        pushed.client_id.into(),
        pushed.request.into(),
        pushed.expires_at.into(),
        pushed.created_at.into(),
    ];
    db.execute_raw(hot::statement(db, PUSH, values)).await.map(drop)
}

/// A pushed request, as its client finds it.
pub struct Found {
    pub request: String,
    pub expires_at: i64,
}

const FIND: &str = "\
    SELECT request, expires_at FROM pushed_requests \
    WHERE digest = $1 AND client_id = $2 AND answered_at IS NULL";

/// The request of a digest, if it is this client's and has no answer yet.
///
/// # Errors
/// The database's.
pub async fn find(
    db: &impl ConnectionTrait,
    digest: &[u8],
    client_id: &str,
) -> Result<Option<Found>, DbErr> {
    let values = [digest.to_vec().into(), client_id.into()];
    let Some(row) = db.query_one_raw(hot::statement(db, FIND, values)).await? else {
        return Ok(None);
    };
    Ok(Some(Found { request: row.try_get_by_index(0)?, expires_at: row.try_get_by_index(1)? }))
}

const ANSWER: &str = "\
    UPDATE pushed_requests SET answered_at = $2 WHERE digest = $1 AND answered_at IS NULL";

/// Uses the request up: true for whoever answers it.
///
/// # Errors
/// The database's.
pub async fn answer(db: &impl ConnectionTrait, digest: &[u8], now: i64) -> Result<bool, DbErr> {
    let statement = hot::statement(db, ANSWER, [digest.to_vec().into(), now.into()]);
    Ok(db.execute_raw(statement).await?.rows_affected() == 1)
}

const IS_OPEN: &str = "SELECT 1 FROM pushed_requests WHERE digest = $1 AND answered_at IS NULL";

/// Whether the request waits for its answer.
///
/// # Errors
/// The database's.
pub async fn is_open(db: &impl ConnectionTrait, digest: &[u8]) -> Result<bool, DbErr> {
    let row = db.query_one_raw(hot::statement(db, IS_OPEN, [digest.to_vec().into()])).await?;
    Ok(row.is_some())
}
