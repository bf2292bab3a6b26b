//! The only room that speaks SQL: free functions over `&impl ConnectionTrait`, one file per noun,
//! verbs rather than CRUD. Opens only its entities.
//!
//! Single use is one guarded write: the `WHERE` holds every condition, the rows affected decide.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::BoxFuture;
use migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, RuntimeErr, SqlErr, TransactionTrait};

mod connect;
pub mod entity;
mod group;
mod hot;
mod line;
mod reader;
mod transaction;
mod writer;

pub mod accounts;
pub mod api_keys;
pub mod applications;
pub mod assertions;
pub mod attempts;
pub mod audit;
pub mod clients;
pub mod consents;
pub mod devices;
pub mod grants;
pub mod invitations;
pub mod keys;
pub mod links;
pub mod mails;
pub mod people;
pub mod proofs;
pub mod pushed;
pub mod revisions;
pub mod revoked;
pub mod sessions;
pub mod sweep;

use group::Group;
use reader::Health;
pub use reader::Reader;
pub use sea_orm::DbErr;
pub use transaction::Transaction;
pub use writer::Writer;

/// One database: where to read, and where to write.
pub struct Store {
    reader: Reader,
    writer: Writer,
    health: Arc<Health>,
    statements: Arc<AtomicU64>,
}

impl Store {
    /// Connects to `sqlite://PATH` (made when absent) or `postgres://…`. Runs no migration.
    ///
    /// # Errors
    /// The URL is of another kind, or the database cannot be reached.
    pub async fn open(url: &str) -> Result<Self, DbErr> {
        let statements = Arc::new(AtomicU64::new(0));
        let health = Arc::new(Health::default());
        if url.starts_with("sqlite:") {
            let writer = connect::sqlite_writer(url, &statements).await?;
            let reader = connect::sqlite_readers(url, &statements).await?;
            let (kept, count) = (connect::SQLITE_READERS, Arc::clone(&statements));
            let reader = Reader::new(reader, kept, Arc::clone(&health), count);
            let group = Group::start(writer, Arc::clone(&statements));
            Ok(Self { reader, writer: Writer::Group(group), health, statements })
        } else {
            let pool = connect::postgres(url, &statements).await?;
            // The other half is for transactions.
            let (kept, count) = (connect::POSTGRES / 2, Arc::clone(&statements));
            let reader = Reader::new(pool, kept, Arc::clone(&health), count);
            Ok(Self { reader: reader.clone(), writer: Writer::Pool(reader), health, statements })
        }
    }

    /// Where reads go. What [`Store::write`] acknowledged is seen here.
    #[must_use]
    pub fn read(&self) -> &Reader {
        &self.reader
    }

    /// Asks the database whether it is there, and from then on has everybody believe the answer: who
    /// comes while it is away hears so at once, until it has been found again. Says what the
    /// database's clock says, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// It is not.
    pub async fn probe(&self) -> Result<i64, DbErr> {
        let answer = self.reader.ping().await;
        self.health.set(answer.as_ref().is_err_and(is_unreachable));
        answer
    }

    /// Whether it was there when it was last asked.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.health.is_up()
    }

    /// Asks the database whether it is there.
    ///
    /// # Errors
    /// It is not.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.reader.ping().await.map(drop)
    }

    /// Where single, self-contained writes go: each is durable and alone when it is answered.
    #[must_use]
    pub fn write(&self) -> &Writer {
        &self.writer
    }

    /// Runs `work` in one transaction, Immediate on SQLite; tried again when the database reports a
    /// serialization failure (SQLSTATE 40001), so `work` must be free of side effects.
    ///
    /// # Errors
    /// What `work` or the database answered; nothing was written then.
    #[expect(clippy::disallowed_methods, reason = "this is the one way to open a transaction")]
    pub async fn transaction<T, W>(&self, work: W) -> Result<T, DbErr>
    where
        T: Send + 'static,
        W: for<'t> Fn(&'t Transaction) -> BoxFuture<'t, Result<T, DbErr>> + Send + Sync + 'static,
    {
        let pool = match &self.writer {
            Writer::Group(group) => return group.transaction(work).await,
            Writer::Pool(pool) => pool,
        };
        let mut tries = 0;
        loop {
            let run = async {
                let transaction = Transaction::Postgres(pool.connection().begin().await?);
                let outcome = work(&transaction).await;
                transaction.end(outcome).await
            };
            match pool.within(pin!(run)).await {
                Err(error) if tries < writer::RETRIES && writer::should_retry(&error) => tries += 1,
                other => return other,
            }
        }
    }

    /// Runs the migrations that this database has not seen. Two nodes may do so at once.
    ///
    /// # Errors
    /// The database refused a statement, or its schema is of a newer release.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        match &self.writer {
            Writer::Pool(pool) => {
                // A courtesy at start, not what correctness leans on: without it, two nodes on an
                // empty database race for the same CREATE TABLE and one of them gives up.
                #[expect(clippy::disallowed_methods, reason = "holds the lock for the migrator")]
                let turn = pool.connection().begin().await?;
                // An index on a table of years, or another node's, takes longer than a request may.
                turn.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
                turn.execute_unprepared("SELECT pg_advisory_xact_lock(727274)").await?;
                Migrator::up(&turn, None).await?;
                turn.commit().await
            }
            Writer::Group(group) => {
                let connection = group.pool();
                let _turn = connect::sqlite_turn(connection).await?;
                Migrator::up(connection, None).await
            }
        }
    }

    /// Whether the database's schema lacks a migration of this release.
    ///
    /// # Errors
    /// The database could not be asked.
    pub async fn has_pending_migrations(&self) -> Result<bool, DbErr> {
        let connection = match &self.writer {
            Writer::Pool(pool) => pool.connection(),
            Writer::Group(group) => group.pool(),
        };
        Ok(!Migrator::get_pending_migrations(connection).await?.is_empty())
    }

    /// Statements sent since the start (not counting BEGIN and COMMIT): what the figures count.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }
}

/// Whether the database could not be reached at all (as opposed to having refused a statement).
#[must_use]
pub fn is_unreachable(error: &DbErr) -> bool {
    match error {
        DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            match &**error {
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed => true,
                // 57P0x: the server is going down or starting; 53xxx: it has no room; and SQLite's
                // SQLITE_FULL (13), SQLITE_IOERR (10), SQLITE_BUSY (5), SQLITE_CANTOPEN (14).
                sqlx::Error::Database(error) => error.code().is_some_and(|code| {
                    code.starts_with("57P0")
                        || (code.len() == 5 && code.starts_with("53"))
                        || writer::sqlite_code(&code).is_some_and(|c| matches!(c, 5 | 10 | 13 | 14))
                }),
                _ => false,
            }
        }
        _ => false,
    }
}

/// Whether a unique index refused the row.
#[must_use]
pub fn is_taken(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}
