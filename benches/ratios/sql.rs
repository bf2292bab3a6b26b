//! Statements with nothing around them: of the kinds that the code flow needs, on the server's
//! tables, through the library and the pools that it uses.

use std::sync::Arc;
use std::time::Duration;

use countersign::core::Clock;
use countersign::jose::random;
use countersign::store::entity::{grants, sessions};
use rustix::time::ClockId;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ColumnTrait as _, ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection,
    EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryTrait as _, Statement,
};

use super::Outcome;
use super::http::CONNECTIONS;
use super::signatures::clock;

/// The CPU time of one statement each, the commit included; of this process, so what a PostgreSQL
/// server does for it is not in it, as it is not in the CPU time of ours.
#[derive(Clone, Copy)]
pub struct Cost {
    pub select: Duration,
    pub insert: Duration,
    pub update: Duration,
}

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
        let inserts = grants.iter().map(|grant| self.insert(grant)).collect();
        let updates = grants.iter().map(|grant| self.update(grant)).collect();
        let selects = vec![self.select(); count];
        Ok(Cost {
            insert: run(&self.writer, inserts, false).await?,
            update: run(&self.writer, updates, true).await?,
            select: run(&self.reader, selects, true).await?,
        })
    }

    /// By a unique index.
    fn select(&self) -> Statement {
        sessions::Entity::find()
            .filter(sessions::Column::TokenDigest.eq(self.session.token_digest.clone()))
            .build(self.reader.get_database_backend())
    }

    fn insert(&self, grant: &grants::Model) -> Statement {
        grants::Entity::insert(grant.clone().into_active_model())
            .build(self.writer.get_database_backend())
    }

    /// Guarded, and answering with the row.
    fn update(&self, grant: &grants::Model) -> Statement {
        let mut update = Query::update();
        update
            .table(grants::Entity)
            .value(grants::Column::SpentAt, 1_i64)
            .value(grants::Column::Generation, 1_i64)
            .and_where(Expr::col(grants::Column::CodeDigest).eq(grant.code_digest.clone()))
            .and_where(Expr::col(grants::Column::SpentAt).is_null())
            .returning_all();
        self.writer.get_database_backend().build(&update)
    }

    fn grant(&self) -> grants::Model {
        let now = Clock::default().now();
        grants::Model {
            id: random::id(now),
            request_id: random::id(now),
            client_id: "app".to_owned(),
            account_id: self.session.account_id,
            session_id: Some(self.session.id),
            code_digest: random::token().digest().to_vec(),
            code_expires_at: now,
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
