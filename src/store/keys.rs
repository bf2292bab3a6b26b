//! Signing keys. An algorithm's keys are numbered, so that nodes which make the same one meet.

use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder,
};

use super::entity::signing_keys::{ActiveModel, Column, Entity, Model};

/// All keys, oldest first.
///
/// # Errors
/// The database's.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::Algorithm).order_by_asc(Column::Ordinal).all(db).await
}

/// Adds a key unless its place in the algorithm's row of keys is taken; true when it was added.
///
/// # Errors
/// The database's.
pub async fn add(db: &impl ConnectionTrait, key: Model) -> Result<bool, DbErr> {
    let row: ActiveModel = key.into_active_model().reset_all();
    let mut conflict = OnConflict::columns([Column::Algorithm, Column::Ordinal]);
    let added = Entity::insert(row)
        .on_conflict(conflict.do_nothing().to_owned())
        .exec_without_returning(db)
        .await;
    match added {
        Ok(rows) => Ok(rows == 1),
        Err(DbErr::RecordNotInserted) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Sets until when the earlier keys of an algorithm that still sign, or will, do so, and when they
/// leave the JWKS.
///
/// # Errors
/// The database's.
pub async fn succeed(
    db: &impl ConnectionTrait,
    algorithm: &str,
    before_ordinal: i64,
    (signs_until, leaves_at): (i64, i64),
    now: i64,
) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::SignsUntil, Expr::value(signs_until))
        .col_expr(Column::LeavesAt, Expr::value(leaves_at))
        .filter(Column::Algorithm.eq(algorithm))
        .filter(Column::Ordinal.lt(before_ordinal))
        .filter(Column::SignsUntil.is_null().or(Column::SignsUntil.gt(now)));
    update.exec(db).await.map(drop)
}

/// Takes a key out of use at once; false when there is none, or it was retired before.
///
/// # Errors
/// The database's.
pub async fn retire(db: &impl ConnectionTrait, kid: &str, now: i64) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::RetiredAt, Expr::value(now))
        .filter(Column::Kid.eq(kid))
        .filter(Column::RetiredAt.is_null());
    Ok(update.exec(db).await?.rows_affected == 1)
}
