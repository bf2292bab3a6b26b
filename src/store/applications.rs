//! Clients as their owners see them: changed and deleted by guarded writes, listed and searched by an
//! index, however many there are.

use std::fmt::Write as _;

use sea_orm::sea_query::{Expr, Value};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement,
};
use uuid::Uuid;

use super::entity::clients::{Column, Entity, Model};
use super::grants;

/// The one with that id, of that owner, if one is named.
///
/// # Errors
/// The database's.
pub async fn find(
    db: &impl ConnectionTrait,
    client_id: &str,
    owner: Option<Uuid>,
) -> Result<Option<Model>, DbErr> {
    let found = Entity::find_by_id(client_id);
    match owner {
        Some(owner) => found.filter(Column::OwnerId.eq(owner)).one(db).await,
        None => found.one(db).await,
    }
}

/// Writes what is said of a client, unless it is not what it was any more; false then.
///
/// # Errors
/// [`super::is_taken`] when the owner has another client of that name.
pub async fn change(db: &impl ConnectionTrait, client: &Model, was: &Model) -> Result<bool, DbErr> {
    let same_owner = match was.owner_id {
        Some(owner) => Column::OwnerId.eq(owner),
        None => Column::OwnerId.is_null(),
    };
    let same_description = match &was.description {
        Some(description) => Column::Description.eq(description),
        None => Column::Description.is_null(),
    };
    let updated = Entity::update_many()
        .col_expr(Column::Metadata, Expr::value(client.metadata.clone()))
        .col_expr(Column::SecretDigest, Expr::value(client.secret_digest.clone()))
        .col_expr(Column::SealedSecret, Expr::value(client.sealed_secret.clone()))
        .col_expr(Column::Name, Expr::value(client.name.clone()))
        .col_expr(Column::NameKey, Expr::value(client.name_key.clone()))
        .col_expr(Column::Description, Expr::value(client.description.clone()))
        .col_expr(Column::Search, Expr::value(client.search.clone()))
        .col_expr(Column::UpdatedAt, Expr::value(client.updated_at))
        .filter(Column::ClientId.eq(&client.client_id))
        .filter(same_owner)
        .filter(same_description)
        .filter(Column::Name.eq(&was.name))
        .filter(Column::Metadata.eq(&was.metadata))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Deletes a client, of that owner if one is named, that has no grant that stands; false otherwise.
///
/// # Errors
/// The database's.
pub async fn delete_idle(
    db: &impl ConnectionTrait,
    client_id: &str,
    owner: Option<Uuid>,
    (now, idle_since): (i64, i64),
) -> Result<bool, DbErr> {
    let mut sql =
        format!("DELETE FROM clients WHERE client_id = $3 AND NOT {}", grants::CLIENT_HAS_ONE);
    let mut values: Vec<Value> = vec![now.into(), idle_since.into(), client_id.into()];
    if let Some(owner) = owner {
        sql.push_str(" AND owner_id = $4");
        values.push(owner.into());
    }
    let delete = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(delete).await?.rows_affected() == 1)
}

/// The ids of an account's clients.
///
/// # Errors
/// The database's.
pub async fn of_owner(db: &impl ConnectionTrait, owner: Uuid) -> Result<Vec<String>, DbErr> {
    const IDS: &str = "SELECT client_id FROM clients WHERE owner_id = $1";
    let rows = db.query_all_raw(super::hot::statement(db, IDS, [owner.into()])).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// An account's clients themselves, so many at most, in the order of their ids.
///
/// # Errors
/// The database's.
pub async fn all_of_owner(
    db: &impl ConnectionTrait,
    owner: Uuid,
    most: u64,
) -> Result<Vec<Model>, DbErr> {
    let own = Entity::find().filter(Column::OwnerId.eq(owner));
    own.order_by_asc(Column::ClientId).limit(most).all(db).await
}

/// Which clients.
#[derive(Clone, Debug, Default)]
pub struct Narrow {
    pub owner: Option<Uuid>,
    pub client_id: Option<String>,
    /// The whole name, as it compares.
    pub name_key: Option<String>,
    /// A part of what is searched, as it compares.
    pub search: Option<String>,
    pub active: Option<bool>,
}

/// What they are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    CreatedAt,
    UpdatedAt,
    Name,
}

impl Sort {
    const fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::Name => "name_key",
        }
    }
}

/// Trigrams are as many characters as that; what is shorter has none.
const TRIGRAM: usize = 3;

/// A condition, and the values that it names.
struct Condition {
    backend: DbBackend,
    sql: String,
    values: Vec<Value>,
}

impl Condition {
    fn of(backend: DbBackend, narrow: &Narrow) -> Self {
        let mut condition = Self { backend, sql: "1 = 1".to_owned(), values: Vec::new() };
        if let Some(owner) = narrow.owner {
            condition.and("owner_id = ?", [owner.into()]);
        }
        if let Some(id) = &narrow.client_id {
            condition.and("client_id = ?", [id.as_str().into()]);
        }
        if let Some(name) = &narrow.name_key {
            condition.and("name_key = ?", [name.as_str().into()]);
        }
        if let Some(search) = &narrow.search {
            condition.search(search);
        }
        match narrow.active {
            Some(true) => condition.and("disabled_at IS NULL", []),
            Some(false) => condition.and("disabled_at IS NOT NULL", []),
            None => {}
        }
        condition
    }

