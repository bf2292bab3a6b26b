//! `/select-account`: go on as who is signed in here, or as somebody else (`prompt=select_account`).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::consent::{deny, on};
use super::form::{Address, Fields};
use super::home::person;
use super::page::Select;
use super::reply::{Reply, see_other};
use crate::app::{Ctx, Problem, Shared, paths};
use crate::core::flow::{Next, Step};

const PURPOSE: &str = "select-account";

pub async fn show(
    State(app): State<Shared>,
    ctx: Ctx,
    address: Address,
) -> Result<Response, Problem> {
    let sealed = address.flow.unwrap_or_default();
    let (flow, client) = app.core.open_flow(&sealed, ctx.now).await?;
    let visitor = app.core.visitor(ctx.session.as_ref(), Some(&client.id), ctx.now).await?;
    let asked = flow.next(&client, visitor.as_ref(), ctx.now) == Next::Ask(Step::Select);
    let Some(visitor) = visitor.filter(|_| asked) else {
        return Ok(see_other(&paths::with_flow(paths::CONTINUE, &sealed)));
    };
    let reply = Reply::of_flow(&app, &ctx, Some(&flow));
    let page = Select {
        frame: reply.frame(),
        app: reply.app_card(&client, &flow),
        csrf: reply.form_token(PURPOSE),
        flow: sealed,
        person: person(&visitor.account),
    };
    Ok(reply.page(StatusCode::OK, &page))
}

pub async fn submit(
    State(app): State<Shared>,
    ctx: Ctx,
    fields: Fields,
) -> Result<Response, Problem> {
    let sealed = fields.flow.clone().unwrap_or_default();
    let (flow, client) = app.core.open_flow(&sealed, ctx.now).await?;
    let is_own = Reply::of_flow(&app, &ctx, Some(&flow)).is_own_form(&fields.csrf, PURPOSE);
    match fields.action.as_str() {
        "deny" => deny(&app, &flow, ctx.now).await,
        "continue" if is_own => {
            let browser = ctx.session.as_ref();
            Ok(on(&app, app.core.choose(&flow, &client, browser, ctx.now).await?))
        }
        "other" => {
            let page = paths::with_flow(paths::SIGN_IN, &sealed);
            Ok(see_other(&format!("{page}&account=other")))
        }
        // Asked again, with a form of our own.
        _ => Ok(see_other(&paths::with_flow(paths::CONTINUE, &sealed))),
    }
}
