//! Statements that hold together, on either database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};
use sqlx::{Executor as _, Sqlite, SqliteConnection};
use tokio::sync::Mutex;

use super::line;

/// Where the statements of one transaction go.
pub enum Transaction {
    /// The connection that writes; the group in front of it begins and ends what is done on it.
    Sqlite(SqliteWriter),
    Postgres(DatabaseTransaction),
}

/// SQLite's one connection that writes.
pub struct SqliteWriter {
    connection: Mutex<SqliteConnection>,
    /// How many statements were run.
    count: Arc<AtomicU64>,
}

impl Transaction {
    /// Begins or ends what holds together: a transaction, or a savepoint in one.
    pub(super) async fn control(&self, sql: &'static str) -> Result<(), DbErr> {
        match self {
            Self::Sqlite(writer) => writer.control(sql).await,
            Self::Postgres(transaction) => transaction.execute_unprepared(sql).await.map(drop),
        }
    }

    /// Ends a transaction of PostgreSQL's by how its work came out.
    pub(super) async fn end<T>(self, outcome: Result<T, DbErr>) -> Result<T, DbErr> {
        let Self::Postgres(transaction) = self else { return outcome };
        match outcome {
            Ok(value) => transaction.commit().await.map(|()| value),
            Err(error) => {
                transaction.rollback().await?;
                Err(error)
            }
        }
    }
}

impl SqliteWriter {
    pub(super) fn new(connection: SqliteConnection, count: Arc<AtomicU64>) -> Self {
        Self { connection: Mutex::new(connection), count }
    }

    async fn control(&self, sql: &'static str) -> Result<(), DbErr> {
        let done = self.connection.lock().await.execute(sql).await;
        done.map(drop).map_err(|error| DbErr::Exec(line::unanswered(error)))
    }

    async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.count.fetch_add(1, Ordering::Relaxed);
        line::execute::<Sqlite>(&mut *self.connection.lock().await, statement).await
    }

    async fn query_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.count.fetch_add(1, Ordering::Relaxed);
        line::query_all::<Sqlite>(&mut *self.connection.lock().await, statement).await
    }
}

#[sea_orm::prelude::async_trait::async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Sqlite(_) => DbBackend::Sqlite,
            Self::Postgres(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Sqlite(writer) => writer.execute(statement).await,
            Self::Postgres(transaction) => transaction.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.execute_raw(Statement::from_string(self.get_database_backend(), sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            // All of them: whoever stops at the first has not heard that its write was done.
            Self::Sqlite(writer) => Ok(writer.query_all(statement).await?.into_iter().next()),
            Self::Postgres(transaction) => transaction.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Sqlite(writer) => writer.query_all(statement).await,
            Self::Postgres(transaction) => transaction.query_all_raw(statement).await,
        }
    }
}
