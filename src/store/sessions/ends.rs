//! How sessions end: each once, whoever ends it.

use sea_orm::sea_query::{Condition, Expr, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, UpdateMany};
use uuid::Uuid;

use super::BROWSER;
use crate::store::entity::links;
use crate::store::entity::sessions::{Column, Entity};

/// Ends those of the sessions that have not ended before.
fn ending(now: i64) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .filter(Column::EndedAt.is_null())
}

/// The ids and accounts of those that it ended.
async fn ended(
    db: &impl ConnectionTrait,
    update: UpdateMany<Entity>,
) -> Result<Vec<(Uuid, Uuid)>, DbErr> {
    let ended = update.exec_with_returning(db).await?;
    Ok(ended.into_iter().map(|session| (session.id, session.account_id)).collect())
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
    let update = ending(now).filter(Column::TokenDigest.eq(token_digest.to_vec()));
    Ok(ended(db, update).await?.pop())
}

/// Ends the session of a browser that somebody comes in on: another account's, whatever it is, and this
/// account's own unless an app carries it on, too. As [`end`].
///
/// # Errors
/// The database's.
pub async fn end_earlier(
    db: &impl ConnectionTrait,
    token_digest: &[u8],
    account_id: Uuid,
    now: i64,
) -> Result<Option<(Uuid, Uuid)>, DbErr> {
    let is_left =
        Condition::any().add(Column::AccountId.ne(account_id)).add(Column::Kind.eq(BROWSER));
    let update = ending(now).filter(Column::TokenDigest.eq(token_digest.to_vec())).filter(is_left);
    Ok(ended(db, update).await?.pop())
}

/// Ends the session of a token's digest if it is another account's. As [`end`].
///
/// # Errors
/// The database's.
pub async fn end_anothers(
    db: &impl ConnectionTrait,
    token_digest: &[u8],
    account_id: Uuid,
    now: i64,
) -> Result<Option<(Uuid, Uuid)>, DbErr> {
    let update = ending(now)
        .filter(Column::TokenDigest.eq(token_digest.to_vec()))
        .filter(Column::AccountId.ne(account_id));
    Ok(ended(db, update).await?.pop())
}

/// Ends the sessions that a link opened, but for one.
///
/// # Errors
/// The database's.
pub async fn end_by_link(
    db: &impl ConnectionTrait,
    link_id: Uuid,
    kept: Uuid,
    now: i64,
) -> Result<(), DbErr> {
    let update = ending(now).filter(Column::LinkId.eq(link_id)).filter(Column::Id.ne(kept));
    update.exec(db).await.map(drop)
}

/// Ends the sessions that the links of an upstream and issuer opened: those of a subject, of a session
/// there, or of both. Their ids and accounts.
///
/// # Errors
/// The database's.
pub async fn end_by_upstream(
    db: &impl ConnectionTrait,
    (upstream, issuer, subject): (&str, &str, Option<&str>),
    sid: Option<&str>,
    now: i64,
) -> Result<Vec<(Uuid, Uuid)>, DbErr> {
    let links = Query::select()
        .column(links::Column::Id)
        .from(links::Entity)
        .and_where(links::Column::Upstream.eq(upstream))
        .and_where(links::Column::Issuer.eq(issuer))
        .and_where_option(subject.map(|subject| links::Column::Subject.eq(subject)))
        .to_owned();
    let mut update = ending(now).filter(Column::LinkId.in_subquery(links));
    if let Some(sid) = sid {
        // Of whom the person is told as well, a session without a name there may be that one.
        let is_that = Condition::any().add(Column::UpstreamSid.eq(sid));
        update = update.filter(match subject {
            Some(_) => is_that.add(Column::UpstreamSid.is_null()),
            None => is_that,
        });
    }
    ended(db, update).await
}

/// Ends the session with this id, if it is that account's; whether it had not ended before.
///
/// # Errors
/// The database's.
pub async fn end_by_id(
    db: &impl ConnectionTrait,
    id: Uuid,
    account_id: Uuid,
    now: i64,
) -> Result<bool, DbErr> {
    let update = ending(now).filter(Column::Id.eq(id)).filter(Column::AccountId.eq(account_id));
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Ends every session of an account.
///
/// # Errors
/// The database's.
pub async fn end_all(db: &impl ConnectionTrait, account_id: Uuid, now: i64) -> Result<(), DbErr> {
    let update = ending(now).filter(Column::AccountId.eq(account_id));
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
    let update = ending(now).filter(Column::AccountId.eq(account_id)).filter(Column::Id.ne(kept));
    update.exec(db).await.map(drop)
}
