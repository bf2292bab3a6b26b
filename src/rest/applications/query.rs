//! What a list or an export is asked for in its address.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::Shared;
use crate::core::clients::{Filter, MOST_PER_PAGE, Paging, Sort};
use crate::rest::wrong::{Flaw, Why, Wrong};

/// In characters.
const LONGEST_SEARCH: usize = 255;
/// Items of a page, unless it is said.
const LIMIT: u64 = 10;

/// The parameters of the address.
pub struct Query(Vec<(String, String)>);

impl FromRequestParts<Shared> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

/// What a list is sorted by.
#[derive(ToSchema)]
#[schema(as = applications::SortBy, rename_all = "camelCase")]
#[expect(dead_code, reason = "the description of what `Query` reads")]
pub enum SortBy {
    CreatedAt,
    UpdatedAt,
    Name,
}

#[derive(ToSchema)]
#[schema(as = applications::SortOrder, rename_all = "lowercase")]
#[expect(dead_code, reason = "the description of what `Query` reads")]
pub enum SortOrder {
    Asc,
    Desc,
}

/// The kind of table.
#[derive(Clone, Copy, ToSchema)]
#[schema(as = applications::Format, rename_all = "lowercase")]
pub enum Format {
    Csv,
    Xlsx,
}

impl Format {
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }
}

impl Query {
    /// A page.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn listing(self) -> Result<(Filter, Paging), Wrong> {
        let mut reading = Reading::of(self);
        let number = |text: &str| text.parse().ok().filter(|number| *number >= 1);
        let page = reading.read("page", "api-c-page", number).unwrap_or(1);
        let in_reach = |text: &str| number(text).filter(|number| *number <= MOST_PER_PAGE);
        let limit = reading.read("limit", "api-c-limit", in_reach).unwrap_or(LIMIT);
        let sort = reading.read("sortBy", "api-c-sort", |field| match field {
            "createdAt" | "created_at" => Some(Sort::CreatedAt),
            "updatedAt" | "updated_at" => Some(Sort::UpdatedAt),
            "name" => Some(Sort::Name),
            _ => None,
        });
        let descending = reading.read("sortOrder", "api-c-order", |order| match order {
            "asc" => Some(false),
            "desc" => Some(true),
            _ => None,
        });
        let (sort, descending) = (sort.unwrap_or(Sort::CreatedAt), descending.unwrap_or(true));
        Ok((reading.filter()?, Paging { page, limit, sort, descending }))
    }

    /// All of them.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn export(self) -> Result<(Filter, Format), Wrong> {
        let mut reading = Reading::of(self);
        let format = reading.read("format", "api-c-format", |format| match format {
            "csv" => Some(Format::Csv),
            "xlsx" => Some(Format::Xlsx),
            _ => None,
        });
        Ok((reading.filter()?, format.unwrap_or(Format::Csv)))
    }
}

struct Reading {
    pairs: Vec<(String, String)>,
    flaws: Vec<Flaw>,
}

impl Reading {
    fn of(query: Query) -> Self {
        Self { pairs: query.0, flaws: Vec::new() }
    }

    /// A parameter that may be there, once; `expected` are the words for one that cannot be read.
    fn read<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let mut given = self.pairs.iter().filter(|(given, _)| given == name);
        let (_, value) = given.next()?;
        let value = read(value).filter(|_| given.next().is_none());
        if value.is_none() {
            self.flaws.push(Flaw { field: name.into(), why: Why::Words(expected) });
        }
        value
    }

    /// Only what is listed here can be filtered by: a secret, or another person's field, would be
    /// guessed letter by letter otherwise (R74).
    fn filter(mut self) -> Result<Filter, Wrong> {
        let mut filter = Filter::default();
        let is_text = |text: &&str| {
            text.chars().count() <= LONGEST_SEARCH && !text.chars().any(char::is_control)
        };
        let text = |text: &str| Some(text).filter(is_text).map(str::to_owned);
        filter.search = self.read("search", "api-c-search", text);
        let mut seen: Vec<&'static str> = Vec::new();
        for (name, value) in &self.pairs {
            let Some(field) = name.strip_prefix("filter") else { continue };
            let field = field.strip_prefix('[').and_then(|field| field.strip_suffix(']'));
            let (known, is_good) = match field {
                Some("id" | "clientId" | "client_id") => {
                    filter.id = Uuid::parse_str(value).ok();
                    ("id", filter.id.is_some())
                }
                Some("userId" | "user_id") => {
                    filter.owner_id = Uuid::parse_str(value).ok();
                    ("userId", filter.owner_id.is_some())
                }
                Some("name") => {
                    filter.name = text(value);
                    ("name", filter.name.is_some())
                }
                Some("isActive" | "is_active") => {
                    filter.is_active = value.parse().ok();
                    ("isActive", filter.is_active.is_some())
                }
                _ => ("", false),
            };
            if !is_good || seen.contains(&known) {
                let why = if known.is_empty() { "api-c-filter" } else { "api-c-filter-value" };
                self.flaws.push(Flaw { field: name.clone().into(), why: Why::Words(why) });
            }
            seen.push(known);
        }
        if self.flaws.is_empty() { Ok(filter) } else { Err(Wrong::Invalid(self.flaws)) }
    }
}
