//! `/consent`: who asks, for what, and the person's answer.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::form::{Address, Fields};
use super::home::person;
use super::page::{Consent, Share};
use super::reply::{Reply, see_other};
use crate::app::{Ctx, Problem, Shared, answer, paths};
use crate::core::claims;
use crate::core::flow::{Flow, Next, Progress, Step};
use crate::core::words;

pub async fn show(
    State(app): State<Shared>,
    ctx: Ctx,
    address: Address,
) -> Result<Response, Problem> {
    let sealed = address.flow.unwrap_or_default();
    let (flow, client) = app.core.open_flow(&sealed, ctx.now).await?;
    let visitor = app.core.visitor(ctx.session.as_ref(), Some(&client.id), ctx.now).await?;
    let asked = flow.next(&client, visitor.as_ref(), ctx.now) == Next::Ask(Step::Consent);
    let Some(visitor) = visitor.filter(|_| asked) else {
        // Not this page's turn: the person signed out, or has consented in another window.
        return Ok(see_other(&paths::with_flow(paths::CONTINUE, &sealed)));
    };
    let reply = Reply::of_flow(&app, &ctx, Some(&flow));
    let wanted = flow.wanted();
    let of_scope = wanted.iter().map(|scope| Share {
        scope: scope.to_owned(),
        title: title(&reply, scope),
        values: claims::examples(&visitor.account, scope),
    });
    // Claims asked for one by one, under the words of the scope that they would come with.
    let beyond = flow.claims.beyond(&wanted);
    let of_claims = claims::BY_SCOPE.iter().filter_map(|(scope, names)| {
        let asked: Vec<&str> = names.iter().copied().filter(|name| beyond.contains(name)).collect();
        (!asked.is_empty()).then(|| Share {
            scope: (*scope).to_owned(),
            title: title(&reply, scope),
            values: claims::values(&visitor.account, &asked),
        })
    });
    let shares: Vec<Share> = of_scope.chain(of_claims).collect();
    let page = Consent {
        frame: reply.frame(),
        app: reply.app_card(&client, &flow),
        csrf: reply.form_token(&purpose(&flow.id, &visitor.session_id)),
        flow: sealed,
        person: person(&visitor.account),
        shares,
        offline: wanted.has("offline_access"),
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
    match fields.action.as_str() {
        "deny" => return deny(&app, &flow, ctx.now).await,
        "other" => {
            let page = paths::with_flow(paths::SIGN_IN, &sealed);
            return Ok(see_other(&format!("{page}&account=other")));
        }
        _ => {}
    }
    let visitor = app.core.visitor(ctx.session.as_ref(), Some(&client.id), ctx.now).await?;
    let reply = Reply::of_flow(&app, &ctx, Some(&flow));
    let is_own = visitor.is_some_and(|visitor| {
        reply.is_own_form(&fields.csrf, &purpose(&flow.id, &visitor.session_id))
    });
    if fields.action != "allow" || !is_own {
        // Nothing is allowed by a form that we did not show to this very session.
        return Ok(see_other(&paths::with_flow(paths::CONTINUE, &sealed)));
    }
    let progress = app.core.allow(&flow, &client, ctx.session.as_ref(), ctx.now).await?;
    Ok(on(&app, progress))
}

/// The answer to the app, where the person declines.
pub async fn deny(app: &Shared, flow: &Flow, now: i64) -> Result<Response, Problem> {
    Ok(answer::to_app(&app.core.deny(flow, now).await?, app.core.issuer()))
}

/// Where a flow goes from a page of ours.
pub fn on(app: &Shared, progress: Progress) -> Response {
    match progress {
        Progress::Ask { step, sealed } => see_other(&paths::of_step(step, &sealed)),
        Progress::Answer(answer) => answer::to_app(&answer, app.core.issuer()),
    }
}

/// A form allows one request in one session.
fn purpose(flow: &uuid::Uuid, session: &uuid::Uuid) -> String {
    format!("consent {flow} {session}")
}

/// What a scope shares, in words.
pub fn title(reply: &Reply<'_>, scope: &str) -> String {
    if crate::core::scope::STANDARD.contains(&scope) {
        return reply.say(&format!("claim-{scope}"));
    }
    words::say_with(reply.frame().language, "claim-other", &[("scope", scope)])
}
