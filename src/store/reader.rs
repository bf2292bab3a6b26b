//! A pool whose answers come within a time, with an error if need be: a database that is away may say
//! nothing at all, and nobody should find that out anew with every request.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult,
    Statement,
};
use sqlx::{Postgres, Sqlite};

use super::line::Line;

/// For one statement, or one transaction, of a database on another machine.
pub(super) const LIMIT: Duration = Duration::from_millis(1800);

/// Whether the database was there when it was last asked.
#[derive(Debug, Default)]
pub struct Health {
    is_away: AtomicBool,
}

impl Health {
    pub(super) fn is_up(&self) -> bool {
        !self.is_away.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::Relaxed);
    }
}

/// The pool to read from; on PostgreSQL also the one to write with.
#[derive(Clone)]
pub struct Reader {
    pool: DatabaseConnection,
    line: Either,
    health: Arc<Health>,
    /// How many statements were run.
    count: Arc<AtomicU64>,
    limit: Duration,
}

#[derive(Clone)]
enum Either {
    Sqlite(Arc<Line<Sqlite>>),
    Postgres(Arc<Line<Postgres>>),
}

/// What a statement, or several, come to.
type Work<'w, T> = Pin<&'w mut (dyn Future<Output = Result<T, DbErr>> + Send + 'w)>;

/// What both databases have.
macro_rules! on {
    ($line:expr, $of:ident => $work:expr) => {
        match $line {
            Either::Sqlite($of) => $work,
            Either::Postgres($of) => $work,
        }
    };
}

impl Reader {
    /// `kept` connections are used again without the pool.
    pub(super) fn new(
        pool: DatabaseConnection,
        kept: u16,
        health: Arc<Health>,
        count: Arc<AtomicU64>,
    ) -> Self {
        let (line, limit) = if pool.get_database_backend() == DbBackend::Sqlite {
            // A file has no network in between; a long list may take its time.
            let line = Line::new(pool.get_sqlite_connection_pool().clone(), kept.into());
            (Either::Sqlite(Arc::new(line)), Duration::from_mins(1))
        } else {
            let line = Line::new(pool.get_postgres_connection_pool().clone(), kept.into());
            (Either::Postgres(Arc::new(line)), LIMIT)
        };
        Self { pool, line, health, count, limit }
    }

    /// The pool itself, for what may take its time.
    pub(super) fn connection(&self) -> &DatabaseConnection {
        &self.pool
    }

    /// Runs that within the limit, unless the database is known to be away. It is pinned where it was made:
    /// what runs a statement takes kilobytes, and was copied from each of these functions to the next.
    pub(super) async fn within<T>(&self, work: Work<'_, T>) -> Result<T, DbErr> {
        if self.health.is_away.load(Ordering::Relaxed) {
            return Err(gone());
        }
        tokio::time::timeout(self.limit, work).await.unwrap_or_else(|_| Err(gone()))
    }

    pub(super) async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let work = async { on!(self.sending(), line => line.execute(statement).await) };
        self.sent(pin!(work)).await
    }

    pub(super) async fn query_one_raw(
        &self,
        statement: Statement,
    ) -> Result<Option<QueryResult>, DbErr> {
        // Not what SQLx has for one row: it comes before the word that the write was committed.
        Ok(self.query_all_raw(statement).await?.into_iter().next())
    }

    pub(super) async fn query_all_raw(
        &self,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, DbErr> {
        let work = async { on!(self.sending(), line => line.query_all(statement).await) };
        self.sent(pin!(work)).await
    }

    /// Where a statement goes that is sent now.
    fn sending(&self) -> &Either {
        self.count.fetch_add(1, Ordering::Relaxed);
        &self.line
    }

    /// Runs a statement as [`Self::within`] does.
    async fn sent<T>(&self, work: Work<'_, T>) -> Result<T, DbErr> {
        let outcome = self.within(work).await;
        if outcome.as_ref().is_err_and(super::is_unreachable) {
            // What is gone for one is gone for those that wait.
            on!(&self.line, line => line.release());
        }
        outcome
    }

    /// Whether it answers at all, known to be away or not, and what its clock says, in milliseconds
    /// since the Unix epoch.
    pub(super) async fn ping(&self) -> Result<i64, DbErr> {
        let backend = self.get_database_backend();
        let clock = match backend {
            // Of this very machine.
            DbBackend::Sqlite => "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER)",
            _ => "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)",
        };
        let asked = self.pool.query_one_raw(Statement::from_string(backend, clock));
        let answer = tokio::time::timeout(LIMIT, asked).await.unwrap_or_else(|_| Err(gone()))?;
        answer.ok_or_else(gone)?.try_get_by_index(0)
    }
}

fn gone() -> DbErr {
    DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)
}

/// The methods above, each in the box that this trait wants: [`super::writer::Writer`] calls them without.
#[sea_orm::prelude::async_trait::async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        Self::execute_raw(self, statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.within(pin!(self.pool.execute_unprepared(sql))).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Self::query_one_raw(self, statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        Self::query_all_raw(self, statement).await
    }
}
