//! SQLite's one writer. What waits at the same moment goes into one transaction and one fsync, and
//! everybody is answered after the commit: durability does not cost an fsync per request.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use futures_util::future::BoxFuture;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DbErr, ExecResult, QueryResult,
    RuntimeErr, Statement,
};
use tokio::sync::{mpsc, oneshot};

use super::line::is_answer;
use super::transaction::{SqliteWriter, Transaction};
use super::writer::ends_transaction;

/// More than this many writes do not share a commit, so that the first does not wait for the last.
const MOST_PER_COMMIT: usize = 512;
/// Writes that may wait; beyond it callers wait for a place.
const QUEUE: usize = 4096;

/// A piece of work for the writer.
struct Work {
    /// It is one statement, which SQLite takes back by itself where it fails.
    is_single: bool,
    run: Box<Run>,
}

/// Does the work, and says what to do once its fate is known.
type Run = dyn for<'t> FnOnce(&'t Transaction, Turn) -> BoxFuture<'t, Done> + Send;

impl Work {
    fn new<F>(is_single: bool, run: F) -> Self
    where
        F: for<'t> FnOnce(&'t Transaction, Turn) -> BoxFuture<'t, Done> + Send + 'static,
    {
        Self { is_single, run: Box::new(run) }
    }
}

/// Whether there is work of others in the transaction.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    First,
    Later,
}

struct Done {
    /// Nothing of the transaction can stay: SQLite may have ended it by itself, or who came first
    /// takes back what it did.
    broken: bool,
    /// Answers the caller: with its value if the commit came through, else with the error.
    answer: Box<dyn FnOnce(Result<(), DbErr>) + Send>,
}

/// The queue in front of the writer.
pub struct Group {
    queue: mpsc::Sender<Work>,
    pool: DatabaseConnection,
}

impl Group {
    /// Starts the writer, which lives as long as the queue.
    pub(super) fn start(pool: DatabaseConnection, count: Arc<AtomicU64>) -> Self {
        let (queue, work) = mpsc::channel(QUEUE);
        tokio::spawn(write(Source { pool: pool.clone(), count }, work));
        Self { queue, pool }
    }

    /// Where the writer has its connection from, for migrations before anything else runs.
    pub(super) fn pool(&self) -> &DatabaseConnection {
        &self.pool
    }

    pub(super) async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.submit(true, |tx, _| single(tx.execute_raw(statement))).await
    }

    pub(super) async fn query_one_raw(
        &self,
        statement: Statement,
    ) -> Result<Option<QueryResult>, DbErr> {
        self.submit(true, |tx, _| single(tx.query_one_raw(statement))).await
    }

    pub(super) async fn query_all_raw(
        &self,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, DbErr> {
        self.submit(true, |tx, _| single(tx.query_all_raw(statement))).await
    }

    /// Several statements that hold together: a savepoint of their own inside the group's commit,
    /// so that one caller's failure takes nothing of the others back. Who comes first needs none: there
    /// is nothing else to take back.
    pub(super) async fn transaction<T, W>(&self, work: W) -> Result<T, DbErr>
    where
        T: Send + 'static,
        W: for<'t> Fn(&'t Transaction) -> BoxFuture<'t, Result<T, DbErr>> + Send + Sync + 'static,
    {
        self.submit(false, move |tx, turn| {
            Box::pin(async move {
                if turn == Turn::First {
                    return work(tx).await.map_err(Broken::All);
                }
                tx.control("SAVEPOINT own").await?;
                match work(tx).await {
                    Ok(value) => {
                        tx.control("RELEASE own").await.map(|()| value).map_err(Broken::All)
                    }
                    Err(error) => match tx.control("ROLLBACK TO own; RELEASE own").await {
                        Ok(()) if !ends_transaction(&error) => Err(Broken::One(error)),
                        // Where there is no savepoint any more, SQLite has taken back more than this.
                        _ => Err(Broken::All(error)),
                    },
                }
            })
        })
        .await
    }

    async fn submit<T, F>(&self, is_single: bool, run: F) -> Result<T, DbErr>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t Transaction, Turn) -> BoxFuture<'t, Result<T, Broken>>
            + Send
            + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work = Work::new(is_single, move |tx, turn| {
            Box::pin(async move {
                let outcome = run(tx, turn).await;
                Done {
                    broken: matches!(outcome, Err(Broken::All(_))),
                    answer: Box::new(move |committed| {
                        // A caller that went away is no longer interested; its write stands.
                        let outcome = outcome.map_err(DbErr::from);
                        reply.send(outcome.and_then(|value| committed.map(|()| value))).ok();
                    }),
                }
            })
        });
        let gone = || DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed);
        self.queue.send(work).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// What an error leaves of a transaction.
