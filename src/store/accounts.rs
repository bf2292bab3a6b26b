//! Accounts, found by id or by the normalised e-mail address.

use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Func, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QueryResult,
};
use uuid::Uuid;

use super::attempts::Budget;
use super::entity::accounts::{Column, Entity, Model};
use super::hot;

/// Adds an account.
///
/// # Errors
/// [`super::is_taken`] when the e-mail address or username has an account.
pub async fn open(db: &impl ConnectionTrait, account: Model) -> Result<(), DbErr> {
    account.into_active_model().insert(db).await.map(drop)
}

/// The account of a normalised e-mail address.
///
/// # Errors
/// The database's.
pub async fn by_email(db: &impl ConnectionTrait, key: &str) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::EmailKey.eq(key)).one(db).await
}

/// The account of a username, whatever its case.
///
/// # Errors
/// The database's.
pub async fn by_username(db: &impl ConnectionTrait, name: &str) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(is_named(name)).one(db).await
}

/// That an account has this username, in any case.
pub(super) fn is_named(name: &str) -> Expr {
    // The unique index stands on this very expression.
    let own = Expr::expr(Func::lower(Expr::col(Column::Username)));
    own.eq(Func::lower(Expr::val(name)))
}

/// The account with this id.
///
/// # Errors
/// The database's.
pub async fn by_id(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// All accounts, oldest first.
///
/// # Errors
/// The database's.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::Id).all(db).await
}

/// Replaces the password's hash; false when there is no such account.
///
/// # Errors
/// The database's.
pub async fn set_password(
    db: &impl ConnectionTrait,
    id: Uuid,
    hash: &str,
    now: i64,
) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::PasswordHash, Expr::value(hash))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(id));
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Nothing changes, but the row is held until the transaction ends: whoever disables the account or
/// gives it another password comes before, and is seen here, or after, and ends what is made now.
const ADMIT: &str = "\
    UPDATE accounts SET last_sign_in_at = $5 \
    WHERE id = $1 AND disabled_at IS NULL AND password_hash = $2 AND NOT EXISTS \
    (SELECT 1 FROM attempts WHERE name = $3 AND failed >= $4 AND ends_at > $5)";

/// Whether the account may still be given a session for a password that had this hash: it is not
/// disabled, the password is the same, and no lock has fallen since it was tried. If so, that is when
/// it was last signed in to.
///
/// # Errors
/// The database's.
pub async fn admit(
    db: &impl ConnectionTrait,
    (id, hash): (Uuid, &str),
    tried: &Budget,
    now: i64,
) -> Result<bool, DbErr> {
    let values = [id.into(), hash.into(), tried.name.clone().into(), tried.most.into(), now.into()];
    Ok(db.execute_raw(hot::statement(db, ADMIT, values)).await?.rows_affected() == 1)
}

/// As [`admit`], of somebody who has proven who they are elsewhere: the account is not disabled.
///
/// # Errors
/// The database's.
pub async fn hold(db: &impl ConnectionTrait, id: Uuid) -> Result<bool, DbErr> {
    const HOLD: &str =
        "UPDATE accounts SET updated_at = updated_at WHERE id = $1 AND disabled_at IS NULL";
    Ok(db.execute_raw(hot::statement(db, HOLD, [id.into()])).await?.rows_affected() == 1)
}

/// The same, if this address is the account's and proven, too.
///
/// # Errors
/// The database's.
pub async fn hold_proven(
    db: &impl ConnectionTrait,
    id: Uuid,
    email_key: &str,
) -> Result<bool, DbErr> {
    const HOLD: &str = "UPDATE accounts SET updated_at = updated_at \
        WHERE id = $1 AND disabled_at IS NULL AND email_verified AND email_key = $2";
    let values = [id.into(), email_key.into()];
    Ok(db.execute_raw(hot::statement(db, HOLD, values)).await?.rows_affected() == 1)
}

/// Whether another enabled account has this role.
///
/// # Errors
/// The database's.
pub async fn has_other(db: &impl ConnectionTrait, id: Uuid, role: &str) -> Result<bool, DbErr> {
    let other = Entity::find()
        .filter(Column::Id.ne(id))
        .filter(Column::DisabledAt.is_null())
        .filter(Column::Roles.like(format!("%\"{role}\"%")));
    Ok(other.one(db).await?.is_some())
}

