//! Relying parties that were registered at run time.

use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};

use super::entity::clients::{Column, Entity, Model};
use super::hot;

/// All of them, oldest first.
///
/// # Errors
/// The database's.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::CreatedAt).all(db).await
}

/// After every id.
pub const END: &str = "~";

const IDS: &str = "SELECT client_id FROM clients WHERE client_id > $1 AND disabled_at IS NULL \
    ORDER BY client_id LIMIT 10000";

/// The next ids after that one of clients that are in use.
///
/// # Errors
/// The database's.
pub async fn ids(db: &impl ConnectionTrait, after: &str) -> Result<Vec<String>, DbErr> {
    let rows = db.query_all_raw(hot::statement(db, IDS, [after.into()])).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Those in use that the operator has made.
///
/// # Errors
/// The database's.
pub async fn operators(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    let in_use = Entity::find().filter(Column::DisabledAt.is_null());
    let theirs = in_use.filter(Column::OwnerId.is_null()).filter(Column::SelfRegistered.eq(false));
    theirs.all(db).await
}

/// The last ones in use before that id that somebody else has made, the newest first.
///
/// # Errors
/// The database's.
pub async fn newest(db: &impl ConnectionTrait, before: &str) -> Result<Vec<Model>, DbErr> {
    let others = Column::OwnerId.is_not_null().or(Column::SelfRegistered.eq(true));
    let in_use = Entity::find().filter(Column::DisabledAt.is_null()).filter(others);
    let earlier = in_use.filter(Column::ClientId.lt(before));
    earlier.order_by_desc(Column::ClientId).limit(500).all(db).await
}

/// Those with these ids.
///
/// # Errors
/// The database's.
pub async fn named(db: &impl ConnectionTrait, ids: &[String]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::ClientId.is_in(ids)).all(db).await
}

/// More changes than these at once are not worth following one by one.
const CHANGED: &str = "SELECT client_id FROM client_changes WHERE revision > $1 AND revision <= $2 \
    ORDER BY revision LIMIT 2000";

/// Whose changes were counted after that revision, up to the other one.
///
/// # Errors
/// The database's.
pub async fn changed(
    db: &impl ConnectionTrait,
    since: i64,
    revision: i64,
) -> Result<Vec<String>, DbErr> {
    let rows = db.query_all_raw(hot::statement(db, CHANGED, [since.into(), revision.into()]));
    rows.await?.iter().map(|row| row.try_get_by_index(0)).collect()
}

const NOTE: &str = "INSERT INTO client_changes (revision, client_id, at) VALUES ($1, $2, $3)";

/// Notes whose change was counted as that revision.
///
/// # Errors
/// The database's.
pub async fn note_change(
    db: &impl ConnectionTrait,
    revision: i64,
    client_id: &str,
    now: i64,
) -> Result<(), DbErr> {
    let values = [revision.into(), client_id.into(), now.into()];
    db.execute_raw(hot::statement(db, NOTE, values)).await.map(drop)
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
        .col_expr(Column::Name, Expr::value(client.name.clone()))
        .col_expr(Column::NameKey, Expr::value(client.name_key.clone()))
        .col_expr(Column::Search, Expr::value(client.search.clone()))
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
