//! What a person has allowed a client.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter,
};

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

/// Forgets what anybody has allowed a client.
///
/// # Errors
/// The database's.
pub async fn forget_client(db: &impl ConnectionTrait, client_id: &str) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::ClientId.eq(client_id)).exec(db).await.map(drop)
}
