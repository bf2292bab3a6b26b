//! What a person has allowed a client.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter,
};
use uuid::Uuid;

use super::entity::consents::{ActiveModel, Column, Entity, Model};

/// Remembers what was allowed, in place of what was before.
///
/// # Errors
/// The database's.
pub async fn remember(db: &impl ConnectionTrait, consent: Model) -> Result<(), DbErr> {
    let mut conflict = OnConflict::columns([Column::AccountId, Column::ClientId]);
    conflict.update_columns([Column::Scope, Column::UpdatedAt]);
    let row: ActiveModel = consent.into_active_model().reset_all();
    Entity::insert(row).on_conflict(conflict).exec_without_returning(db).await.map(drop)
}

/// What an account has allowed its clients.
///
/// # Errors
/// The database's.
pub async fn of_account(db: &impl ConnectionTrait, account_id: Uuid) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::AccountId.eq(account_id)).all(db).await
}

/// Forgets what an account has allowed a client; whether there was anything.
///
/// # Errors
/// The database's.
pub async fn forget(
    db: &impl ConnectionTrait,
    account_id: Uuid,
    client_id: &str,
) -> Result<bool, DbErr> {
    let own = Entity::delete_many().filter(Column::AccountId.eq(account_id));
    Ok(own.filter(Column::ClientId.eq(client_id)).exec(db).await?.rows_affected > 0)
}

/// Forgets what anybody has allowed a client.
///
/// # Errors
/// The database's.
pub async fn forget_client(db: &impl ConnectionTrait, client_id: &str) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::ClientId.eq(client_id)).exec(db).await.map(drop)
}
