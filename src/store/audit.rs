//! The audit. Append-only: it has no verb that changes or removes a row but the sweep's, by age.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait as _, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::entity::audit_events::{Column, Entity, Model};
use super::hot;

const RECORD: &str = "\
    INSERT INTO audit_events (id, at, kind, outcome, actor, account_id, client_id, session_id, ip, \
    request_id, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

/// Records what happened.
///
/// # Errors
/// The database's.
pub async fn record(db: &impl ConnectionTrait, event: Model) -> Result<(), DbErr> {
    let values = [
        event.id.into(),
        event.at.into(),
        event.kind.into(),
        event.outcome.into(),
        event.actor.into(),
        event.account_id.into(),
        event.client_id.into(),
        event.session_id.into(),
        event.ip.into(),
        event.request_id.into(),
        event.detail.into(),
    ];
    db.execute_raw(hot::statement(db, RECORD, values)).await.map(drop)
}

/// An account's events, newest first; where a place among them is given, those that come after it.
///
/// # Errors
/// The database's.
pub async fn of_account(
    db: &impl ConnectionTrait,
    account_id: Uuid,
    after: Option<(i64, Uuid)>,
    most: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(Column::AccountId.eq(account_id));
    if let Some((at, id)) = after {
        let same = Column::At.eq(at).and(Column::Id.lt(id));
        query = query.filter(Column::At.lt(at).or(same));
    }
    query.order_by_desc(Column::At).order_by_desc(Column::Id).limit(most).all(db).await
}

/// The newest events since then, newest first; of one account, if it is given.
///
/// # Errors
/// The database's.
pub async fn since(
    db: &impl ConnectionTrait,
    at: i64,
    account_id: Option<Uuid>,
    most: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(Column::At.gte(at));
    if let Some(account_id) = account_id {
        query = query.filter(Column::AccountId.eq(account_id));
    }
    query.order_by_desc(Column::At).order_by_desc(Column::Id).limit(most).all(db).await
}
