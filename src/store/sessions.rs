//! Sessions, found by the digest of their cookie's token.

use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult,
    IntoActiveModel, QueryFilter, QueryResult,
};
use uuid::Uuid;

use super::entity::{accounts, consents, sessions};
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
    pub session: Model,
    /// Whose it is.
    pub account: accounts::Model,
    /// The scope this person allowed the client that was asked about.
    pub consented: Option<String>,
}

impl FromQueryResult for Seen {
    fn from_query_result(row: &QueryResult, _prefix: &str) -> Result<Self, DbErr> {
        Ok(Self {
            session: Model::from_query_result(row, "s_")?,
            account: accounts::Model::from_query_result(row, "a_")?,
            consented: row.try_get("", "consented")?,
        })
    }
}

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
    let mut select = Query::select();
    super::add_columns(&mut select, Entity, "s_");
    super::add_columns(&mut select, accounts::Entity, "a_");
    let asked = Expr::col((consents::Entity, consents::Column::AccountId))
        .equals((Entity, Column::AccountId))
        .and(
            Expr::col((consents::Entity, consents::Column::ClientId))
                .eq(client_id.unwrap_or_default()),
        );
    select
        .expr_as(Expr::col((consents::Entity, consents::Column::Scope)), Alias::new("consented"))
        .from(Entity)
        .inner_join(
            accounts::Entity,
            Expr::col((accounts::Entity, accounts::Column::Id)).equals((Entity, Column::AccountId)),
        )
        .left_join(consents::Entity, asked)
        .and_where(Expr::col((Entity, Column::TokenDigest)).eq(token_digest.to_vec()));
    db.query_one(&select).await?.map(|row| Seen::from_query_result(&row, "")).transpose()
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

/// Ends the session of a token's digest.
///
/// # Errors
/// The database's.
pub async fn end(db: &impl ConnectionTrait, token_digest: &[u8], now: i64) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .filter(Column::TokenDigest.eq(token_digest.to_vec()))
        .filter(Column::EndedAt.is_null());
    update.exec(db).await.map(drop)
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

fn live(now: i64, idle_since: i64) -> Condition {
    Condition::all()
        .add(Expr::col((Entity, Column::EndedAt)).is_null())
        .add(Expr::col((Entity, Column::ExpiresAt)).gt(now))
        .add(Expr::col((Entity, Column::LastSeenAt)).gt(idle_since))
}

/// The condition that the session named by the column `table.session_id` is live.
pub(super) fn is_live(table: &str, now: i64, idle_since: i64) -> Expr {
    let mut found = Query::select();
    found
        .expr(Expr::val(1))
        .from(Entity)
        .and_where(
            Expr::col((Entity, Column::Id))
                .eq(Expr::col((Alias::new(table), Alias::new("session_id")))),
        )
        .cond_where(live(now, idle_since));
    Expr::exists(found)
}
