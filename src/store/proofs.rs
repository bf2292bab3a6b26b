//! One-time links, found by the digest of their token. An account has one of each purpose: a newer
//! link takes the older one's place, and using one takes it away.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryResult,
};
use uuid::Uuid;

use super::entity::proofs::{ActiveModel, Column, Entity, Model};
use super::hot;

/// Adds a link; an earlier one of this account and purpose is void from here on.
///
/// # Errors
/// The database's.
pub async fn offer(db: &impl ConnectionTrait, proof: Model) -> Result<(), DbErr> {
    let row: ActiveModel = proof.into_active_model().reset_all();
    let mut conflict = OnConflict::columns([Column::AccountId, Column::Purpose]);
    conflict.update_columns([
        Column::Digest,
        Column::Email,
        Column::EmailKey,
        Column::CreatedAt,
        Column::ExpiresAt,
    ]);
    Entity::insert(row).on_conflict(conflict).exec_without_returning(db).await.map(drop)
}

/// The link of a token's digest, if it still works; looking at it uses nothing up.
///
/// # Errors
/// The database's.
pub async fn look(
    db: &impl ConnectionTrait,
    digest: &[u8],
    purpose: &str,
    now: i64,
) -> Result<Option<Model>, DbErr> {
    Entity::find()
        .filter(Column::Digest.eq(digest.to_vec()))
        .filter(Column::Purpose.eq(purpose))
        .filter(Column::ExpiresAt.gt(now))
        .one(db)
        .await
}

/// The pending link of an account and a purpose.
///
/// # Errors
/// The database's.
pub async fn pending(
    db: &impl ConnectionTrait,
    account_id: Uuid,
    purpose: &str,
    now: i64,
) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id((account_id, purpose.to_owned()))
        .filter(Column::ExpiresAt.gt(now))
        .one(db)
        .await
}

const SPEND: &str = "\
    DELETE FROM proofs WHERE digest = $1 AND purpose = $2 AND expires_at > $3 \
    RETURNING account_id, email, email_key, created_at, expires_at";

/// Uses a link up: whoever gets the row has proven its address.
///
/// # Errors
/// The database's.
pub async fn spend(
    db: &impl ConnectionTrait,
    digest: &[u8],
    purpose: &str,
    now: i64,
) -> Result<Option<Model>, DbErr> {
    let values = [digest.to_vec().into(), purpose.into(), now.into()];
    let row = db.query_one_raw(hot::statement(db, SPEND, values)).await?;
    let read = |row: QueryResult| {
        Ok(Model {
            account_id: row.try_get_by_index(0)?,
            purpose: purpose.to_owned(),
            digest: digest.to_vec(),
            email: row.try_get_by_index(1)?,
            email_key: row.try_get_by_index(2)?,
            created_at: row.try_get_by_index(3)?,
            expires_at: row.try_get_by_index(4)?,
        })
    };
    row.map(read).transpose()
}

/// Voids the links of an account for these purposes.
///
/// # Errors
/// The database's.
pub async fn void(
    db: &impl ConnectionTrait,
    account_id: Uuid,
    purposes: &[&str],
) -> Result<(), DbErr> {
    let delete = Entity::delete_many()
        .filter(Column::AccountId.eq(account_id))
        .filter(Column::Purpose.is_in(purposes.iter().copied()));
    delete.exec(db).await.map(drop)
}

/// Voids every link of an account.
///
/// # Errors
/// The database's.
pub async fn void_all(db: &impl ConnectionTrait, account_id: Uuid) -> Result<(), DbErr> {
    let delete = Entity::delete_many().filter(Column::AccountId.eq(account_id));
    delete.exec(db).await.map(drop)
}
