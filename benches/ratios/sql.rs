//! Statements with nothing around them: the very ones that the requests make, on the server's
//! tables, through the library that it uses and that library's own pool. Nothing is read from the
//! rows that they find. The pool asks a connection after each statement whether it is still there,
//! which the server does not (`store/line.rs`): that round trip is in these figures alone.

use std::sync::Arc;
use std::time::Duration;

use countersign::core::Clock;
use countersign::jose::random;
use countersign::store::entity::{grants, sessions};
use countersign::store::grants::{Redemption, opening, spending};
use countersign::store::sessions::{By, looking, whose};
use rustix::time::ClockId;
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, EntityTrait as _, Statement,
};

use super::Outcome;
use super::http::CONNECTIONS;
use super::signatures::clock;

/// The CPU time of one statement each, the commit included; of this process, so what a PostgreSQL
/// server does for it is not in it, as it is not in the CPU time of ours.
#[derive(Clone, Copy)]
pub struct Cost {
    /// A browser's session with its account and the consent, at the authorization endpoint.
    pub look: Duration,
    /// A grant with its code.
    pub open: Duration,
    /// The guarded write that spends a code, and answers with the row.
    pub spend: Duration,
}

/// Whose grants they are; no client has this id.
const CLIENT: &str = "raw";

pub struct Sql {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    session: sessions::Model,
}

impl Sql {
    pub async fn open(url: &str) -> Outcome<Self> {
        let mut options = ConnectOptions::new(url);
        options.sqlx_logging(false).test_before_acquire(false).max_connections(16);
        let (reader, writer);
        if url.starts_with("sqlite:") {
            options.max_connections(4);
            reader = Database::connect(options.clone()).await?;
            options.max_connections(1);
            writer = Database::connect(options).await?;
            // On the one connection of this pool; as the server's.
            for pragma in ["journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"] {
                writer.execute_unprepared(&format!("PRAGMA {pragma}")).await?;
            }
        } else {
            reader = Database::connect(options).await?;
            writer = reader.clone();
        }
        let session = sessions::Entity::find().one(&reader).await?.ok_or("nobody is signed in")?;
        Ok(Self { reader, writer, session })
    }

    /// Runs each statement `times` times on as many tasks as there are connections.
    pub async fn cpu(&self, times: usize) -> Outcome<Cost> {
        let count = times * CONNECTIONS;
        let grants: Vec<_> = (0..count).map(|_| self.grant()).collect();
        let opened = grants.iter().map(|grant| opening(&self.writer, grant.clone())).collect();
        let spent = grants.iter().map(|grant| self.spending(grant)).collect();
        let look = looking(&self.reader, &self.session.token_digest, Some(CLIENT));
        Ok(Cost {
            open: run(&self.writer, opened, false).await?,
            spend: run(&self.writer, spent, true).await?,
            look: run(&self.reader, vec![look; count], true).await?,
        })
    }

    /// Looks for the session and whose it is: by its cookie's token, or by its id.
    pub async fn whose(&self, by_token: bool, times: usize) -> Outcome<Duration> {
        let session = &self.session;
        let by = if by_token { By::Token(&session.token_digest) } else { By::Id(session.id) };
        let statement = whose(&self.reader, by, Clock::default().now());
        run(&self.reader, vec![statement; times * CONNECTIONS], true).await
    }

    fn spending(&self, grant: &grants::Model) -> Statement {
        let redemption = Redemption {
            code_digest: &grant.code_digest,
            client_id: &grant.client_id,
            redirect_uri: &grant.redirect_uri,
            challenge: &grant.challenge,
            now: grant.created_at,
            idle_since: 0,
        };
        spending(&self.writer, &redemption)
    }

    fn grant(&self) -> grants::Model {
        let now = Clock::default().now();
        grants::Model {
            id: random::id(now),
            request_id: random::id(now),
            client_id: CLIENT.to_owned(),
            account_id: self.session.account_id,
            session_id: Some(self.session.id),
            code_digest: random::token().digest().to_vec(),
            code_expires_at: now + 60_000,
            spent_at: None,
            redirect_uri: super::house::CALLBACK.to_owned(),
            challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
            nonce: Some("n-0S6_WzA2Mj-0123456789".to_owned()),
            scope: "openid profile email".to_owned(),
            offline: false,
            auth_time: now,
            amr: "pwd".to_owned(),
            generation: 0,
            rotated_at: None,
            expires_at: now,
            ended_at: None,
            created_at: now,
            claims: None,
            resources: String::new(),
        }
    }
}

/// The CPU time of this process for one of the statements, which are ready before the clock starts.
async fn run(
    pool: &DatabaseConnection,
    statements: Vec<Statement>,
    has_row: bool,
) -> Outcome<Duration> {
    let count = u32::try_from(statements.len())?;
    let share = statements.len().div_ceil(CONNECTIONS);
    let shares: Vec<Arc<[Statement]>> = statements.chunks(share).map(Into::into).collect();
    let before = clock(ClockId::ProcessCPUTime);
    let tasks: Vec<_> = shares.into_iter().map(|share| (share, pool.clone())).collect();
    let tasks = tasks.into_iter().map(|(share, pool)| {
        tokio::spawn(async move {
            for statement in share.iter() {
                let statement = statement.clone();
                let affected = if has_row {
                    u64::from(pool.query_one_raw(statement).await?.is_some())
                } else {
                    pool.execute_raw(statement).await?.rows_affected()
                };
                if affected != 1 {
                    return Err("a raw statement affected no row".into());
                }
            }
            Outcome::Ok(())
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await??;
    }
    Ok(clock(ClockId::ProcessCPUTime).saturating_sub(before) / count)
}
