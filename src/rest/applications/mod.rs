//! Dialect C: the registry of applications, which are OAuth clients that somebody owns.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use uuid::Uuid;

use super::Dialect;
use super::asked::{Asked, Known};
use super::fields::Fields;
use super::reply::json;
use super::routes::{Routes, route};
use super::wrong::{Why, Wrong};
use crate::app::Shared;
use crate::core::Refusal;
use crate::core::callers::Caller;
use crate::core::roles::Permission;

mod cells;
mod csv;
mod error;
mod query;
mod wire;
mod xlsx;

use query::Query;
use wire::{
    BulkCreate, BulkCreated, BulkDelete, BulkDeleted, Change, Create, Deleted, Done, Made, Many,
    NotCreated, One, Paged, Pagination, Shown,
};

pub const DIALECT: Dialect = Dialect {
    name: "applications",
    under: &["/api/authentication"],
    routes,
    pages: Routes::default,
    say: error::say,
    invalid: 400,
};

/// Items of one bulk request.
const MOST: usize = 100;

fn routes() -> Routes {
    Routes::default()
        .route(route!(list))
        .route(route!(create))
        .route(route!(bulk_create))
        .route(route!(bulk_delete))
        .route(route!(export))
        .route(route!(read))
        .route(route!(change))
        .route(route!(delete))
}

type Id = Result<Path<String>, PathRejection>;

/// The application that the path names. What is no UUID as we write them names none.
fn named(id: Id) -> Result<Uuid, Wrong> {
    let id = id.ok().and_then(|Path(id)| known(&id));
    id.ok_or_else(|| Refusal::Unknown.into())
}

fn known(id: &str) -> Option<Uuid> {
    Uuid::parse_str(id).ok().filter(|parsed| parsed.to_string() == id)
}

/// A page of the applications that the caller reaches.
#[utoipa::path(
    get, path = "/api/authentication",
    params(
        ("page" = Option<u64>, Query, minimum = 1),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 100),
        ("search" = Option<String>, Query, max_length = 255),
        ("sortBy" = inline(Option<query::SortBy>), Query),
        ("sortOrder" = inline(Option<query::SortOrder>), Query),
        ("filter[id]" = Option<Uuid>, Query),
        ("filter[name]" = Option<String>, Query),
        ("filter[isActive]" = Option<bool>, Query),
        ("filter[userId]" = Option<Uuid>, Query),
    ),
    responses(
        (status = 200, body = Many), (status = 400, body = error::Body),
        (status = 401, body = error::Body), (status = 403, body = error::Body),
    ),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
async fn list(
    State(app): State<Shared>,
    Known(caller): Known,
    query: Query,
) -> Result<Response, Wrong> {
    app.core.require(&caller.account, Permission::ReadApplications)?;
    let (filter, paging) = query.listing()?;
    let page = app.core.applications(&caller.account, &filter, paging).await?;
    let items: Result<Vec<_>, _> = page.items.iter().map(|item| Shown::of(item, None)).collect();
    let (page_number, limit, total) = (paging.page, paging.limit, page.total);
    let total_pages = total.div_ceil(limit);
    let pagination = Pagination { page: page_number, limit, total, total_pages };
    let body = Paged { items: items?, pagination };
    json(StatusCode::OK, &Done::of(body))
}

/// Registers an application of the caller's own. Its secret is shown this once.
#[utoipa::path(
    post, path = "/api/authentication", request_body = Create,
    responses(
        (status = 201, body = One), (status = 400, body = error::Body),
        (status = 401, body = error::Body), (status = 403, body = error::Body),
        (status = 409, body = error::Body),
    ),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
async fn create(
    State(app): State<Shared>,
    Known(caller): Known,
    asked: Asked,
    fields: Fields,
) -> Result<Response, Wrong> {
    let shown = create_one(&app, &caller, &asked, fields).await?;
    json(StatusCode::CREATED, &Done::of(shown))
}

async fn create_one(
    app: &Shared,
    caller: &Caller,
    asked: &Asked,
    mut fields: Fields,
) -> Result<Shown, Wrong> {
    app.core.require(&caller.account, Permission::CreateApplications)?;
    let wish = wire::wish(&mut fields, true);
    fields.done()?;
    let created = app.core.create_application(&caller.account, wish, &asked.place, asked.now);
    let created = created.await?.map_err(|error| wire::invalid(&error))?;
    Shown::of(&created.application, created.client_secret.as_ref())
}

/// One application.
#[utoipa::path(
    get, path = "/api/authentication/{id}", params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = One), (status = 401, body = error::Body),
        (status = 403, body = error::Body), (status = 404, body = error::Body),
    ),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
async fn read(State(app): State<Shared>, Known(caller): Known, id: Id) -> Result<Response, Wrong> {
    app.core.require(&caller.account, Permission::ReadApplications)?;
    let application = app.core.application(&caller.account, named(id)?).await?;
    json(StatusCode::OK, &Done::of(Shown::of(&application, None)?))
}

/// Changes what the body says, and nothing else. One that is not active is no client any more, and
/// what it was granted ends. A secret that this makes necessary is shown this once.
#[utoipa::path(
    put, path = "/api/authentication/{id}", params(("id" = Uuid, Path)), request_body = Change,
    responses(
        (status = 200, body = One), (status = 400, body = error::Body),
        (status = 401, body = error::Body), (status = 403, body = error::Body),
        (status = 404, body = error::Body), (status = 409, body = error::Body),
    ),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