/// What an account shows and may do from now on. Whoever asks holds its row.
///
/// # Errors
/// The database's.
pub async fn refresh(
    db: &impl ConnectionTrait,
    id: Uuid,
    (claims, roles): (&str, &str),
    now: i64,
) -> Result<(), DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::Claims, Expr::value(claims))
        .col_expr(Column::Roles, Expr::value(roles))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(id));
    update.exec(db).await.map(drop)
}

/// Notes that the owner of this address has proven it; false when the account has another by now.
///
/// # Errors
/// The database's.
pub async fn prove(
    db: &impl ConnectionTrait,
    id: Uuid,
    email_key: &str,
    now: i64,
) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::EmailVerified, Expr::value(true))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::EmailKey.eq(email_key));
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Gives an account an address that its owner has proven; false when there is no such account.
///
/// # Errors
/// [`super::is_taken`] when another account has the address.
pub async fn change_email(
    db: &impl ConnectionTrait,
    id: Uuid,
    (email, email_key): (&str, &str),
    now: i64,
) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::Email, Expr::value(email))
        .col_expr(Column::EmailKey, Expr::value(email_key))
        .col_expr(Column::EmailVerified, Expr::value(true))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(id));
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Ends all that an account's password opened, and what waits to be proven: sessions, grants,
/// one-time links, known devices. Whoever has the password now begins with nothing else.
///
/// # Errors
/// The database's.
pub async fn cut_off(db: &impl ConnectionTrait, id: Uuid, now: i64) -> Result<(), DbErr> {
    super::sessions::end_all(db, id, now).await?;
    super::grants::end_all(db, id, now).await?;
    super::proofs::void_all(db, id).await?;
    super::devices::forget(db, id, None).await
}

/// Disables an account that is enabled; false when there is none.
///
/// # Errors
/// The database's.
pub async fn disable(db: &impl ConnectionTrait, id: Uuid, now: i64) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::DisabledAt, Expr::value(now))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::DisabledAt.is_null());
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Enables an account that is disabled; false when there is none.
///
/// # Errors
/// The database's.
pub async fn enable(db: &impl ConnectionTrait, id: Uuid, now: i64) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::DisabledAt, Expr::value(None::<i64>))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::DisabledAt.is_not_null());
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Deletes an account and, by its foreign keys, all that belongs to it; what it was, if there was one.
///
/// # Errors
/// The database's.
pub async fn delete(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::delete_by_id(id).exec_with_returning(db).await
}

/// What an account shows as its picture: an address among its claims, or an object of ours.
#[derive(Clone, Debug)]
pub struct Picture {
    /// All of the account's claims, as they are stored.
    pub claims: String,
    pub key: Option<String>,
}

/// Changes what an account shows, if it still shows what it did; false if it does not, or there is no
/// such account.
///
/// # Errors
/// The database's.
pub async fn set_picture(
    db: &impl ConnectionTrait,
    id: Uuid,
    old: Picture,
    new: Picture,
    now: i64,
) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::Claims, Expr::value(new.claims))
        .col_expr(Column::PictureKey, Expr::value(new.key))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::Claims.eq(old.claims))
        .filter(match old.key {
            Some(key) => Column::PictureKey.eq(key),
            None => Column::PictureKey.is_null(),
        });
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// As [`delete`], unless it is the last enabled account that has this role; none where it is, or where
/// there is no such account. Whoever asks counts one more change first, so that of two at once the
/// second sees what the first left.
///
/// # Errors
/// The database's.
pub async fn delete_unless_last(
    db: &impl ConnectionTrait,
    id: Uuid,
    role: &str,
) -> Result<Option<Model>, DbErr> {
    let named = format!("%\"{role}\"%");
    let other = Alias::new("o");
    let others = Query::select()
        .expr(Expr::val(1))
        .from_as(Entity, other.clone())
        .and_where(Expr::col((other.clone(), Column::Id)).ne(id))
        .and_where(Expr::col((other.clone(), Column::DisabledAt)).is_null())
        .and_where(Expr::col((other, Column::Roles)).like(named.as_str()))
        .to_owned();
    let spared = Condition::any()
        .add(Column::DisabledAt.is_not_null())
        .add(Column::Roles.not_like(named.as_str()))
        .add(Expr::exists(others));
    let delete = Entity::delete_many().filter(Column::Id.eq(id)).filter(spared);
    Ok(delete.exec_with_returning(db).await?.pop())
}

