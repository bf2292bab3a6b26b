//! Grants: a code is spent, and a refresh token rotated, by one guarded write each.

use sea_orm::sea_query::{Expr, ExprTrait as _, Value};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryResult, Statement,
};
use uuid::Uuid;

use super::accounts::account_columns;
use super::entity::{accounts, grants};
use super::hot;
use grants::{Column, Entity, Model};

const OPEN: &str = "\
    INSERT INTO grants (id, request_id, client_id, account_id, session_id, code_digest, \
    code_expires_at, redirect_uri, challenge, nonce, scope, offline, auth_time, amr, generation, \
    expires_at, created_at, claims, resources) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, $15, $16, $17, $18)";

/// Adds a grant with its code.
///
/// # Errors
/// [`super::is_taken`] when the authorization request was answered before.
pub async fn open(db: &impl ConnectionTrait, grant: Model) -> Result<(), DbErr> {
    db.execute_raw(opening(db, grant)).await.map(drop)
}

/// The statement that adds a grant.
pub fn opening(db: &impl ConnectionTrait, grant: Model) -> Statement {
    let values = [
        grant.id.into(),
        grant.request_id.into(),
        grant.client_id.into(),
        grant.account_id.into(),
        grant.session_id.into(),
        grant.code_digest.into(),
        grant.code_expires_at.into(),
        grant.redirect_uri.into(),
        grant.challenge.into(),
        grant.nonce.into(),
        grant.scope.into(),
        grant.offline.into(),
        grant.auth_time.into(),
        grant.amr.into(),
        grant.expires_at.into(),
        grant.created_at.into(),
        grant.claims.into(),
        grant.resources.into(),
    ];
    hot::statement(db, OPEN, values)
}

/// A grant from which tokens may be made.
pub struct Standing {
    pub id: Uuid,
    pub account_id: Uuid,
    pub session_id: Option<Uuid>,
    pub nonce: Option<String>,
    pub scope: String,
    pub offline: bool,
    pub auth_time: i64,
    pub amr: String,
    pub generation: i64,
    pub expires_at: i64,
    /// What the `claims` parameter asked for, as JSON.
    pub claims: Option<String>,
    /// Space-separated resource indicators (RFC 8707).
    pub resources: String,
}

impl Standing {
    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.try_get_by_index(0)?,
            account_id: row.try_get_by_index(1)?,
            session_id: row.try_get_by_index(2)?,
            nonce: row.try_get_by_index(3)?,
            scope: row.try_get_by_index(4)?,
            offline: row.try_get_by_index(5)?,
            auth_time: row.try_get_by_index(6)?,
            amr: row.try_get_by_index(7)?,
            generation: row.try_get_by_index(8)?,
            expires_at: row.try_get_by_index(9)?,
            claims: row.try_get_by_index(10)?,
            resources: row.try_get_by_index(11)?,
        })
    }
}

/// What [`Standing::read`] reads.
macro_rules! standing {
    () => {
        "id, account_id, session_id, nonce, scope, offline, auth_time, amr, generation, expires_at, \
         claims, resources"
    };
}

/// The condition that a grant's account may sign in.
macro_rules! enabled {
    () => {
        "EXISTS (SELECT 1 FROM accounts a WHERE a.id = grants.account_id AND a.disabled_at IS NULL)"
    };
}

/// The condition that a grant's session is live; `$1` is now, `$2` since when an unused one is over.
macro_rules! live {
    () => {
        "EXISTS (SELECT 1 FROM sessions s WHERE s.id = grants.session_id AND s.ended_at IS NULL \
         AND s.expires_at > $1 AND s.last_seen_at > $2)"
    };
}

/// Redeemed, not ended, not past its absolute end, of an account that may sign in, and with a live
/// session unless the grant is offline.
macro_rules! stands {
    () => {
        concat!(
            "grants.spent_at IS NOT NULL AND grants.ended_at IS NULL AND grants.expires_at > $1 AND ",
            enabled!(),
            " AND (grants.offline OR ",
            live!(),
            ")"
        )
    };
}

/// The condition that a client has a grant that stands; `$1` and `$2` as above, `$3` is the client's id.
pub(super) const CLIENT_HAS_ONE: &str =
    concat!("EXISTS (SELECT 1 FROM grants WHERE grants.client_id = $3 AND ", stands!(), ")");

/// What a client has of an account, by grants of one scope.
pub struct Given {
    pub client_id: String,
    pub scope: String,
    pub offline: bool,
    /// When the first of them was given.
    pub since: i64,
    /// When one of them last gave tokens.
    pub last_used_at: i64,
}