async fn change(
    State(app): State<Shared>,
    Known(caller): Known,
    asked: Asked,
    id: Id,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    app.core.require(&caller.account, Permission::UpdateApplications)?;
    let id = named(id)?;
    let wish = wire::wish(&mut fields, false);
    fields.done()?;
    let core = &app.core;
    let changed = core.change_application(&caller.account, id, &wish, &asked.place, asked.now);
    let changed = changed.await?.map_err(|error| wire::invalid(&error))?;
    json(
        StatusCode::OK,
        &Done::of(Shown::of(&changed.application, changed.client_secret.as_ref())?),
    )
}

/// Deletes an application without grants that stand.
#[utoipa::path(
    delete, path = "/api/authentication/{id}", params(("id" = Uuid, Path)),
    responses(
        (status = 204), (status = 401, body = error::Body), (status = 403, body = error::Body),
        (status = 404, body = error::Body), (status = 409, body = error::Body),
    ),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
async fn delete(
    State(app): State<Shared>,
    Known(caller): Known,
    asked: Asked,
    id: Id,
) -> Result<Response, Wrong> {
    app.core.require(&caller.account, Permission::DeleteApplications)?;
    let id = named(id)?;
    app.core.delete_application(&caller.account, id, &asked.place, asked.now).await?;
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((StatusCode::NO_CONTENT, [no_store]).into_response())
}

/// The list of a bulk request.
fn items(fields: &mut Fields, name: &'static str) -> Vec<Value> {
    match fields.any(name) {
        Value::Null => Vec::new(),
        Value::Array(items) if (1..=MOST).contains(&items.len()) => items,
        _ => {
            fields.wrong(name, Why::Words("api-c-bulk"));
            Vec::new()
        }
    }
}

/// Registers up to 100 applications, each on its own; those that could not be are named.
#[utoipa::path(
    post, path = "/api/authentication/bulk", request_body = BulkCreate,
    responses(
        (status = 201, body = BulkCreated), (status = 400, body = error::Body),
        (status = 401, body = error::Body), (status = 403, body = error::Body),
    ),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
async fn bulk_create(
    State(app): State<Shared>,
    Known(caller): Known,
    asked: Asked,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    app.core.require(&caller.account, Permission::CreateApplications)?;
    let items = items(&mut fields, "items");
    fields.done()?;
    let mut made = Made::default();
    for item in items {
        let outcome = match &item {
            Value::Object(members) => {
                create_one(&app, &caller, &asked, Fields::of(members.clone())).await
            }
            _ => Err(Wrong::Malformed),
        };
        match outcome {
            Ok(shown) => made.created.push(shown),
            Err(wrong) => {
                let error = error::in_a_line(&wrong, &asked.telling);
                made.failed.push(NotCreated { item, error });
            }
        }
    }
    Ok(asked.telling.mark(json(StatusCode::CREATED, &Done::of(made))?))
}

/// Deletes up to 100 applications, each on its own; those that could not be are named.
#[utoipa::path(
    delete, path = "/api/authentication/bulk", request_body = BulkDelete,
    responses(
        (status = 200, body = BulkDeleted), (status = 400, body = error::Body),
        (status = 401, body = error::Body), (status = 403, body = error::Body),
    ),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
async fn bulk_delete(
    State(app): State<Shared>,
    Known(caller): Known,
    asked: Asked,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    app.core.require(&caller.account, Permission::DeleteApplications)?;
    let ids = items(&mut fields, "ids");
    let mut texts: Vec<String> = Vec::new();
    for id in ids {
        match id {
            // Named twice is named.
            Value::String(id) if texts.contains(&id) => {}
            Value::String(id) => texts.push(id),
            _ => {
                fields.wrong("ids", Why::NotText);
                break;
            }
        }
    }
    fields.done()?;
    let mut done = Deleted::default();
    for text in texts {
        let outcome = match known(&text) {
            Some(id) => {
                let core = &app.core;
                let outcome = core.delete_application(&caller.account, id, &asked.place, asked.now);
                outcome.await.map_err(Wrong::from)
            }
            None => Err(Refusal::Unknown.into()),
        };
        match outcome {
            Ok(()) => done.deleted.push(text),
            Err(wrong) => {
                error::note(&wrong);
                done.failed.push(text);
            }
        }
    }
    json(StatusCode::OK, &Done::of(done))
}

/// All applications that the caller reaches, as a table.
#[utoipa::path(
    get, path = "/api/authentication/export",
    params(
        ("format" = inline(Option<query::Format>), Query),
        ("search" = Option<String>, Query, max_length = 255),
        ("filter[id]" = Option<Uuid>, Query),
        ("filter[name]" = Option<String>, Query),
        ("filter[isActive]" = Option<bool>, Query),
        ("filter[userId]" = Option<Uuid>, Query),
    ),
    responses(
        (status = 200, content((String = "text/csv"), (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        (status = 400, body = error::Body), (status = 401, body = error::Body),
        (status = 403, body = error::Body),
    ),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
async fn export(
    State(app): State<Shared>,
    Known(caller): Known,
    asked: Asked,
    query: Query,
) -> Result<Response, Wrong> {
    app.core.require(&caller.account, Permission::ReadApplications)?;
    let (filter, format) = query.export()?;
    let mut all = app.core.export_applications(&caller.account, &filter)?;
    // The first of them before the answer begins: what fails at once is still told as it should be.
    let first = app.core.export_more(&mut all).await?;
    let (body, media_type) = match format {
        query::Format::Csv => (csv::body(app, all, first), csv::MEDIA_TYPE),
        query::Format::Xlsx => (xlsx::body(app, all, first), xlsx::MEDIA_TYPE),
    };
    let name = cells::file_name(asked.now, format.ending());
    let disposition = HeaderValue::from_str(&name).map_err(|_| Wrong::Broken)?;
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
