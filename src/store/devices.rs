//! Known devices, found by the digest of their cookie's token.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::entity::devices::{Column, Entity, Model};

/// Adds a device.
///
/// # Errors
/// The database's.
pub async fn add(db: &impl ConnectionTrait, device: Model) -> Result<(), DbErr> {
    device.into_active_model().insert(db).await.map(drop)
}

/// Since when each device of an account is known, the newest first.
///
/// # Errors
/// The database's.
pub async fn of_account(
    db: &impl ConnectionTrait,
    account_id: Uuid,
    since: i64,
) -> Result<Vec<i64>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::CreatedAt)
        .filter(Column::AccountId.eq(account_id))
        .filter(Column::CreatedAt.gt(since))
        .order_by_desc(Column::CreatedAt)
        .into_tuple()
        .all(db)
        .await
}

/// The one of these digests that is a device of the account, known since later than that.
///
/// # Errors
/// The database's.
pub async fn known(
    db: &impl ConnectionTrait,
    account_id: Uuid,
    digests: Vec<Vec<u8>>,
    since: i64,
) -> Result<Option<Vec<u8>>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Digest)
        .filter(Column::Digest.is_in(digests))
        .filter(Column::AccountId.eq(account_id))
        .filter(Column::CreatedAt.gt(since))
        .into_tuple()
        .one(db)
        .await
}

/// Forgets the devices of an account, all but this one.
///
/// # Errors
/// The database's.
pub async fn forget(
    db: &impl ConnectionTrait,
    account_id: Uuid,
    but: Option<Vec<u8>>,
) -> Result<(), DbErr> {
    let mut delete = Entity::delete_many().filter(Column::AccountId.eq(account_id));
    if let Some(kept) = but {
        delete = delete.filter(Column::Digest.ne(kept));
    }
    delete.exec(db).await.map(drop)
}
