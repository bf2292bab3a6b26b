//! The page that posts an answer to the app (OAuth 2.0 Form Post Response Mode §2).

use axum::http::StatusCode;
use axum::response::Response;
use url::Url;

use super::page::FormPost;
use super::reply::Reply;
use crate::app::answer::Posted;
use crate::app::{Ctx, Shared, paths};

pub fn draw(app: &Shared, ctx: &Ctx, posted: &Posted) -> Response {
    let reply = Reply::leading_to(app, ctx, [posted.to.as_str()]);
    let host = Url::parse(&posted.to).ok().and_then(|url| url.host_str().map(str::to_owned));
    let page = FormPost {
        // Not to this very address: the request has its answer.
        frame: reply.frame_at(paths::HOME.to_owned()),
        to: posted.to.clone(),
        host: host.unwrap_or_default(),
        fields: posted.fields.clone(),
    };
    reply.page(StatusCode::OK, &page)
}
