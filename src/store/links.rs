//! Accounts elsewhere, found by upstream, issuer and subject.

use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder,
};
use uuid::Uuid;

use super::entity::links::{Column, Entity, Model};
use super::entity::{accounts, sessions};

/// Adds a link.
///
/// # Errors
/// [`super::is_taken`] when that identity has one.
pub async fn add(db: &impl ConnectionTrait, link: Model) -> Result<(), DbErr> {
    link.into_active_model().insert(db).await.map(drop)
}

/// The link of an identity, and whose it is.
///
/// # Errors
/// The database's.
pub async fn by_identity(
    db: &impl ConnectionTrait,
    (upstream, issuer, subject): (&str, &str, &str),
) -> Result<Option<(Model, accounts::Model)>, DbErr> {
    let found = Entity::find()
        .filter(Column::Upstream.eq(upstream))
        .filter(Column::Issuer.eq(issuer))
        .filter(Column::Subject.eq(subject))
        .one(db)
        .await?;
    let Some(link) = found else { return Ok(None) };
    let account = super::accounts::by_id(db, link.account_id).await?;
    Ok(account.map(|account| (link, account)))
}

/// The link by which the person came in whose session's token that is, if one did.
///
/// # Errors
/// The database's.
pub async fn of_session(
    db: &impl ConnectionTrait,
    token_digest: &[u8],
) -> Result<Option<Model>, DbErr> {
    let session = sessions::Entity::find()
        .filter(sessions::Column::TokenDigest.eq(token_digest.to_vec()))
        .filter(sessions::Column::EndedAt.is_null());
    let link = session.one(db).await?.and_then(|session| session.link_id);
    match link {
        Some(id) => Entity::find_by_id(id).one(db).await,
        None => Ok(None),
    }
}

/// An account's links, oldest first.
///
/// # Errors
/// The database's.
pub async fn of_account(db: &impl ConnectionTrait, account_id: Uuid) -> Result<Vec<Model>, DbErr> {
    let own = Entity::find().filter(Column::AccountId.eq(account_id));
    own.order_by_asc(Column::Id).all(db).await
}

/// An account's link with this id.
///
/// # Errors
/// The database's.
pub async fn of_id(
    db: &impl ConnectionTrait,
    account_id: Uuid,
    id: Uuid,
) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).filter(Column::AccountId.eq(account_id)).one(db).await
}

/// Notes that a link was used: what it shows, gives and holds from now on; false when it is gone. Whoever
/// is fetching new tokens for the old ones has lost the turn.
///
/// # Errors
/// The database's.
pub async fn note_use(db: &impl ConnectionTrait, link: &Model) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::Email, Expr::value(link.email.clone()))
        .col_expr(Column::Roles, Expr::value(link.roles.as_str()))
        .col_expr(Column::Tokens, Expr::value(link.tokens.clone()))
        .col_expr(Column::LastUsedAt, Expr::value(link.last_used_at))
        .col_expr(Column::BusyUntil, Expr::value(0))
        .filter(Column::Id.eq(link.id))
        .filter(Column::AccountId.eq(link.account_id));
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Removes an account's link, unless it is the last way in: a password is one, and so is another link
/// to one of these upstreams and issuers. What was removed, if it was. Whoever asks holds the account's
/// row, so that of two at once the second sees what the first left.
///
/// # Errors
/// The database's.
pub async fn remove(
    db: &impl ConnectionTrait,
    account_id: Uuid,
    id: Uuid,
    open: &[(String, String)],
) -> Result<Option<Model>, DbErr> {
    let (owner, other) = (Alias::new("a"), Alias::new("o"));
    let with_password = Query::select()
        .expr(Expr::val(1))
        .from_as(accounts::Entity, owner.clone())
        .and_where(Expr::col((owner.clone(), accounts::Column::Id)).eq(account_id))
        .and_where(Expr::col((owner, accounts::Column::PasswordHash)).is_not_null())
        .to_owned();
    // Without one there is none.
    let mut is_open = Condition::any().add(Expr::val(1).eq(0));
    for (upstream, issuer) in open {
        let is_this = Condition::all()
            .add(Expr::col((other.clone(), Column::Upstream)).eq(upstream.as_str()))
            .add(Expr::col((other.clone(), Column::Issuer)).eq(issuer.as_str()));
        is_open = is_open.add(is_this);
    }
    let with_other = Query::select()
        .expr(Expr::val(1))
        .from_as(Entity, other.clone())
        .and_where(Expr::col((other.clone(), Column::AccountId)).eq(account_id))
        .and_where(Expr::col((other, Column::Id)).ne(id))
        .cond_where(is_open)
        .to_owned();
    let spared = Condition::any().add(Expr::exists(with_password)).add(Expr::exists(with_other));
    let delete = Entity::delete_many()
        .filter(Column::Id.eq(id))
        .filter(Column::AccountId.eq(account_id))
        .filter(spared);
    Ok(delete.exec_with_returning(db).await?.pop())
}

/// Removes every link of an account whose address nobody has proven yet: whoever made it may have been
/// somebody else. What was removed.
///
/// # Errors
/// The database's.
pub async fn drop_unproven(
    db: &impl ConnectionTrait,
    account_id: Uuid,
) -> Result<Vec<Model>, DbErr> {
    let unproven = Query::select()
        .column(accounts::Column::Id)
        .from(accounts::Entity)
        .and_where(accounts::Column::Id.eq(account_id))
        .and_where(accounts::Column::EmailVerified.eq(false))
        .to_owned();
    let delete = Entity::delete_many().filter(Column::AccountId.in_subquery(unproven));
    delete.exec_with_returning(db).await
}

/// Whoever gets the turn fetches new tokens, and nobody else until then; nobody where those that were
/// seen are no longer those that there are.
///
/// # Errors
/// The database's.
pub async fn take_turn(
    db: &impl ConnectionTrait,
    link: &Model,
    until: i64,
    now: i64,
) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::BusyUntil, Expr::value(until))
        .filter(Column::Id.eq(link.id))
        .filter(Column::Tokens.eq(link.tokens.clone()))
        .filter(Column::BusyUntil.lte(now));
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Ends a turn: with new tokens, or with those that there were.
///
/// # Errors
/// The database's.
pub async fn end_turn(
    db: &impl ConnectionTrait,
    id: Uuid,
    until: i64,
    tokens: Option<String>,
) -> Result<(), DbErr> {
    let mut update = Entity::update_many()
        .col_expr(Column::BusyUntil, Expr::value(0))
        .filter(Column::Id.eq(id))
        .filter(Column::BusyUntil.eq(until));
    if let Some(tokens) = tokens {
        update = update.col_expr(Column::Tokens, Expr::value(tokens));
    }
    update.exec(db).await.map(drop)
}
