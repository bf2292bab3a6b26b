//! Connections that are used again as they are.
//!
//! SQLx asks a connection whether it is still there each time that it comes back to its pool: on
//! PostgreSQL a second round trip for every statement, on SQLite a second turn of another thread. A
//! connection whose statement has just been answered needs no asking; it waits here for the next
//! one, and goes back to the pool now and then, so that the pool's rules on age hold.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sea_orm::{ConnAcquireErr, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Values};
use sea_query_sqlx::SqlxValues;
use sqlx::pool::PoolConnection;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Database, Executor, IntoArguments, Pool};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::connect::PATIENCE;

/// How long a connection is kept from the pool, which looks whether it is still there, and closes
/// what is old.
const KEPT: Duration = Duration::from_mins(1);

/// A pool's connections between statements.
pub struct Line<DB: Database> {
    pool: Pool<DB>,
    waiting: Mutex<Vec<Held<DB>>>,
    /// As many turns as connections are here at most, waiting or in use; what the pool has beyond
    /// them is for transactions. Whoever has a turn finds a connection here, or asks the pool for one.
    turns: Semaphore,
}

struct Held<DB: Database> {
    connection: PoolConnection<DB>,
    since: Instant,
}

impl<DB: Database> Line<DB>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    SqlxValues: IntoArguments<DB>,
    ExecResult: From<DB::QueryResult>,
    QueryResult: From<DB::Row>,
{
    pub fn new(pool: Pool<DB>, most: usize) -> Self {
        Self { pool, waiting: Mutex::default(), turns: Semaphore::new(most) }
    }

    pub async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let _turn = self.turn().await?;
        let mut held = self.take().await?;
        let done = execute::<DB>(&mut held.connection, statement).await;
        self.keep(held, &done);
        done
    }

    pub async fn query_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let _turn = self.turn().await?;
        let mut held = self.take().await?;
        let rows = query_all::<DB>(&mut held.connection, statement).await;
        self.keep(held, &rows);
        rows
    }

    /// Lets go of what waits: the pool finds out what it is still good for.
    pub fn release(&self) {
        let waiting =
            std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        drop(waiting);
    }

    async fn turn(&self) -> Result<SemaphorePermit<'_>, DbErr> {
        let turn = tokio::time::timeout(PATIENCE, self.turns.acquire()).await;
        turn.ok().and_then(Result::ok).ok_or(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))
    }

    async fn take(&self) -> Result<Held<DB>, DbErr> {
        while let Some(held) = self.pop() {
            if held.since.elapsed() < KEPT {
                return Ok(held);
            }
            // Nobody used it for a while: the pool looks whether it is still there.
        }
        // Seldom, and large.
        let connection = Box::pin(self.pool.acquire()).await.map_err(without_connection)?;
        Ok(Held { connection, since: Instant::now() })
    }

    fn pop(&self) -> Option<Held<DB>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Where nobody comes to this, as the statement was given up, the connection goes to the pool.
    fn keep<T>(&self, held: Held<DB>, outcome: &Result<T, DbErr>) {
        if outcome.as_ref().err().is_none_or(is_answer) && held.since.elapsed() < KEPT {
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(held);
        }
    }
}

impl<DB: Database> Drop for Line<DB> {
    /// A connection goes back to its pool on a runtime, and there may be none any more.
    fn drop(&mut self) {
        let waiting = self.waiting.get_mut().unwrap_or_else(PoisonError::into_inner);
        waiting.drain(..).for_each(|held| drop(held.connection.detach()));
    }
}

/// Runs a statement on a connection.
pub(super) async fn execute<DB: Database>(
    connection: &mut DB::Connection,
    statement: Statement,
) -> Result<ExecResult, DbErr>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    SqlxValues: IntoArguments<DB>,
    ExecResult: From<DB::QueryResult>,
{
    let done = query(statement).execute(connection).await;
    done.map(Into::into).map_err(|error| DbErr::Exec(unanswered(error)))
}

/// Runs a statement on a connection, to the last of its rows.
pub(super) async fn query_all<DB: Database>(
    connection: &mut DB::Connection,
    statement: Statement,
) -> Result<Vec<QueryResult>, DbErr>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    SqlxValues: IntoArguments<DB>,
    QueryResult: From<DB::Row>,
{
    let rows = query(statement).fetch_all(connection).await;
    let rows = rows.map_err(|error| DbErr::Query(unanswered(error)))?;
    Ok(rows.into_iter().map(Into::into).collect())
}

fn query<'q, DB: Database>(statement: Statement) -> Query<'q, DB, SqlxValues>
where
    SqlxValues: IntoArguments<DB>,
{
    let values = statement.values.unwrap_or(Values(Vec::new()));
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

/// Whether it is the database's own word, after which the connection is as good as before.
pub(super) fn is_answer(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return false;
    };
    matches!(**error, sqlx::Error::Database(_))
}

pub(super) fn unanswered(error: sqlx::Error) -> RuntimeErr {
    RuntimeErr::SqlxError(error.into())
}

/// As SeaORM has it.
fn without_connection(error: sqlx::Error) -> DbErr {
    match error {
        sqlx::Error::PoolTimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        sqlx::Error::PoolClosed => DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed),
        error => DbErr::Conn(unanswered(error)),
    }
}
