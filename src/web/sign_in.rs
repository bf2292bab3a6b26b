//! `/sign-in`, with or without an authorization request behind it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::back;
use super::entry::{Entry, NotYet};
use super::form::{self, Address, Fields, OfFlow};
use super::home::person;
use super::page::{FieldProblem, SignIn};
use super::reply::{Reply, see_other};
use super::upstreams;
use crate::app::{Ctx, Problem, Shared, paths};
use crate::core::sessions::{Kind, SignIn as Asked};

const PURPOSE: &str = "sign-in";

pub async fn show(
    State(app): State<Shared>,
    ctx: Ctx,
    address: Address,
) -> Result<Response, Problem> {
    let of_flow = form::open_flow(&app, &ctx, address.flow.as_deref()).await?;
    let client_id = of_flow.as_ref().map(|(_, client)| client.id.as_str());
    let visitor = app.core.visitor(ctx.session.as_ref(), client_id, ctx.now).await?;
    // Where the person asked for another account, or the app means somebody else, whoever is signed
    // in is of no interest.
    let meant = of_flow.as_ref().and_then(|(flow, _)| flow.subject);
    let visitor = visitor.filter(|visitor| {
        address.account.is_none() && meant.is_none_or(|subject| subject == visitor.account.id)
    });
    let next = back::page(address.next.as_deref());
    let again = address.again.is_some();
    if of_flow.is_none() && visitor.is_some() && !again {
        return Ok(see_other(next.unwrap_or(paths::HOME)));
    }
    let hint = of_flow.as_ref().and_then(|(flow, _)| flow.login_hint.clone());
    let person = visitor.as_ref().map(|visitor| person(&visitor.account));
    let email = person.as_ref().map(|person| person.email.clone()).or(hint).unwrap_or_default();
    let reply = Reply::of_flow(&app, &ctx, of_flow.as_ref().map(|(flow, _)| flow));
    let problems = upstreams::problem(&reply, &address).into_iter().collect();
    let next = next.map(str::to_owned);
    let fields = Fields { flow: address.flow, email, next, ..Fields::default() };
    let mut page = draw(&reply, &of_flow, &fields, problems);
    page.again = person.is_some();
    page.person = person;
    if again && of_flow.is_none() {
        page.frame = reply.frame();
        // Asked there, too.
        for door in &mut page.upstreams {
            door.href.push_str("&again=1");
        }
    }
    Ok(reply.page(StatusCode::OK, &page))
}

pub async fn submit(
    State(app): State<Shared>,
    ctx: Ctx,
    fields: Fields,
) -> Result<Response, Problem> {
    let entry = Entry::open(&app, &ctx, fields).await?;
    if let Some(answer) = entry.declined().await? {
        return Ok(answer);
    }
    let outcome = match entry.check_form(PURPOSE) {
        Ok(()) => {
            let identifier = entry.fields.email.as_str();
            let password = entry.fields.password.clone();
            let asked = Asked { identifier, password, kind: Kind::Browser };
            let (browser, place) = (ctx.session.as_ref(), entry.place());
            let signed_in = app.core.sign_in(asked, browser, place, ctx.now).await;
            signed_in.map_err(NotYet::Failure)
        }
        Err(not_yet) => Err(not_yet),
    };
    entry.end(outcome, |problem| draw(&entry.reply, &entry.of_flow, &entry.fields, vec![problem]))
}

fn draw(
    reply: &Reply<'_>,
    of_flow: &OfFlow,
    fields: &Fields,
    problems: Vec<FieldProblem>,
) -> SignIn {
    let next = back::page(fields.next.as_deref());
    SignIn {
        frame: reply.frame_at(back::entry(paths::SIGN_IN, fields.sealed(), next)),
        app: of_flow.as_ref().map(|(flow, client)| reply.app_card(client, flow)),
        flow: fields.flow.clone(),
        next,
        csrf: reply.form_token(PURPOSE),
        email: fields.email.clone(),
        problems,
        again: false,
        person: None,
        upstreams: upstreams::doors(reply, fields.sealed(), next),
    }
}
