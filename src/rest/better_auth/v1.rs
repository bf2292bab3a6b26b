//! The API under `/v1`: one's own profile, everybody's for those who may, and how the server is.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::form::Form;
use super::own::picture;
use super::wire::{Answer, Database, Health, Pagination, Person, UpdateProfile, User, Users};
use super::{beside, error, field};
use crate::app::Shared;
use crate::core::accounts::{Listing, Picture, Profile, Sort};
use crate::rest::asked::{Asked, Known};
use crate::rest::fields::Fields;
use crate::rest::reply::json;
use crate::rest::wrong::Wrong;

/// Names that say what to sort by, in both spellings.
const SORTS: [(&str, Sort); 3] =
    [("createdAt", Sort::Created), ("created_at", Sort::Created), ("email", Sort::Email)];
const ORDERS: [(&str, bool); 2] = [("desc", true), ("asc", false)];
const MOST: u32 = 100;

/// Changes one's name, address or picture; what is not given stays.
#[utoipa::path(
    patch, path = "/v1/user/update",
    request_body(content(
        (UpdateProfile = "multipart/form-data"),
        (UpdateProfile = "application/x-www-form-urlencoded"),
        (UpdateProfile = "application/json"),
    )),
    responses((status = 200, body = Answer<User>), (status = 400, body = error::Body),
        (status = 401, body = error::Body), (status = 403, body = error::Body),
        (status = 409, body = error::Body), (status = 413, body = error::Body),
        (status = 429, body = error::Body)),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
pub async fn update_user(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
    Form { mut fields, file }: Form,
) -> Result<Response, Wrong> {
    let picture = match file {
        Some(bytes) => Some(Picture::File(bytes)),
        None => picture(&mut fields),
    };
    let (name, email) = (fields.optional_text("name"), fields.optional_text("email"));
    let profile = Profile { name, email, picture };
    for refusal in profile.check() {
        fields.refuse(field(&refusal, "image").unwrap_or("image"), refusal);
    }
    fields.done()?;
    let changed = app.core.change_profile(&caller, profile, &asked.place, asked.now).await;
    let account = changed.map_err(beside("image"))?;
    json(StatusCode::OK, &Answer::of(User::of(&app, &account, asked.now).await))
}

/// Everybody's accounts, for who may read them.
#[utoipa::path(
    get, path = "/v1/users",
    params(
        ("limit" = Option<u32>, Query, description = "1 to 100; 50 without"),
        ("offset" = Option<u32>, Query, description = "So many come before"),
        ("sort" = Option<String>, Query, description = "`createdAt` or `email`"),
        ("order" = Option<String>, Query, description = "`desc` or `asc`"),
        ("id" = Option<uuid::Uuid>, Query, description = "The one account with this id"),
        ("email" = Option<String>, Query, description = "The one account with this address"),
        ("username" = Option<String>, Query, description = "The one account with this username"),
        ("emailVerified" = Option<bool>, Query, description = "Whose address is proven, or not"),
        ("isActive" = Option<bool>, Query, description = "Who may sign in, or not"),
    ),
    responses((status = 200, body = Answer<Users>), (status = 400, body = error::Body),
        (status = 401, body = error::Body), (status = 403, body = error::Body)),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
pub async fn list_users(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
    RawQuery(query): RawQuery,
) -> Result<Response, Wrong> {
    let mut fields = Fields::of_query(query.as_deref())?;
    let listing = Listing {
        id: fields.optional_id("id"),
        email: fields.optional_text("email"),
        username: fields.optional_text("username"),
        email_verified: fields.either(["emailVerified", "email_verified"], Fields::flag),
        is_active: fields.either(["isActive", "is_active"], Fields::flag),
        sort: fields.one_of("sort", &SORTS).unwrap_or_default(),
        descending: fields.one_of("order", &ORDERS).unwrap_or(true),
        limit: fields.number("limit", 1..=MOST).unwrap_or(50),
        offset: fields.number("offset", 0..=u32::MAX).unwrap_or_default(),
    };
    fields.refuse_the_rest();
    fields.done()?;
    let (limit, offset) = (listing.limit, listing.offset);
    let (accounts, total) = app.core.list_accounts(&caller.account, listing).await?;
    let mut items = Vec::with_capacity(accounts.len());
    for account in &accounts {
        items.push(Person::of(&app, account, asked.now).await);
    }
    let pagination = Pagination { limit, offset, total };
    json(StatusCode::OK, &Answer::of(Users { items, pagination }))
}

/// Whether the server can do its work.
#[utoipa::path(
    get, path = "/v1/health",
    responses((status = 200, body = Answer<Health>), (status = 503, body = Answer<Health>))
)]
pub async fn health(State(app): State<Shared>, asked: Asked) -> Result<Response, Wrong> {
    let ok = app.core.is_ready().await && !app.is_stopping();
    let error = (!ok).then(|| asked.telling.say("api-a-database-away"));
    let (status, word) =
        if ok { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "degraded") };
    let response = json(status, &Answer::of(Health { status: word, db: Database { ok, error } }))?;
    Ok(if ok { response } else { asked.telling.mark(response) })
}
