//! A pool whose answers come within a time, with an error if need be: a database that is away may say
//! nothing at all, and nobody should find that out anew with every request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult,
    Statement,
};

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
    health: Arc<Health>,
    limit: Duration,
}

impl Reader {
    pub(super) fn new(pool: DatabaseConnection, health: Arc<Health>, limit: Duration) -> Self {
        Self { pool, health, limit }
    }

    /// The pool itself, for what may take its time.
    pub(super) fn connection(&self) -> &DatabaseConnection {
        &self.pool
    }

    /// Runs that within the limit, unless the database is known to be away.
    pub(super) async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        if self.health.is_away.load(Ordering::Relaxed) {
            return Err(gone());
        }
        tokio::time::timeout(self.limit, work).await.unwrap_or_else(|_| Err(gone()))
    }

    /// Whether it answers at all, known to be away or not.
    pub(super) async fn ping(&self) -> Result<(), DbErr> {
        let asked = self.pool.execute_unprepared("SELECT 1");
        let answer = tokio::time::timeout(LIMIT, asked).await.unwrap_or_else(|_| Err(gone()));
        answer.map(drop)
    }
}

fn gone() -> DbErr {
    DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)
}

#[sea_orm::prelude::async_trait::async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.within(self.pool.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.within(self.pool.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.within(self.pool.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.within(self.pool.query_all_raw(statement)).await
    }
}
