//! Clients that somebody owns, found by name, by owner and by any part of what is written about them;
//! and which of them has changed last, for nodes that hold them in memory.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::prelude::Json;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::columns::{number, text, time};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[derive(DeriveIden)]
enum Clients {
    Table,
    ClientId,
    OwnerId,
    NameKey,
    CreatedAt,
    UpdatedAt,
    DisabledAt,
}

#[derive(DeriveIden)]
enum ClientChanges {
    Table,
    Revision,
    ClientId,
    At,
}

/// Rows that one statement names.
const BATCH: usize = 500;

/// Names and what is searched compare by their bytes on both databases, whatever the language of
/// PostgreSQL's collation: a range of them is a range of the index.
const COLUMNS: [(&str, &str, &str); 5] = [
    (
        "owner_id",
        "uuid_text NULL REFERENCES accounts (id) ON DELETE CASCADE",
        "uuid NULL REFERENCES accounts (id) ON DELETE CASCADE",
    ),
    ("name", "text NOT NULL DEFAULT ''", "text NOT NULL DEFAULT ''"),
    ("name_key", "text NOT NULL DEFAULT ''", "text COLLATE \"C\" NOT NULL DEFAULT ''"),
    ("description", "text NULL", "text NULL"),
    ("search", "text NOT NULL DEFAULT ''", "text COLLATE \"C\" NOT NULL DEFAULT ''"),
];

fn changes() -> TableCreateStatement {
    Table::create()
        .table(ClientChanges::Table)
        .col(number(ClientChanges::Revision).primary_key())
        .col(text(ClientChanges::ClientId))
        .col(time(ClientChanges::At))
        .to_owned()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let of_clients = |name: &str| Index::create().name(name).table(Clients::Table).to_owned();
    vec![
        Index::create()
            .name("client_changes_at")
            .table(ClientChanges::Table)
            .col(ClientChanges::At)
            .to_owned(),
        of_clients("clients_owner_name")
            .col(Clients::OwnerId)
            .col(Clients::NameKey)
            .unique()
            .to_owned(),
        // What is counted: a few pages, since most of it is alike.
        of_clients("clients_active").col(Clients::DisabledAt).to_owned(),
        of_clients("clients_owner_active")
            .col(Clients::OwnerId)
            .col(Clients::DisabledAt)
            .to_owned(),
        // With what a page is narrowed by, so that no row is read for it.
        of_clients("clients_owner_created")
            .col(Clients::OwnerId)
            .col(Clients::CreatedAt)
            .col(Clients::ClientId)
            .col(Clients::DisabledAt)
            .to_owned(),
        of_clients("clients_owner_updated")
            .col(Clients::OwnerId)
            .col(Clients::UpdatedAt)
            .col(Clients::ClientId)
            .to_owned(),
        of_clients("clients_created")
            .col(Clients::CreatedAt)
            .col(Clients::ClientId)
            .col(Clients::DisabledAt)
            .to_owned(),
        of_clients("clients_updated").col(Clients::UpdatedAt).col(Clients::ClientId).to_owned(),
        of_clients("clients_name").col(Clients::NameKey).col(Clients::ClientId).to_owned(),
    ]
}

/// SQLite finds a part of a text by its trigrams (<https://www.sqlite.org/fts5.html> §4.3.4). Rows of
/// `clients` have no lasting number of their own, so they are given one here.
const SQLITE_SEARCH: [&str; 5] = [
    "CREATE TABLE client_texts (id integer PRIMARY KEY, client_id text NOT NULL UNIQUE, \
     search text NOT NULL)",
    "CREATE VIRTUAL TABLE client_trigrams USING fts5 (search, content = 'client_texts', \
     content_rowid = 'id', tokenize = 'trigram case_sensitive 1')",
    "CREATE TRIGGER clients_search_added AFTER INSERT ON clients WHEN new.search <> '' BEGIN \
     INSERT INTO client_texts (client_id, search) VALUES (new.client_id, new.search); \
     INSERT INTO client_trigrams (rowid, search) \
     SELECT id, search FROM client_texts WHERE client_id = new.client_id; END",
    "CREATE TRIGGER clients_search_removed AFTER DELETE ON clients BEGIN \
     INSERT INTO client_trigrams (client_trigrams, rowid, search) \
     SELECT 'delete', id, search FROM client_texts WHERE client_id = old.client_id; \
     DELETE FROM client_texts WHERE client_id = old.client_id; END",
    "CREATE TRIGGER clients_search_changed AFTER UPDATE OF search ON clients \
     WHEN new.search <> old.search BEGIN \
     INSERT INTO client_trigrams (client_trigrams, rowid, search) \
     SELECT 'delete', id, search FROM client_texts WHERE client_id = old.client_id; \
     DELETE FROM client_texts WHERE client_id = old.client_id; \
     INSERT INTO client_texts (client_id, search) VALUES (new.client_id, new.search); \
     INSERT INTO client_trigrams (rowid, search) \
     SELECT id, search FROM client_texts WHERE client_id = new.client_id; END",
];

/// PostgreSQL does so with an extension that a database's owner may make (it is a trusted one), unless
/// the server lacks it; searching works without, only not by an index.
const POSTGRES_SEARCH: [&str; 2] = [
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX clients_search ON clients USING gin (search gin_trgm_ops)",
];

async fn index_search(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    if db.get_database_backend() != DbBackend::Postgres {
        for statement in SQLITE_SEARCH {
            db.execute_unprepared(statement).await?;
        }
        return Ok(());
    }
    // A statement that failed would take the whole migration with it.
    db.execute_unprepared("SAVEPOINT search").await?;
    for statement in POSTGRES_SEARCH {
        if db.execute_unprepared(statement).await.is_err() {
            db.execute_unprepared("ROLLBACK TO SAVEPOINT search").await?;
            break;
        }
    }
    db.execute_unprepared("RELEASE SAVEPOINT search").await.map(drop)
}

/// Gives the clients that there are the name that their metadata has.
async fn name_all(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    const READ: &str = "SELECT client_id, metadata FROM clients WHERE client_id > $1 \
        ORDER BY client_id LIMIT 500";
    const NAME: &str =
        "UPDATE clients SET name = $1, name_key = $2, search = $2 WHERE client_id = $3";
    let backend = db.get_database_backend();
    let mut last = String::new();
    loop {
        let after = [last.clone().into()];
        let rows = db.query_all_raw(Statement::from_sql_and_values(backend, READ, after)).await?;
        for row in &rows {
            last = row.try_get_by_index(0)?;
            let metadata: String = row.try_get_by_index(1)?;
            let metadata: Json = metadata.parse().unwrap_or_default();
            let name = metadata.get("client_name").and_then(Json::as_str).unwrap_or(&last);
            let values = [name.into(), name.to_lowercase().into(), last.clone().into()];
            db.execute_raw(Statement::from_sql_and_values(backend, NAME, values)).await?;
        }
        if rows.len() < BATCH {
            return Ok(());
        }
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let is_sqlite = db.get_database_backend() == DbBackend::Sqlite;
        for (column, on_sqlite, on_postgres) in COLUMNS {
            let kind = if is_sqlite { on_sqlite } else { on_postgres };
            let alter = format!("ALTER TABLE clients ADD COLUMN {column} {kind}");
            db.execute_unprepared(&alter).await?;
        }
        manager.create_table(changes()).await?;
        index_search(db).await?;
        name_all(db).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
