//! Sessions, found by the digest of their cookie's token.

use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter,
};
use uuid::Uuid;

use super::entity::{accounts, sessions};
use super::hot;
use sessions::{Column, Entity, Model};

/// Adds a session.
///
/// # Errors
/// The database's.
pub async fn open(db: &impl ConnectionTrait, session: Model) -> Result<(), DbErr> {
    session.into_active_model().insert(db).await.map(drop)
}

/// What one look at a browser's cookie tells.
pub struct Seen {
    /// The session, live or not.
    pub session: Glimpse,
    /// Whose it is.
    pub account: accounts::Model,
    /// The scope this person allowed the client that was asked about.
    pub consented: Option<String>,
}

/// What a request needs of its session.
pub struct Glimpse {
    pub id: Uuid,
    pub last_seen_at: i64,
    pub expires_at: i64,
    pub auth_time: i64,
    pub amr: String,
    pub ended_at: Option<i64>,
}

const LOOK: &str = "\
    SELECT s.id, s.last_seen_at, s.expires_at, s.auth_time, s.amr, s.ended_at, \
    a.id, a.email, a.email_key, a.email_verified, a.username, a.claims, a.roles, a.disabled_at, \
    a.created_at, a.updated_at, a.picture_key, c.scope \
    FROM sessions s \
    JOIN accounts a ON a.id = s.account_id \
    LEFT JOIN consents c ON c.account_id = s.account_id AND c.client_id = $2 \
    WHERE s.token_digest = $1";

/// The session of a token's digest with its account and, if `client_id` is given, the consent that
/// the person gave that client.
///
/// # Errors
/// The database's.
pub async fn look(
    db: &impl ConnectionTrait,
    token_digest: &[u8],
    client_id: Option<&str>,
) -> Result<Option<Seen>, DbErr> {
    let values = [token_digest.to_vec().into(), client_id.unwrap_or_default().into()];
    let Some(row) = db.query_one_raw(hot::statement(db, LOOK, values)).await? else {
        return Ok(None);
    };
    let session = Glimpse {
        id: row.try_get_by_index(0)?,
        last_seen_at: row.try_get_by_index(1)?,
        expires_at: row.try_get_by_index(2)?,
        auth_time: row.try_get_by_index(3)?,
        amr: row.try_get_by_index(4)?,
        ended_at: row.try_get_by_index(5)?,
    };
    let account = super::accounts::read(&row, 6)?;
    Ok(Some(Seen { session, account, consented: row.try_get_by_index(17)? }))
}

/// Gives a live session of this account a new token and a new time of authentication, after the
/// person proved a factor again; false when it was not live any more.
///
/// # Errors
/// The database's.
pub async fn renew(
    db: &impl ConnectionTrait,
    old_digest: &[u8],
    renewed: &Model,
    idle_since: i64,
) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::TokenDigest, Expr::value(renewed.token_digest.clone()))
        .col_expr(Column::AuthTime, Expr::value(renewed.auth_time))
        .col_expr(Column::Amr, Expr::value(renewed.amr.as_str()))
        .col_expr(Column::LastSeenAt, Expr::value(renewed.auth_time))
        .filter(Column::TokenDigest.eq(old_digest.to_vec()))
        .filter(Column::AccountId.eq(renewed.account_id))
        .filter(live(renewed.auth_time, idle_since));
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Notes that the session was used.
///
/// # Errors
/// The database's.
pub async fn touch(db: &impl ConnectionTrait, id: Uuid, now: i64) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::LastSeenAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::LastSeenAt.lt(now));
    update.exec(db).await.map(drop)
}

/// Ends the session of a token's digest: its id and its account's, if it had not ended before.
///
/// # Errors
/// The database's.
pub async fn end(
    db: &impl ConnectionTrait,
    token_digest: &[u8],
    now: i64,
) -> Result<Option<(Uuid, Uuid)>, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .filter(Column::TokenDigest.eq(token_digest.to_vec()))
        .filter(Column::EndedAt.is_null());
    let ended = update.exec_with_returning(db).await?;
    Ok(ended.first().map(|session| (session.id, session.account_id)))
}

/// Ends the session with this id.
///
/// # Errors
/// The database's.
pub async fn end_by_id(db: &impl ConnectionTrait, id: Uuid, now: i64) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::EndedAt.is_null());
    update.exec(db).await.map(drop)
}

/// Ends every session of an account.
///
/// # Errors
/// The database's.
pub async fn end_all(db: &impl ConnectionTrait, account_id: Uuid, now: i64) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .filter(Column::AccountId.eq(account_id))
        .filter(Column::EndedAt.is_null());
    update.exec(db).await.map(drop)
}

/// Ends every session of an account but one.
///
/// # Errors
/// The database's.
pub async fn end_others(
    db: &impl ConnectionTrait,
    account_id: Uuid,
    kept: Uuid,
    now: i64,
) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .filter(Column::AccountId.eq(account_id))
        .filter(Column::Id.ne(kept))
        .filter(Column::EndedAt.is_null());
    update.exec(db).await.map(drop)
}

fn live(now: i64, idle_since: i64) -> Condition {
    Condition::all()
        .add(Expr::col((Entity, Column::EndedAt)).is_null())
        .add(Expr::col((Entity, Column::ExpiresAt)).gt(now))
        .add(Expr::col((Entity, Column::LastSeenAt)).gt(idle_since))
}
