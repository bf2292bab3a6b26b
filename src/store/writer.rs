//! Where single statements that write go, on either database.

use std::str::FromStr as _;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};

use super::group::Group;
use super::reader::Reader;

/// A distributed database may ask for another try this often before the caller hears of it.
pub(super) const RETRIES: u32 = 5;

/// The way to write: SQLite's grouping writer, or PostgreSQL's pool.
pub enum Writer {
    /// SQLite: all writes of one moment share one commit.
    Group(Group),
    /// PostgreSQL: each statement commits itself.
    Pool(Reader),
}

/// Serialization failure (SQLSTATE 40001) or deadlock (40P01): nothing was written, try again.
pub(super) fn should_retry(error: &DbErr) -> bool {
    database_code(error).is_some_and(|code| code == "40001" || code == "40P01")
}

/// The error after which SQLite may have rolled the whole transaction back by itself:
/// BUSY, NOMEM, INTERRUPT, IOERR, FULL (<https://www.sqlite.org/lang_transaction.html> §3).
pub(super) fn ends_transaction(error: &DbErr) -> bool {
    database_code(error)
        .and_then(|code| sqlite_code(&code))
        .is_some_and(|code| matches!(code, 5 | 7 | 9 | 10 | 13))
}

/// The primary code in SQLite's extended one. SQLSTATEs have five characters and are no such code.
pub(super) fn sqlite_code(code: &str) -> Option<u32> {
    u32::from_str(code).ok().filter(|_| code.len() < 5).map(|code| code & 0xff)
}

fn database_code(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return None;
    };
    error.as_database_error()?.code().map(|code| code.to_string())
}

/// Runs one statement, again while the database asks for it.
macro_rules! retried {
    ($self:ident, $method:ident, $statement:ident) => {
        match $self {
            Writer::Group(group) => group.$method($statement).await,
            Writer::Pool(pool) => {
                let mut tries = 0;
                loop {
                    match pool.$method($statement.clone()).await {
                        Err(error) if tries < RETRIES && should_retry(&error) => tries += 1,
                        other => return other,
                    }
                }
            }
        }
    };
}

#[sea_orm::prelude::async_trait::async_trait]
impl ConnectionTrait for Writer {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Group(_) => DbBackend::Sqlite,
            Self::Pool(_) => DbBackend::Postgres,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        retried!(self, execute_raw, statement)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.execute_raw(Statement::from_string(self.get_database_backend(), sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        retried!(self, query_one_raw, statement)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        retried!(self, query_all_raw, statement)
    }
}
