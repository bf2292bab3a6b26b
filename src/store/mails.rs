//! Mail that waits. A node takes a row for a while with one guarded write, so that no two nodes send
//! the same mail; a row whose node went away is free again when that while is over.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter,
};
use uuid::Uuid;

use super::entity::mails::{Column, Entity, Model};
use super::{Store, hot};

/// Adds a mail.
///
/// # Errors
/// The database's.
pub async fn add(db: &impl ConnectionTrait, mail: Model) -> Result<(), DbErr> {
    mail.into_active_model().insert(db).await.map(drop)
}

const DUE: &str =
    "SELECT id FROM mails WHERE due_at <= $1 AND taken_until <= $1 ORDER BY due_at, id LIMIT 1";

const TAKE: &str = "\
    UPDATE mails SET taken_until = $2, tries = tries + 1 \
    WHERE id = $3 AND due_at <= $1 AND taken_until <= $1 \
    RETURNING sealed, created_at, due_at, tries";

/// Takes the mail that has been due for longest, until `until`: nobody else has it before then.
///
/// # Errors
/// The database's.
pub async fn take(store: &Store, now: i64, until: i64) -> Result<Option<Model>, DbErr> {
    loop {
        let (read, write) = (store.read(), store.write());
        let Some(due) = read.query_one_raw(hot::statement(read, DUE, [now.into()])).await? else {
            return Ok(None);
        };
        let id: Uuid = due.try_get_by_index(0)?;
        let values = [now.into(), until.into(), id.into()];
        // Where another node was faster, there may be a next one.
        if let Some(row) = write.query_one_raw(hot::statement(write, TAKE, values)).await? {
            return Ok(Some(Model {
                id,
                sealed: row.try_get_by_index(0)?,
                created_at: row.try_get_by_index(1)?,
                due_at: row.try_get_by_index(2)?,
                taken_until: until,
                tries: row.try_get_by_index(3)?,
            }));
        }
    }
}

/// Removes a mail that this node took and that is still its own.
///
/// # Errors
/// The database's.
pub async fn remove(db: &impl ConnectionTrait, mail: &Model) -> Result<(), DbErr> {
    let delete = Entity::delete_many()
        .filter(Column::Id.eq(mail.id))
        .filter(Column::TakenUntil.eq(mail.taken_until));
    delete.exec(db).await.map(drop)
}

/// Puts a mail that this node took back, to be due later.
///
/// # Errors
/// The database's.
pub async fn postpone(db: &impl ConnectionTrait, mail: &Model, due_at: i64) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(due_at))
        .col_expr(Column::TakenUntil, Expr::value(0_i64))
        .filter(Column::Id.eq(mail.id))
        .filter(Column::TakenUntil.eq(mail.taken_until));
    update.exec(db).await.map(drop)
}
