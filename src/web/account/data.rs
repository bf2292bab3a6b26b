//! `/account/data`: a copy of all that is held of the person.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;

use super::{Desk, Section, Signed, page};
use crate::app::{Problem, Shared, paths};
use crate::core::Fault;
use crate::web::form::Sent;
use crate::web::page::Frame;
use crate::web::reply::Reply;

pub const SECTION: Section =
    Section { path: paths::ACCOUNT_DATA, title: "data-title", lead: "data-lead", routes };

fn routes() -> Router<Shared> {
    Router::new().route(paths::ACCOUNT_DATA, get(show).post(download))
}

#[derive(Template)]
#[template(path = "account/data.html")]
struct View {
    frame: Frame,
    desk: Desk,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    csrf: String,
}

async fn show(State(app): State<Shared>, signed: Signed) -> Result<Response, Problem> {
    let reply = Reply::new(&app, &signed.ctx);
    let desk = signed.desk(&reply, &SECTION);
    Ok(draw(&reply, desk))
}

fn draw(reply: &Reply<'_>, desk: Desk) -> Response {
    let (status, frame) = (desk.status(), reply.frame_at(SECTION.path.to_owned()));
    page(reply, status, &View { frame, desk })
}

async fn download(
    State(app): State<Shared>,
    signed: Signed,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    let reply = Reply::new(&app, &signed.ctx);
    if let Err(problem) = signed.check_form(&reply, &fields.csrf, &SECTION) {
        let desk = Desk { problems: vec![problem], ..signed.desk(&reply, &SECTION) };
        return Ok(draw(&reply, desk));
    }
    let place = reply.place();
    let export = app.core.export_own_data(signed.owner(), &place, signed.ctx.now).await?;
    let json = serde_json::to_vec_pretty(&export);
    let json = json.map_err(|error| Fault::new("write an export", error))?;
    let mut response = json.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, "application/json"),
        // RFC 6266 §4.1.
        (header::CONTENT_DISPOSITION, "attachment; filename=\"account.json\""),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}
