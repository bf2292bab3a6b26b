//! `/playground`: a relying party in the browser that signs in at this very server, for whoever wants
//! to see how it works.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::page::Playground;
use super::reply::Reply;
use crate::app::{Ctx, PLAYGROUND, Shared, paths};
use crate::core::scope::Scope;

pub async fn show(State(app): State<Shared>, ctx: Ctx) -> Response {
    let reply = Reply::new(&app, &ctx);
    let page = Playground {
        // Not with the answer in its address: a code is good once, in whatever language.
        frame: reply.frame_at(paths::PLAYGROUND.to_owned()),
        issuer: app.core.issuer().to_owned(),
        client_id: PLAYGROUND.to_owned(),
        scope: Scope::standard().without(&["address", "phone"]).to_string(),
    };
    reply.page(StatusCode::OK, &page)
}
