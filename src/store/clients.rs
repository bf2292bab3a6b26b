//! Relying parties that were registered at run time.

use sea_orm::{ActiveModelTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryOrder};

use super::entity::clients::{Column, Entity, Model};

/// All of them, oldest first.
///
/// # Errors
/// The database's.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::CreatedAt).all(db).await
}

/// Adds a client.
///
/// # Errors
/// [`super::is_taken`] when the client id is.
pub async fn register(db: &impl ConnectionTrait, client: Model) -> Result<(), DbErr> {
    client.into_active_model().insert(db).await.map(drop)
}

/// Deletes a client; false when there is none.
///
/// # Errors
/// The database's.
pub async fn delete(db: &impl ConnectionTrait, client_id: &str) -> Result<bool, DbErr> {
    Ok(Entity::delete_by_id(client_id).exec(db).await?.rows_affected == 1)
}
