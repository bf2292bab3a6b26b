//! SQLite's one writer. What waits at the same moment goes into one transaction and one fsync, and
//! everybody is answered after the commit: durability does not cost an fsync per request.

use futures_util::future::BoxFuture;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, ExecResult,
    QueryResult, RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait,
};
use tokio::sync::{mpsc, oneshot};

/// More than this many writes do not share a commit, so that the first does not wait for the last.
const MOST_PER_COMMIT: usize = 512;
/// Writes that may wait; beyond it callers wait for a place.
const QUEUE: usize = 4096;

/// A piece of work for the writer, and what to do once its fate is known.
type Work = Box<dyn for<'t> FnOnce(&'t DatabaseTransaction, Turn) -> BoxFuture<'t, Done> + Send>;

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
    connection: DatabaseConnection,
}

impl Group {
    /// Starts the writer, which lives as long as the queue.
    pub(super) fn start(connection: DatabaseConnection) -> Self {
        let (queue, work) = mpsc::channel(QUEUE);
        tokio::spawn(write(connection.clone(), work));
        Self { queue, connection }
    }

    /// The writer's own connection, for migrations before anything else runs.
    pub(super) fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    pub(super) async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.submit(|tx, _| alone(tx.execute_raw(statement))).await
    }

    pub(super) async fn query_one_raw(
        &self,
        statement: Statement,
    ) -> Result<Option<QueryResult>, DbErr> {
        self.submit(|tx, _| alone(tx.query_one_raw(statement))).await
    }

    pub(super) async fn query_all_raw(
        &self,
        statement: Statement,
    ) -> Result<Vec<QueryResult>, DbErr> {
        self.submit(|tx, _| alone(tx.query_all_raw(statement))).await
    }

    /// Several statements that hold together: a savepoint of their own inside the group's commit,
    /// so that one caller's failure takes nothing of the others back. Who comes first needs none: there
    /// is nothing else to take back.
    #[expect(clippy::disallowed_methods, reason = "a savepoint inside the Immediate transaction")]
    pub(super) async fn transaction<T, W>(&self, work: W) -> Result<T, DbErr>
    where
        T: Send + 'static,
        W: for<'t> Fn(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T, DbErr>>
            + Send
            + Sync
            + 'static,
    {
        self.submit(move |group, turn| {
            Box::pin(async move {
                if turn == Turn::First {
                    return work(group).await.map_err(Broken::All);
                }
                let savepoint = group.begin().await?;
                match work(&savepoint).await {
                    Ok(value) => savepoint.commit().await.map(|()| value).map_err(Broken::All),
                    Err(error) => match savepoint.rollback().await {
                        Ok(()) => Err(error.into()),
                        // There is no savepoint any more: SQLite has taken back more than this.
                        Err(_) => Err(Broken::All(error)),
                    },
                }
            })
        })
        .await
    }

    async fn submit<T, F>(&self, run: F) -> Result<T, DbErr>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t DatabaseTransaction, Turn) -> BoxFuture<'t, Result<T, Broken>>
            + Send
            + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work: Work = Box::new(move |tx, turn| {
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

impl From<DbErr> for Broken {
    fn from(error: DbErr) -> Self {
        if super::writer::ends_transaction(&error) { Self::All(error) } else { Self::One(error) }
    }
}

impl From<Broken> for DbErr {
    fn from(broken: Broken) -> Self {
        let (Broken::One(error) | Broken::All(error)) = broken;
        error
    }
}

/// One statement, which SQLite takes back by itself where it fails.
fn alone<'t, T: Send + 't>(
    work: impl Future<Output = Result<T, DbErr>> + Send + 't,
) -> BoxFuture<'t, Result<T, Broken>> {
    Box::pin(async move { Ok(work.await?) })
}

async fn write(connection: DatabaseConnection, mut queue: mpsc::Receiver<Work>) {
    while let Some(first) = queue.recv().await {
        if let Err(error) = commit_group(&connection, first, &mut queue).await {
            // Those who waited hear "unavailable" when their place is dropped; the cause is told here, once.
            tracing::error!(%error, "store.write: SQLite did not begin a transaction");
        }
    }
}

async fn commit_group(
    connection: &DatabaseConnection,
    first: Work,
    queue: &mut mpsc::Receiver<Work>,
) -> Result<(), DbErr> {
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let transaction = connection.begin_with_options(immediate).await?;
    let mut answers = Vec::new();
    let mut next = Some(first);
    let mut broken = false;
    while let Some(work) = next.take() {
        let turn = if answers.is_empty() { Turn::First } else { Turn::Later };
        let done = work(&transaction, turn).await;
        answers.push(done.answer);
        broken = done.broken;
        if !broken && answers.len() < MOST_PER_COMMIT {
            next = queue.try_recv().ok();
        }
    }
    let outcome = if broken {
        transaction.rollback().await.ok();
        Err("a write that shared this commit failed".to_owned())
    } else {
        transaction.commit().await.map_err(|error| error.to_string())
    };
    for answer in answers {
        answer(outcome.clone().map_err(|why| DbErr::Conn(RuntimeErr::Internal(why))));
    }
    Ok(())
}
