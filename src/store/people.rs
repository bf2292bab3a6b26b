//! Accounts as lists show them: one page at a time, on an index, with how many there are in all.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, Order, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use super::accounts;
use super::entity::accounts::{Column, Entity, Model};

/// What the accounts of a list have in common; what is none is not asked.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub id: Option<Uuid>,
    pub email_key: Option<String>,
    pub username: Option<String>,
    pub email_verified: Option<bool>,
    pub enabled: Option<bool>,
}

/// What a list goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The time at which an account was made, which its id begins with.
    Created,
    Email,
}

/// Which part of a list.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub by: By,
    pub descending: bool,
    pub limit: u64,
    pub offset: u64,
}

/// A page of the accounts that fit.
///
/// # Errors
/// The database's.
pub async fn page(
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: Page,
) -> Result<Vec<Model>, DbErr> {
    let column = match page.by {
        By::Created => Column::Id,
        By::Email => Column::EmailKey,
    };
    let order = if page.descending { Order::Desc } else { Order::Asc };
    fitting(filter).order_by(column, order).limit(page.limit).offset(page.offset).all(db).await
}

/// How many fit.
///
/// # Errors
/// The database's.
pub async fn count(db: &impl ConnectionTrait, filter: &Filter) -> Result<u64, DbErr> {
    fitting(filter).count(db).await
}

fn fitting(filter: &Filter) -> Select<Entity> {
    let enabled = |enabled: bool| {
        if enabled { Column::DisabledAt.is_null() } else { Column::DisabledAt.is_not_null() }
    };
    let conditions = [
        filter.id.map(|id| Column::Id.eq(id)),
        filter.email_key.as_ref().map(|key| Column::EmailKey.eq(key.as_str())),
        filter.username.as_ref().map(|name| accounts::is_named(name)),
        filter.email_verified.map(|verified| Column::EmailVerified.eq(verified)),
        filter.enabled.map(enabled),
    ];
    conditions.into_iter().flatten().fold(Entity::find(), QueryFilter::filter)
}
