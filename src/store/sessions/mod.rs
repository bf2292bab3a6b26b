//! Sessions, found by the digest of their cookie's token.

use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QueryResult, Statement, UpdateMany,
};
use uuid::Uuid;

use super::accounts::{Person, account_columns, pending_email, person_columns};
use super::entity::{accounts, sessions};
use super::hot;
use sessions::{Column, Entity, Model};

mod ends;

pub use ends::{
    end, end_all, end_anothers, end_by_id, end_by_link, end_by_upstream, end_earlier, end_others,
};

/// The `auth_time` of a session whose person proved who they are at a time that nobody told: longer ago
/// than anything that is asked for.
pub const UNTOLD: i64 = 0;

/// Adds a session.
///
/// # Errors
/// The database's.
pub async fn open(db: &impl ConnectionTrait, session: Model) -> Result<(), DbErr> {
    session.into_active_model().insert(db).await.map(drop)
}

/// What one look at a browser's cookie tells.
pub struct Seen {
    /// The session, live or not.
    pub session: Glimpse,
    /// Whose it is; a long row, which is handed on a few times.
    pub account: Box<accounts::Model>,
    /// The scope this person allowed the client that was asked about.
    pub consented: Option<String>,
}

/// What a request needs of its session.
pub struct Glimpse {
    pub id: Uuid,
    pub kind: String,
    pub generation: i64,
    pub created_at: i64,
    pub last_seen_at: i64,
    pub expires_at: i64,
    pub auth_time: i64,
    pub amr: String,
    pub ip: String,
    pub user_agent: String,
    pub ended_at: Option<i64>,
}

impl Glimpse {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.try_get_by_index(0)?,
            kind: row.try_get_by_index(1)?,
            generation: row.try_get_by_index(2)?,
            created_at: row.try_get_by_index(3)?,
            last_seen_at: row.try_get_by_index(4)?,
            expires_at: row.try_get_by_index(5)?,
            auth_time: row.try_get_by_index(6)?,
            amr: row.try_get_by_index(7)?,
            ip: row.try_get_by_index(8)?,
            user_agent: row.try_get_by_index(9)?,
            ended_at: row.try_get_by_index(10)?,
        })
    }
}

impl From<Model> for Glimpse {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            generation: row.generation,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at,
            auth_time: row.auth_time,
            amr: row.amr,
            ip: row.ip,
            user_agent: row.user_agent,
            ended_at: row.ended_at,
        }
    }
}

/// What [`Glimpse::read`] reads, of the table `s`.
macro_rules! glimpse {
    () => {
        "s.id, s.kind, s.generation, s.created_at, s.last_seen_at, s.expires_at, s.auth_time, s.amr, \
         s.ip, s.user_agent, s.ended_at"
    };
}

/// The columns of a [`Glimpse`].
const COLUMNS: usize = 11;

const LOOK: &str = concat!(
    "SELECT ",
    glimpse!(),
    ", ",
    account_columns!(),
    ", c.scope FROM sessions s JOIN accounts a ON a.id = s.account_id \
     LEFT JOIN consents c ON c.account_id = s.account_id AND c.client_id = $2 \
     WHERE s.token_digest = $1"
);

/// The session of a token's digest with its account and, if `client_id` is given, the consent that
/// the person gave that client.
///
/// # Errors
/// The database's.
pub async fn look(
    db: &impl ConnectionTrait,
    token_digest: &[u8],
    client_id: Option<&str>,
) -> Result<Option<Seen>, DbErr> {
    let Some(row) = db.query_one_raw(looking(db, token_digest, client_id)).await? else {
        return Ok(None);
    };
    let account = Box::new(super::accounts::read(&row, COLUMNS)?);
    let consented = row.try_get_by_index(COLUMNS + super::accounts::COLUMNS)?;
    Ok(Some(Seen { session: Glimpse::read(&row)?, account, consented }))
}