const OF_ACCOUNT: &str = concat!(
    "SELECT client_id, scope, offline, MIN(created_at), \
     MAX(CASE WHEN rotated_at > spent_at THEN rotated_at ELSE spent_at END) \
     FROM grants WHERE account_id = $3 AND ",
    stands!(),
    " GROUP BY client_id, scope, offline"
);

/// What an account's grants that stand give to whom.
///
/// # Errors
/// The database's.
pub async fn of_account(
    db: &impl ConnectionTrait,
    account_id: Uuid,
    (now, idle_since): (i64, i64),
) -> Result<Vec<Given>, DbErr> {
    let values = [now.into(), idle_since.into(), account_id.into()];
    let rows = db.query_all_raw(hot::statement(db, OF_ACCOUNT, values)).await?;
    let read = |row: &QueryResult| {
        Ok(Given {
            client_id: row.try_get_by_index(0)?,
            scope: row.try_get_by_index(1)?,
            offline: row.try_get_by_index(2)?,
            since: row.try_get_by_index(3)?,
            last_used_at: row.try_get_by_index(4)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Everything that must hold for a code to be spent.
pub struct Redemption<'a> {
    pub code_digest: &'a [u8],
    pub client_id: &'a str,
    pub redirect_uri: &'a str,
    /// The S256 challenge of the verifier that was sent; empty when none was.
    pub challenge: &'a str,
    pub now: i64,
    /// A session not used since then is over.
    pub idle_since: i64,
}

const SPEND: &str = concat!(
    "UPDATE grants SET spent_at = $1, generation = 1 WHERE code_digest = $3 AND client_id = $4 \
     AND redirect_uri = $5 AND challenge = $6 AND spent_at IS NULL AND ended_at IS NULL \
     AND code_expires_at > $1 AND ",
    enabled!(),
    " AND ",
    live!(),
    " RETURNING ",
    standing!()
);

/// Spends the code and starts its family at generation 1: whoever gets the row has won.
/// Every condition stands in the write itself, so a refused attempt spends nothing.
///
/// # Errors
/// The database's.
pub async fn spend_code(
    db: &impl ConnectionTrait,
    redemption: &Redemption<'_>,
) -> Result<Option<Standing>, DbErr> {
    let row = db.query_one_raw(spending(db, redemption)).await?;
    row.as_ref().map(Standing::read).transpose()
}

/// The statement that spends a code.
pub fn spending(db: &impl ConnectionTrait, redemption: &Redemption<'_>) -> Statement {
    let values = [
        redemption.now.into(),
        redemption.idle_since.into(),
        redemption.code_digest.to_vec().into(),
        redemption.client_id.into(),
        redemption.redirect_uri.into(),
        redemption.challenge.into(),
    ];
    hot::statement(db, SPEND, values)
}

/// The grant of a code's digest.
///
/// # Errors
/// The database's.
pub async fn by_code(db: &impl ConnectionTrait, digest: &[u8]) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::CodeDigest.eq(digest.to_vec())).one(db).await
}

/// Everything that must hold for a refresh token to be used.
pub struct Rotation<'a> {
    pub grant_id: Uuid,
    pub client_id: &'a str,
    /// The generation that the presented token carries.
    pub generation: i64,
    pub now: i64,
    pub idle_since: i64,
}

const ROTATE: &str = concat!(
    "UPDATE grants SET generation = generation + 1, rotated_at = $1 \
     WHERE id = $3 AND client_id = $4 AND generation = $5 AND ",
    stands!(),
    " RETURNING ",
    standing!()
);

/// Moves the family to its next generation: whoever gets the row holds the successor.
///
/// # Errors
/// The database's.
pub async fn rotate(
    db: &impl ConnectionTrait,
    rotation: &Rotation<'_>,
) -> Result<Option<Standing>, DbErr> {
    let values = [
        rotation.now.into(),
        rotation.idle_since.into(),
        rotation.grant_id.into(),
        rotation.client_id.into(),
        rotation.generation.into(),
    ];
    let row = db.query_one_raw(hot::statement(db, ROTATE, values)).await?;
    row.as_ref().map(Standing::read).transpose()
}

const STANDING: &str = concat!(
    "SELECT ",
    standing!(),
    ", rotated_at FROM grants WHERE id = $3 AND client_id = $4 AND ",
    stands!()
);

