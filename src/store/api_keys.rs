//! API keys, found by their digest.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder,
};
use uuid::Uuid;

use super::accounts::{Person, pending_email, person_columns};
use super::entity::api_keys::{Column, Entity, Model};
use super::hot;

/// Adds a key.
///
/// # Errors
/// The database's.
pub async fn add(db: &impl ConnectionTrait, key: Model) -> Result<(), DbErr> {
    key.into_active_model().insert(db).await.map(drop)
}

/// How many keys an account has.
///
/// # Errors
/// The database's.
pub async fn count(db: &impl ConnectionTrait, account_id: Uuid) -> Result<u64, DbErr> {
    Entity::find().filter(Column::AccountId.eq(account_id)).count(db).await
}

/// An account's keys, newest first.
///
/// # Errors
/// The database's.
pub async fn of_account(db: &impl ConnectionTrait, account_id: Uuid) -> Result<Vec<Model>, DbErr> {
    let own = Entity::find().filter(Column::AccountId.eq(account_id));
    own.order_by_desc(Column::Id).all(db).await
}

/// Removes an account's key; false when it has no such key.
///
/// # Errors
/// The database's.
pub async fn remove(db: &impl ConnectionTrait, account_id: Uuid, id: Uuid) -> Result<bool, DbErr> {
    let removed = Entity::delete_many()
        .filter(Column::Id.eq(id))
        .filter(Column::AccountId.eq(account_id))
        .exec(db)
        .await?;
    Ok(removed.rows_affected == 1)
}

/// Removes every key of an account whose address nobody has proven yet: whoever made it may have been
/// somebody else.
///
/// # Errors
/// The database's.
pub async fn drop_unproven(db: &impl ConnectionTrait, account_id: Uuid) -> Result<(), DbErr> {
    const DROP: &str = "DELETE FROM api_keys WHERE account_id = $1 AND EXISTS \
        (SELECT 1 FROM accounts a WHERE a.id = $1 AND NOT a.email_verified)";
    db.execute_raw(hot::statement(db, DROP, [account_id.into()])).await.map(drop)
}

/// A key that works, and whose it is.
pub struct Seen {
    pub id: Uuid,
    pub created_at: i64,
    pub last_used_at: Option<i64>,
    pub expires_at: Option<i64>,
    pub person: Person,
}

const LOOK: &str = concat!(
    "SELECT k.id, k.created_at, k.last_used_at, k.expires_at, ",
    person_columns!(),
    " FROM api_keys k JOIN accounts a ON a.id = k.account_id ",
    pending_email!(),
    " WHERE k.digest = $2"
);

/// The key of a digest, with its account. Whether it has expired, or the account is disabled, is for
/// the reader to see.
///
/// # Errors
/// The database's.
pub async fn look(
    db: &impl ConnectionTrait,
    digest: &[u8],
    now: i64,
) -> Result<Option<Seen>, DbErr> {
    let values = [now.into(), digest.to_vec().into()];
    let Some(row) = db.query_one_raw(hot::statement(db, LOOK, values)).await? else {
        return Ok(None);
    };
    Ok(Some(Seen {
        id: row.try_get_by_index(0)?,
        created_at: row.try_get_by_index(1)?,
        last_used_at: row.try_get_by_index(2)?,
        expires_at: row.try_get_by_index(3)?,
        person: Person::read(&row, 4)?,
    }))
}

/// Notes that a key was used.
///
/// # Errors
/// The database's.
pub async fn touch(db: &impl ConnectionTrait, id: Uuid, now: i64) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(now))
        .filter(Column::Id.eq(id));
    update.exec(db).await.map(drop)
}