/// The statement of [`look`].
pub fn looking(
    db: &impl ConnectionTrait,
    token_digest: &[u8],
    client_id: Option<&str>,
) -> Statement {
    let values = [token_digest.to_vec().into(), client_id.unwrap_or_default().into()];
    hot::statement(db, LOOK, values)
}

/// A session and its person, by a column of the session.
macro_rules! person_by {
    ($column:literal) => {
        concat!(
            "SELECT ",
            glimpse!(),
            ", ",
            person_columns!(),
            " FROM sessions s JOIN accounts a ON a.id = s.account_id ",
            pending_email!(),
            " WHERE s.",
            $column,
            " = $2"
        )
    };
}

const BY_TOKEN: &str = person_by!("token_digest");
const BY_ID: &str = person_by!("id");

/// By what a session is looked for.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// The digest of its cookie's token.
    Token(&'a [u8]),
    Id(Uuid),
}

/// The session, live or not, and whose it is.
///
/// # Errors
/// The database's.
pub async fn person(
    db: &impl ConnectionTrait,
    by: By<'_>,
    now: i64,
) -> Result<Option<(Glimpse, Person)>, DbErr> {
    let found = db.query_one_raw(whose(db, by, now)).await?;
    found.map(|row| Ok((Glimpse::read(&row)?, Person::read(&row, COLUMNS)?))).transpose()
}

/// The statement of [`person`].
pub fn whose(db: &impl ConnectionTrait, by: By<'_>, now: i64) -> Statement {
    let (sql, key) = match by {
        By::Token(digest) => (BY_TOKEN, digest.to_vec().into()),
        By::Id(id) => (BY_ID, id.into()),
    };
    hot::statement(db, sql, [now.into(), key])
}

/// An account's sessions that are live, the one used last first.
///
/// # Errors
/// The database's.
pub async fn of_account(
    db: &impl ConnectionTrait,
    account_id: Uuid,
    now: i64,
    idle_since: i64,
) -> Result<Vec<Glimpse>, DbErr> {
    let own = Entity::find().filter(Column::AccountId.eq(account_id));
    let live = own.filter(live(now, idle_since)).order_by_desc(Column::LastSeenAt);
    Ok(live.all(db).await?.into_iter().map(Glimpse::from).collect())
}

/// Everything that must hold for a session to be carried on by a token.
pub struct Carrying<'a> {
    pub id: Uuid,
    pub kind: &'a str,
    /// The generation that the presented token carries.
    pub generation: i64,
    pub now: i64,
    pub idle_since: i64,
    /// For so long from now, in milliseconds.
    pub lifetime: i64,
    /// But no longer than this since it was opened.
    pub absolute: i64,
}

const CARRY_ON: &str = "\
    UPDATE sessions SET generation = generation + 1, rotated_at = $1, last_seen_at = $1, \
     expires_at = CASE WHEN created_at + $7 < $1 + $6 THEN created_at + $7 ELSE $1 + $6 END \
     WHERE id = $3 AND kind = $4 AND generation = $5 AND ended_at IS NULL AND expires_at > $1 \
     AND last_seen_at > $2 \
     AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = sessions.account_id AND a.disabled_at IS NULL) \
     RETURNING id, kind, generation, created_at, last_seen_at, expires_at, auth_time, amr, ip, \
     user_agent, ended_at";

/// Moves a session to its next generation: whoever gets it holds the successor.
///
/// # Errors
/// The database's.
pub async fn carry_on(
    db: &impl ConnectionTrait,
    carrying: &Carrying<'_>,
) -> Result<Option<Glimpse>, DbErr> {
    let values = [
        carrying.now.into(),
        carrying.idle_since.into(),
        carrying.id.into(),
        carrying.kind.into(),
        carrying.generation.into(),
        carrying.lifetime.into(),
        carrying.absolute.into(),
    ];
    let row = db.query_one_raw(hot::statement(db, CARRY_ON, values)).await?;
    row.as_ref().map(Glimpse::read).transpose()
}

