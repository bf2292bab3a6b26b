//! Grants: a code is spent, and a refresh token rotated, by one guarded write each.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult,
    IntoActiveModel, QueryFilter,
};
use uuid::Uuid;

use super::entity::{accounts, grants};
use grants::{Column, Entity, Model};

/// Adds a grant with its code.
///
/// # Errors
/// [`super::is_taken`] when the authorization request was answered before.
pub async fn open(db: &impl ConnectionTrait, grant: Model) -> Result<(), DbErr> {
    grant.into_active_model().insert(db).await.map(drop)
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

/// Spends the code and starts its family at generation 1: whoever gets the row has won.
/// Every condition stands in the write itself, so a refused attempt spends nothing.
///
/// # Errors
/// The database's.
pub async fn spend_code(
    db: &impl ConnectionTrait,
    redemption: &Redemption<'_>,
) -> Result<Option<Model>, DbErr> {
    let Redemption { now, idle_since, .. } = *redemption;
    let update = Entity::update_many()
        .col_expr(Column::SpentAt, Expr::value(now))
        .col_expr(Column::Generation, Expr::value(1_i64))
        .filter(Column::CodeDigest.eq(redemption.code_digest.to_vec()))
        .filter(Column::ClientId.eq(redemption.client_id))
        .filter(Column::RedirectUri.eq(redemption.redirect_uri))
        .filter(Column::Challenge.eq(redemption.challenge))
        .filter(Column::SpentAt.is_null())
        .filter(Column::EndedAt.is_null())
        .filter(Column::CodeExpiresAt.gt(now))
        .filter(super::accounts::is_enabled("grants"))
        .filter(super::sessions::is_live("grants", now, idle_since));
    Ok(update.exec_with_returning(db).await?.pop())
}

/// The grant of a code's digest.
///
/// # Errors
/// The database's.
pub async fn by_code(db: &impl ConnectionTrait, digest: &[u8]) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::CodeDigest.eq(digest.to_vec())).one(db).await
}

/// The grant with this id.
///
/// # Errors
/// The database's.
pub async fn by_id(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
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

/// Moves the family to its next generation: whoever gets the row holds the successor.
///
/// # Errors
/// The database's.
pub async fn rotate(
    db: &impl ConnectionTrait,
    rotation: &Rotation<'_>,
) -> Result<Option<Model>, DbErr> {
    let Rotation { now, idle_since, .. } = *rotation;
    let update = Entity::update_many()
        .col_expr(Column::Generation, Expr::value(rotation.generation + 1))
        .col_expr(Column::RotatedAt, Expr::value(now))
        .filter(Column::Id.eq(rotation.grant_id))
        .filter(Column::ClientId.eq(rotation.client_id))
        .filter(Column::Generation.eq(rotation.generation))
        .filter(stands(now, idle_since));
    Ok(update.exec_with_returning(db).await?.pop())
}

/// The grant, if it still stands: for the retry of a token just superseded.
///
/// # Errors
/// The database's.
pub async fn standing(
    db: &impl ConnectionTrait,
    id: Uuid,
    now: i64,
    idle_since: i64,
) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).filter(stands(now, idle_since)).one(db).await
}

/// The account of a grant that still stands: what an access token of that grant may read.
///
/// # Errors
/// The database's.
pub async fn standing_account(
    db: &impl ConnectionTrait,
    id: Uuid,
    now: i64,
    idle_since: i64,
) -> Result<Option<accounts::Model>, DbErr> {
    let mut select = Query::select();
    super::add_columns(&mut select, accounts::Entity, "");
    select
        .from(Entity)
        .inner_join(
            accounts::Entity,
            Expr::col((accounts::Entity, accounts::Column::Id)).equals((Entity, Column::AccountId)),
        )
        .and_where(Expr::col((Entity, Column::Id)).eq(id))
        .cond_where(stands(now, idle_since));
    db.query_one(&select).await?.map(|row| accounts::Model::from_query_result(&row, "")).transpose()
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

/// Redeemed, not ended, not past its absolute end, of an account that may sign in, and with a live
/// session unless the grant is offline.
fn stands(now: i64, idle_since: i64) -> Condition {
    let offline = Expr::col((Entity, Column::Offline)).eq(true);
    Condition::all()
        .add(Expr::col((Entity, Column::SpentAt)).is_not_null())
        .add(Expr::col((Entity, Column::EndedAt)).is_null())
        .add(Expr::col((Entity, Column::ExpiresAt)).gt(now))
        .add(super::accounts::is_enabled("grants"))
        .add(Condition::any().add(offline).add(super::sessions::is_live("grants", now, idle_since)))
}
