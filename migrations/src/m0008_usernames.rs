//! Usernames are one whatever their case, as e-mail addresses are.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::Statement;
use sea_orm_migration::sea_orm::prelude::Uuid;

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Accounts whose username an older account has in another case.
const YOUNGER: &str = "SELECT a.id, a.username FROM accounts a WHERE EXISTS (SELECT 1 FROM accounts b \
                       WHERE lower(b.username) = lower(a.username) AND b.id < a.id)";
const RENAME: &str = "UPDATE accounts SET username = $1 WHERE id = $2";
const INDEX: &str = "CREATE UNIQUE INDEX accounts_username_any_case ON accounts (lower(username))";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let backend = db.get_database_backend();
        for row in db.query_all_raw(Statement::from_string(backend, YOUNGER)).await? {
            let (id, name): (Uuid, String) = row.try_get_many_by_index()?;
            let values = [apart(&name, id).into(), id.into()];
            db.execute_raw(Statement::from_sql_and_values(backend, RENAME, values)).await?;
        }
        db.execute_unprepared(INDEX).await.map(drop)
    }
}

/// A name of at most 30 characters that no other account has: its own, and the random end of its id.
fn apart(name: &str, id: Uuid) -> String {
    let id = id.simple().to_string();
    let own: String = name.chars().take(21).collect();
    format!("{own}_{}", &id[id.len() - 8..])
}