enum Broken {
    /// Nothing of this work; what others did stands.
    One(DbErr),
    All(DbErr),
}

/// Of one statement.
impl From<DbErr> for Broken {
    fn from(error: DbErr) -> Self {
        if ends_transaction(&error) || !is_answer(&error) {
            Self::All(error)
        } else {
            Self::One(error)
        }
    }
}

impl From<Broken> for DbErr {
    fn from(broken: Broken) -> Self {
        let (Broken::One(error) | Broken::All(error)) = broken;
        error
    }
}

fn single<'t, T: Send + 't>(
    work: impl Future<Output = Result<T, DbErr>> + Send + 't,
) -> BoxFuture<'t, Result<T, Broken>> {
    Box::pin(async move { Ok(work.await?) })
}

/// Where connections that write come from.
struct Source {
    pool: DatabaseConnection,
    count: Arc<AtomicU64>,
}

impl Source {
    async fn open(&self) -> Result<Transaction, sqlx::Error> {
        let connection = self.pool.get_sqlite_connection_pool().acquire().await?;
        // For good: a pool asks a connection that comes back whether it is still there, which is one more
        // turn of another thread for each commit.
        let writer = SqliteWriter::new(connection.detach(), Arc::clone(&self.count));
        Ok(Transaction::Sqlite(writer))
    }
}

/// Where it is not sure what became of a transaction, or whether the connection is still there, that one is
/// closed, and the next work has another.
async fn write(source: Source, mut queue: mpsc::Receiver<Work>) {
    let mut open = None;
    while let Some(first) = queue.recv().await {
        let tx = match open.take() {
            Some(tx) => tx,
            None => match source.open().await {
                Ok(tx) => tx,
                Err(error) => {
                    // Who waits hears "unavailable" as their place is dropped.
                    tracing::error!(%error, "store.write: SQLite did not open");
                    continue;
                }
            },
        };
        let is_sound = if first.is_single && queue.is_empty() {
            commit_alone(&tx, first).await
        } else {
            commit_group(&tx, first, &mut queue).await
        };
        open = is_sound.then_some(tx);
    }
}

/// A statement that nobody else's waits with: SQLite commits it by itself.
async fn commit_alone(tx: &Transaction, work: Work) -> bool {
    let done = (work.run)(tx, Turn::First).await;
    (done.answer)(Ok(()));
    !done.broken
}

async fn commit_group(tx: &Transaction, first: Work, queue: &mut mpsc::Receiver<Work>) -> bool {
    if let Err(error) = tx.control("BEGIN IMMEDIATE").await {
        // Those who waited hear "unavailable" when their place is dropped; the cause is told here, once.
        tracing::error!(%error, "store.write: SQLite did not begin a transaction");
        return false;
    }
    let mut answers = Vec::new();
    let mut next = Some(first);
    let mut broken = false;
    while let Some(work) = next.take() {
        let turn = if answers.is_empty() { Turn::First } else { Turn::Later };
        let done = (work.run)(tx, turn).await;
        answers.push(done.answer);
        broken = done.broken;
        if !broken && answers.len() < MOST_PER_COMMIT {
            next = queue.try_recv().ok();
        }
    }
    let outcome = if broken {
        Err("a write that shared this commit failed".to_owned())
    } else {
        tx.control("COMMIT").await.map_err(|error| error.to_string())
    };
    let is_sound = outcome.is_ok() || tx.control("ROLLBACK").await.is_ok();
    for answer in answers {
        answer(outcome.clone().map_err(|why| DbErr::Conn(RuntimeErr::Internal(why))));
    }
    is_sound
}