/// Replaces all of an account's claims, if they still are what they were; false where they are not, or
/// there is no such account.
///
/// # Errors
/// The database's.
pub async fn set_claims(
    db: &impl ConnectionTrait,
    id: Uuid,
    (old, new): (&str, &str),
    now: i64,
) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::Claims, Expr::value(new))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::Claims.eq(old));
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// What a person says of themselves, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    pub claims: String,
    pub username: Option<String>,
}

/// Replaces all that an account's owner says of themselves, if it still is what it was; false where it
/// is not, or there is no such account.
///
/// # Errors
/// [`super::is_taken`] when another account has the username.
pub async fn set_details(
    db: &impl ConnectionTrait,
    id: Uuid,
    (old, new): (&Details, &Details),
    now: i64,
) -> Result<bool, DbErr> {
    let update = Entity::update_many()
        .col_expr(Column::Claims, Expr::value(new.claims.as_str()))
        .col_expr(Column::Username, Expr::value(new.username.clone()))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::Claims.eq(old.claims.as_str()))
        .filter(match &old.username {
            Some(name) => Column::Username.eq(name.as_str()),
            None => Column::Username.is_null(),
        });
    Ok(update.exec(db).await?.rows_affected == 1)
}

/// Notes when an account was last signed in to.
///
/// # Errors
/// The database's.
pub async fn note_sign_in(db: &impl ConnectionTrait, id: Uuid, now: i64) -> Result<(), DbErr> {
    const NOTE: &str = "UPDATE accounts SET last_sign_in_at = $1 WHERE id = $2";
    db.execute_raw(hot::statement(db, NOTE, [now.into(), id.into()])).await.map(drop)
}

/// An account, and the address that it is about to have.
pub struct Person {
    /// Without the password's hash, which nobody needs who did not ask for it by identifier.
    pub account: Model,
    pub pending_email: Option<String>,
}

/// What [`read`] reads, of the table `a`.
macro_rules! account_columns {
    () => {
        "a.id, a.email, a.email_key, a.email_verified, a.username, a.claims, a.roles, a.disabled_at, \
         a.created_at, a.updated_at, a.last_sign_in_at, a.picture_key"
    };
}

/// The columns of an account.
pub(super) const COLUMNS: usize = 12;

/// The columns of a [`Person`], of the tables `a` and `p`.
macro_rules! person_columns {
    () => {
        concat!($crate::store::accounts::account_columns!(), ", p.email")
    };
}

/// The join that finds the change of address that waits for its proof; `$1` is now.
macro_rules! pending_email {
    () => {
        "LEFT JOIN proofs p ON p.account_id = a.id AND p.purpose = 'change-email' \
         AND p.expires_at > $1"
    };
}

pub(super) use {account_columns, pending_email, person_columns};

impl Person {
    /// Reads one whose columns stand in a row from that place on.
    pub(super) fn read(row: &QueryResult, at: usize) -> Result<Self, DbErr> {
        Ok(Self { account: read(row, at)?, pending_email: row.try_get_by_index(at + COLUMNS)? })
    }
}

const PERSON: &str = concat!(
    "SELECT ",
    person_columns!(),
    " FROM accounts a ",
    pending_email!(),
    " WHERE a.id = $2"
);

/// The person with this id.
///
/// # Errors
/// The database's.
pub async fn person(
    db: &impl ConnectionTrait,
    id: Uuid,
    now: i64,
) -> Result<Option<Person>, DbErr> {
    let found = db.query_one_raw(hot::statement(db, PERSON, [now.into(), id.into()])).await?;
    found.as_ref().map(|row| Person::read(row, 0)).transpose()
}

/// Reads an account whose columns (all but the password's hash) stand in a row from that place on.
pub(super) fn read(row: &QueryResult, at: usize) -> Result<Model, DbErr> {
    Ok(Model {
        id: row.try_get_by_index(at)?,
        email: row.try_get_by_index(at + 1)?,
        email_key: row.try_get_by_index(at + 2)?,
        email_verified: row.try_get_by_index(at + 3)?,
        username: row.try_get_by_index(at + 4)?,
        password_hash: None,
        claims: row.try_get_by_index(at + 5)?,
        roles: row.try_get_by_index(at + 6)?,
        disabled_at: row.try_get_by_index(at + 7)?,
        created_at: row.try_get_by_index(at + 8)?,
        updated_at: row.try_get_by_index(at + 9)?,
        last_sign_in_at: row.try_get_by_index(at + 10)?,
        picture_key: row.try_get_by_index(at + 11)?,
    })
}