/// The grant, if it still stands, and when it was last rotated: for the retry of a token just
/// superseded, and for clients that do not rotate.
///
/// # Errors
/// The database's.
pub async fn standing(
    db: &impl ConnectionTrait,
    rotation: &Rotation<'_>,
) -> Result<Option<(Standing, Option<i64>)>, DbErr> {
    let values = [
        rotation.now.into(),
        rotation.idle_since.into(),
        rotation.grant_id.into(),
        rotation.client_id.into(),
    ];
    let Some(row) = db.query_one_raw(hot::statement(db, STANDING, values)).await? else {
        return Ok(None);
    };
    Ok(Some((Standing::read(&row)?, row.try_get_by_index(12)?)))
}

/// An access token of a grant, as it is used.
pub struct TokenUse<'a> {
    pub grant_id: Uuid,
    pub jti: &'a str,
    pub now: i64,
    pub idle_since: i64,
}

impl TokenUse<'_> {
    fn values(&self) -> [Value; 4] {
        [self.now.into(), self.idle_since.into(), self.grant_id.into(), self.jti.into()]
    }
}

/// The grant of [`TokenUse`] stands, and the token itself was not revoked.
macro_rules! good {
    () => {
        concat!(
            "grants.id = $3 AND NOT EXISTS (SELECT 1 FROM revoked_tokens r WHERE r.jti = $4) AND ",
            stands!()
        )
    };
}

const STANDING_ACCOUNT: &str = concat!(
    "SELECT ",
    account_columns!(),
    ", grants.claims FROM grants JOIN accounts a ON a.id = grants.account_id WHERE ",
    good!()
);

/// The account of a grant that still stands, and the claims that the grant was asked for: what an
/// access token of that grant may read.
///
/// # Errors
/// The database's.
pub async fn standing_account(
    db: &impl ConnectionTrait,
    token: &TokenUse<'_>,
) -> Result<Option<(accounts::Model, Option<String>)>, DbErr> {
    let statement = hot::statement(db, STANDING_ACCOUNT, token.values());
    let Some(row) = db.query_one_raw(statement).await? else { return Ok(None) };
    let claims = row.try_get_by_index(super::accounts::COLUMNS)?;
    Ok(Some((super::accounts::read(&row, 0)?, claims)))
}

const IS_STANDING: &str = concat!("SELECT 1 FROM grants WHERE ", good!());

/// Whether an access token's grant still stands, and the token was not revoked.
///
/// # Errors
/// The database's.
pub async fn is_standing(db: &impl ConnectionTrait, token: &TokenUse<'_>) -> Result<bool, DbErr> {
    let row = db.query_one_raw(hot::statement(db, IS_STANDING, token.values())).await?;
    Ok(row.is_some())
}

/// Ends all that a client has.
///
/// # Errors
/// The database's.
pub async fn end_of_client(
    db: &impl ConnectionTrait,
    client_id: &str,
    now: i64,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .filter(Column::ClientId.eq(client_id))
        .filter(Column::EndedAt.is_null())
        .exec(db)
        .await
        .map(drop)
}

/// Ends a grant and so its whole family.
///
/// # Errors
/// The database's.
pub async fn end(db: &impl ConnectionTrait, id: Uuid, now: i64) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::EndedAt.is_null());
    update.exec(db).await.map(drop)
}

/// Ends every grant that an account gave a client, codes that wait to be redeemed included; whether
/// there was any.
///
/// # Errors
/// The database's.
pub async fn end_between(
    db: &impl ConnectionTrait,
    (account_id, client_id): (Uuid, &str),
    now: i64,
) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .filter(Column::AccountId.eq(account_id))
        .filter(Column::ClientId.eq(client_id))
        .filter(Column::EndedAt.is_null());
    Ok(update.exec(db).await?.rows_affected > 0)
}

/// Ends every grant of an account.
///
/// # Errors
/// The database's.
pub async fn end_all(db: &impl ConnectionTrait, account_id: Uuid, now: i64) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .filter(Column::AccountId.eq(account_id))
        .filter(Column::EndedAt.is_null());
    update.exec(db).await.map(drop)
}

/// Ends every grant of an account that was not given in this session.
///
/// # Errors
/// The database's.
pub async fn end_others(
    db: &impl ConnectionTrait,
    account_id: Uuid,
    kept_session: Uuid,
    now: i64,
) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now))
        .filter(Column::AccountId.eq(account_id))
        .filter(Column::SessionId.is_null().or(Column::SessionId.ne(kept_session)))
        .filter(Column::EndedAt.is_null());
    update.exec(db).await.map(drop)
}

/// Whether the authorization request has its code already.
///
/// # Errors
/// The database's.
pub async fn is_answered(db: &impl ConnectionTrait, request_id: Uuid) -> Result<bool, DbErr> {
    Ok(Entity::find().filter(Column::RequestId.eq(request_id)).one(db).await?.is_some())
}
