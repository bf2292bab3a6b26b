//! Relying parties that were registered at run time.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder,
};

use super::entity::clients::{Column, Entity, Model};

/// All of them, oldest first.
///
/// # Errors
/// The database's.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::CreatedAt).all(db).await
}

/// The one with that id.
///
/// # Errors
/// The database's.
pub async fn find(db: &impl ConnectionTrait, client_id: &str) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(client_id).one(db).await
}

/// Adds a client.
///
/// # Errors
/// [`super::is_taken`] when the client id is.
pub async fn register(db: &impl ConnectionTrait, client: Model) -> Result<(), DbErr> {
    client.into_active_model().insert(db).await.map(drop)
}

/// Replaces what a client registered about itself, if this is still its management token and nobody
/// has disabled it; false otherwise.
///
/// # Errors
/// The database's.
pub async fn replace(db: &impl ConnectionTrait, client: &Model) -> Result<bool, DbErr> {
    let updated = Entity::update_many()
        .col_expr(Column::Metadata, Expr::value(client.metadata.clone()))
        .col_expr(Column::SecretDigest, Expr::value(client.secret_digest.clone()))
        .col_expr(Column::SealedSecret, Expr::value(client.sealed_secret.clone()))
        .col_expr(Column::UpdatedAt, Expr::value(client.updated_at))
        .filter(Column::ClientId.eq(&client.client_id))
        .filter(Column::ManagementDigest.eq(client.management_digest.clone()))
        .filter(Column::DisabledAt.is_null())
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Disables a client, or enables it again; false when it is so already, or there is none. Either way
/// what it was given until now counts no more: the newest cut-off wins, whichever node's clock it is.
///
/// # Errors
/// The database's.
pub async fn set_disabled(
    db: &impl ConnectionTrait,
    client_id: &str,
    disabled: bool,
    now: i64,
) -> Result<bool, DbErr> {
    let was =
        if disabled { Column::DisabledAt.is_null() } else { Column::DisabledAt.is_not_null() };
    let newest = Expr::case(Column::NotBefore.gt(now), Column::NotBefore.into_expr()).finally(now);
    let updated = Entity::update_many()
        .col_expr(Column::DisabledAt, Expr::value(disabled.then_some(now)))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .col_expr(Column::NotBefore, newest.into())
        .filter(Column::ClientId.eq(client_id))
        .filter(was)
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Deletes a client; false when there is none.
///
/// # Errors
/// The database's.
pub async fn delete(db: &impl ConnectionTrait, client_id: &str) -> Result<bool, DbErr> {
    Ok(Entity::delete_by_id(client_id).exec(db).await?.rows_affected == 1)
}

/// Deletes a client, if this is its management token and nobody has disabled it.
///
/// # Errors
/// The database's.
pub async fn withdraw(
    db: &impl ConnectionTrait,
    client_id: &str,
    management_digest: &[u8],
) -> Result<bool, DbErr> {
    let deleted = Entity::delete_many()
        .filter(Column::ClientId.eq(client_id))
        .filter(Column::ManagementDigest.eq(management_digest.to_vec()))
        .filter(Column::DisabledAt.is_null())
        .exec(db)
        .await?;
    Ok(deleted.rows_affected == 1)
}
