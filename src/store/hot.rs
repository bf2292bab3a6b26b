//! The statements that every request runs, as SQL text that both databases read. Building the same
//! text anew each time costs more than running it does on SQLite.

use sea_orm::sea_query::{Value, Values};
use sea_orm::{ConnectionTrait, Statement};

/// A statement and its values, `$1` first.
pub(super) fn statement(
    db: &impl ConnectionTrait,
    sql: &'static str,
    values: impl IntoIterator<Item = Value>,
) -> Statement {
    Statement {
        sql: sql.to_owned(),
        values: Some(Values(values.into_iter().collect())),
        db_backend: db.get_database_backend(),
    }
}