/// When a session was last moved to its next generation.
///
/// # Errors
/// The database's.
pub async fn rotated_at(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<i64>, DbErr> {
    Ok(Entity::find_by_id(id).one(db).await?.and_then(|session| session.rotated_at))
}

/// Gives a live session of this account a new token, a new generation and a new time of
/// authentication, after the person proved a factor again; none where it was not live any more. By its
/// token only a browser's own session is found, and it may become one that an app carries on: one that
/// an app carries on already is the app's.
///
/// # Errors
/// The database's.
pub async fn renew(
    db: &impl ConnectionTrait,
    by: By<'_>,
    renewed: &Model,
    idle_since: i64,
) -> Result<Option<Glimpse>, DbErr> {
    let update = with_token(renewed, idle_since)
        .col_expr(Column::LinkId, Expr::value(renewed.link_id))
        .col_expr(Column::UpstreamSid, Expr::value(renewed.upstream_sid.clone()));
    // A time that nobody told takes the place of none.
    let update = match renewed.auth_time {
        UNTOLD => update,
        told => update
            .col_expr(Column::AuthTime, Expr::value(told))
            .col_expr(Column::Amr, Expr::value(renewed.amr.as_str())),
    };
    let update = match by {
        By::Token(digest) => update
            .col_expr(Column::Kind, Expr::value(renewed.kind.as_str()))
            .col_expr(Column::ExpiresAt, no_later_than(renewed.expires_at))
            .filter(Column::TokenDigest.eq(digest.to_vec()))
            .filter(Column::Kind.eq(BROWSER)),
        By::Id(id) => update.filter(Column::Id.eq(id)),
    };
    Ok(update.exec_with_returning(db).await?.pop().map(Glimpse::from))
}

/// The same for a session whose person proved no factor again: it stays what it was, but for the token.
///
/// # Errors
/// The database's.
pub async fn change_token(
    db: &impl ConnectionTrait,
    id: Uuid,
    renewed: &Model,
    idle_since: i64,
) -> Result<Option<Glimpse>, DbErr> {
    let update = with_token(renewed, idle_since).filter(Column::Id.eq(id));
    Ok(update.exec_with_returning(db).await?.pop().map(Glimpse::from))
}

/// Gives a live session of the account that session's token.
fn with_token(renewed: &Model, idle_since: i64) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::TokenDigest, Expr::value(renewed.token_digest.clone()))
        .col_expr(Column::LastSeenAt, Expr::value(renewed.last_seen_at))
        .col_expr(Column::Generation, Expr::col(Column::Generation).add(1))
        .filter(Column::AccountId.eq(renewed.account_id))
        .filter(live(renewed.last_seen_at, idle_since))
}

/// The kind of a session that its cookie alone carries on.
const BROWSER: &str = "browser";

fn no_later_than(at: i64) -> Expr {
    let sooner = Expr::col(Column::ExpiresAt).lt(at);
    Expr::case(sooner, Expr::col(Column::ExpiresAt)).finally(at).into()
}

/// Notes that the session was used.
///
/// # Errors
/// The database's.
pub async fn touch(db: &impl ConnectionTrait, id: Uuid, now: i64) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::LastSeenAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::LastSeenAt.lt(now));
    update.exec(db).await.map(drop)
}

/// Whether a session of this account is live, until the transaction ends.
///
/// # Errors
/// The database's.
pub async fn hold(
    db: &impl ConnectionTrait,
    (id, account_id): (Uuid, Uuid),
    idle_since: i64,
    now: i64,
) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::LastSeenAt, Expr::col(Column::LastSeenAt))
        .filter(Column::Id.eq(id))
        .filter(Column::AccountId.eq(account_id))
        .filter(live(now, idle_since));
    Ok(update.exec(db).await?.rows_affected == 1)
}

fn live(now: i64, idle_since: i64) -> Condition {
    Condition::all()
        .add(Expr::col((Entity, Column::EndedAt)).is_null())
        .add(Expr::col((Entity, Column::ExpiresAt)).gt(now))
        .add(Expr::col((Entity, Column::LastSeenAt)).gt(idle_since))
}
