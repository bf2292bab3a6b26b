//! Counters of changes to what nodes hold in memory: one small read tells a node whether to reload.

use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, IntoActiveModel};

use super::entity::revisions::{Column, Entity, Model};
use super::hot;

/// Counts one more change of `name`.
///
/// # Errors
/// The database's.
pub async fn bump(db: &impl ConnectionTrait, name: &str) -> Result<(), DbErr> {
    let row = Model { name: name.to_owned(), value: 1 }.into_active_model();
    let mut conflict = OnConflict::column(Column::Name);
    conflict.value(Column::Value, Expr::col((Entity, Column::Value)).add(1));
    Entity::insert(row).on_conflict(conflict).exec_without_returning(db).await.map(drop)
}

const NEXT: &str = "INSERT INTO revisions (name, value) VALUES ($1, 1) \
    ON CONFLICT (name) DO UPDATE SET value = revisions.value + 1 RETURNING value";

/// Counts one more change of `name`, and says how many there were. Until this transaction ends nobody
/// else counts, so that their order is that of their commits.
///
/// # Errors
/// The database's.
pub async fn next(db: &impl ConnectionTrait, name: &str) -> Result<i64, DbErr> {
    let row = db.query_one_raw(hot::statement(db, NEXT, [name.into()])).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}

/// All counters.
///
/// # Errors
/// The database's.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().all(db).await
}
