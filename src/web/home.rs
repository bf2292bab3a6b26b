//! `/`: what this server is and where to begin.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::page::{Home, Person};
use super::reply::Reply;
use crate::app::{Ctx, Problem, Shared};
use crate::core::accounts::Account;

pub async fn show(State(app): State<Shared>, ctx: Ctx) -> Result<Response, Problem> {
    let visitor = app.core.visitor(ctx.session.as_ref(), None, ctx.now).await?;
    let reply = Reply::of_sign_out(&app, &ctx, None);
    let page = Home {
        frame: reply.frame(),
        person: visitor.as_ref().map(|visitor| person(&visitor.account)),
        playground: app.config.playground_is_on(),
        issuer: app.core.issuer().to_owned(),
        version: env!("CARGO_PKG_VERSION"),
        is_up: app.core.is_up(),
        csrf: reply.form_token(super::sign_out::PURPOSE),
        unverified: visitor
            .filter(|visitor| !visitor.account.email_verified)
            .map(|_| reply.form_token(super::verify_email::SEND)),
    };
    Ok(reply.page(StatusCode::OK, &page))
}

pub fn person(account: &Account) -> Person {
    Person { name: account.claims.name.clone(), email: account.email.clone() }
}
