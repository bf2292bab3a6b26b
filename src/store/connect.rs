//! How a pool is opened: the pragmas, limits and time-outs of each database.

use std::fs::File;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, RuntimeErr};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

/// How long a statement waits for a connection.
pub(super) const PATIENCE: Duration = Duration::from_millis(1500);
/// So many connections read SQLite at once.
pub(super) const SQLITE_READERS: u16 = 4;
/// So many connections a node has to PostgreSQL at most.
pub(super) const POSTGRES: u16 = 16;

fn options(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options.sqlx_logging(false).test_before_acquire(false);
    options.acquire_timeout(PATIENCE).connect_timeout(Duration::from_secs(5));
    options
}

fn sqlite(options: SqliteConnectOptions) -> SqliteConnectOptions {
    options
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged write survives a power cut; grouping pays for it (see group.rs).
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
}

async fn connect(
    options: ConnectOptions,
    statements: &Arc<AtomicU64>,
) -> Result<DatabaseConnection, DbErr> {
    let mut connection = Database::connect(options).await?;
    let count = Arc::clone(statements);
    connection.set_metric_callback(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
    });
    Ok(connection)
}

/// Where the one connection that writes comes from.
pub(super) async fn sqlite_writer(
    url: &str,
    statements: &Arc<AtomicU64>,
) -> Result<DatabaseConnection, DbErr> {
    let mut options = options(url);
    options.max_connections(1);
    options.idle_timeout(None::<Duration>).max_lifetime(None::<Duration>);
    options.map_sqlx_sqlite_opts(|options| {
        make_folder(options.get_filename());
        sqlite(options).create_if_missing(true)
    });
    connect(options, statements).await
}

/// The connections that read, which SQLite itself keeps from writing.
pub(super) async fn sqlite_readers(
    url: &str,
    statements: &Arc<AtomicU64>,
) -> Result<DatabaseConnection, DbErr> {
    let mut options = options(url);
    // And one to ask whether it is there. None at least: a [`Line`](super::line) keeps what is in use,
    // and outlives the runtime on which a pool would open new ones.
    options.max_connections(u32::from(SQLITE_READERS) + 1);
    options.map_sqlx_sqlite_opts(|options| sqlite(options).read_only(true));
    connect(options, statements).await
}

/// PostgreSQL 15 or later, or a distributed database that speaks its protocol.
pub(super) async fn postgres(
    url: &str,
    statements: &Arc<AtomicU64>,
) -> Result<DatabaseConnection, DbErr> {
    let mut options = options(url);
    options.max_connections(POSTGRES.into());
    options.map_sqlx_postgres_opts(|options| options.options([("statement_timeout", "5000")]));
    connect(options, statements).await
}

/// SQLite answers "unable to open database file" when the folder is missing; a newcomer should not
/// have to make it. What goes wrong here is said by SQLite a moment later.
fn make_folder(file: &Path) {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        // Password hashes and addresses are nobody else's to read.
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).ok();
    }
}

/// Waits for this process's turn to migrate, which lasts until the answer is dropped.
pub(super) async fn sqlite_turn(connection: &DatabaseConnection) -> Result<File, DbErr> {
    let row = connection
        .query_one_raw(sea_orm::Statement::from_string(
            connection.get_database_backend(),
            "SELECT file FROM pragma_database_list WHERE name = 'main'",
        ))
        .await?;
    let file: String = row.map_or(Ok(String::new()), |row| row.try_get("", "file"))?;
    let taken = tokio::task::spawn_blocking(move || {
        let lock = File::create(format!("{file}-migrate"))?;
        lock.lock()?;
        Ok::<_, std::io::Error>(lock)
    });
    match taken.await {
        Ok(Ok(lock)) => Ok(lock),
        Ok(Err(error)) => Err(DbErr::Conn(RuntimeErr::Internal(error.to_string()))),
        Err(error) => Err(DbErr::Conn(RuntimeErr::Internal(error.to_string()))),
    }
}
