//! What a person has allowed a client.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel};

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