    /// Adds one more; each `?` in it is the next value.
    fn and<const N: usize>(&mut self, sql: &str, values: [Value; N]) {
        self.sql.push_str(" AND ");
        let mut parts = sql.split('?');
        self.sql.push_str(parts.next().unwrap_or_default());
        for (part, value) in parts.zip(values) {
            self.values.push(value);
            // Writing to a string does not fail.
            write!(self.sql, "${}{part}", self.values.len()).ok();
        }
    }

    fn search(&mut self, part: &str) {
        if part.chars().count() < TRIGRAM {
            // What a name begins with is a range of the names.
            let end = format!("{part}{}", char::MAX);
            return self.and("name_key >= ? AND name_key < ?", [part.into(), end.into()]);
        }
        if self.backend == DbBackend::Postgres {
            let mut pattern = String::from("%");
            for letter in part.chars() {
                if matches!(letter, '%' | '_' | '\\') {
                    pattern.push('\\');
                }
                pattern.push(letter);
            }
            pattern.push('%');
            return self.and("search LIKE ?", [pattern.into()]);
        }
        // A phrase of FTS5's language (<https://www.sqlite.org/fts5.html> §3.1): all of it is text.
        let phrase = format!("\"{}\"", part.replace('"', "\"\""));
        self.and(
            "client_id IN (SELECT t.client_id FROM client_trigrams \
             JOIN client_texts t ON t.id = client_trigrams.rowid WHERE client_trigrams MATCH ?)",
            [phrase.into()],
        );
    }

    fn statement(self, sql: impl FnOnce(&str) -> String) -> Statement {
        Statement::from_sql_and_values(self.backend, sql(&self.sql), self.values)
    }
}

/// How many there are.
///
/// # Errors
/// The database's.
pub async fn count(db: &impl ConnectionTrait, narrow: &Narrow) -> Result<u64, DbErr> {
    let row = db.query_one_raw(counting(db.get_database_backend(), narrow)).await?;
    let count: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
    Ok(count.unsigned_abs())
}

/// The statement of [`count`], for whoever wants to know how the database does it.
#[must_use]
pub fn counting(backend: DbBackend, narrow: &Narrow) -> Statement {
    Condition::of(backend, narrow)
        .statement(|condition| format!("SELECT count(*) FROM clients WHERE {condition}"))
}

/// A page of them.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub sort: Sort,
    pub descending: bool,
    pub skip: u64,
    pub take: u64,
}

/// The clients of a page, in order.
///
/// # Errors
/// The database's.
pub async fn page(
    db: &impl ConnectionTrait,
    narrow: &Narrow,
    window: Window,
) -> Result<Vec<Model>, DbErr> {
    let statement = paging(db.get_database_backend(), narrow, window);
    Entity::find().from_raw_sql(statement).all(db).await
}

/// The statement of [`page`]: which rows they are, an index alone tells; they only are read.
#[must_use]
pub fn paging(backend: DbBackend, narrow: &Narrow, window: Window) -> Statement {
    let Window { sort, descending, skip, take } = window;
    let direction = if descending { "DESC" } else { "ASC" };
    let order = format!("ORDER BY {0} {direction}, client_id {direction}", sort.column());
    let mut condition = Condition::of(backend, narrow);
    let bounded = |number: u64| Value::from(i64::try_from(number).unwrap_or(i64::MAX));
    condition.values.extend([bounded(take), bounded(skip)]);
    let last = condition.values.len();
    condition.statement(|condition| {
        format!(
            "SELECT * FROM clients WHERE client_id IN (SELECT client_id FROM clients \
             WHERE {condition} {order} LIMIT ${} OFFSET ${last}) {order}",
            last - 1
        )
    })
}

/// The next ones after that time and id, oldest first: all can be read so, page by page, while others
/// come and go.
///
/// # Errors
/// The database's.
pub async fn after(
    db: &impl ConnectionTrait,
    narrow: &Narrow,
    (created_at, client_id): (i64, &str),
    most: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut condition = Condition::of(db.get_database_backend(), narrow);
    let values = [created_at.into(), client_id.into()];
    condition.and("(created_at, client_id) > (?, ?)", values);
    let statement = condition.statement(|condition| {
        format!(
            "SELECT * FROM clients WHERE {condition} ORDER BY created_at, client_id LIMIT {most}"
        )
    });
    Entity::find().from_raw_sql(statement).all(db).await
}

/// Whether searching takes longer the more clients there are: a PostgreSQL without the extension
/// `pg_trgm` has no index for it.
///
/// # Errors
/// The database's.
pub async fn lacks_index(db: &impl ConnectionTrait) -> Result<bool, DbErr> {
    const LOOK: &str = "SELECT 1 FROM pg_indexes WHERE schemaname = current_schema() \
        AND indexname = 'clients_search'";
    if db.get_database_backend() != DbBackend::Postgres {
        return Ok(false);
    }
    Ok(db.query_one_raw(super::hot::statement(db, LOOK, [])).await?.is_none())
}
