//! `/email` and `/email/confirm`: a signed-in person changes the e-mail address, and proves the new one
//! by the link that it gets.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::account::{Section, Signed};
use super::done::{self, Deed};
use super::entry::{Entry, NotYet};
use super::form::{self, Address, Fields};
use super::page::{Ask, Done, FieldProblem};
use super::reply::{Reply, see_other};
use crate::app::{Ctx, Problem, Shared, paths};
use crate::core::proofs::Purpose;
use crate::core::sessions::Visitor;
use crate::core::{Failure, Refusal, Secret};

const CONFIRM: &str = "confirm-email";

pub const SECTION: Section =
    Section { path: paths::EMAIL, title: "email-section", lead: "email-section-lead", routes };

fn routes() -> Router<Shared> {
    Router::new()
        .route(paths::EMAIL, get(show).post(submit))
        .route(paths::CONFIRM_EMAIL, get(show_link).post(confirm))
}

async fn show(State(app): State<Shared>, signed: Signed) -> Result<Response, Problem> {
    let reply = Reply::new(&app, &signed.ctx);
    let has_password = app.core.has_password(signed.visitor.account.id).await?;
    Ok(reply.page(StatusCode::OK, &draw(&reply, (&signed, has_password), "", Vec::new())))
}

async fn submit(
    State(app): State<Shared>,
    signed: Signed,
    fields: Fields,
) -> Result<Response, Problem> {
    let ctx = &signed.ctx;
    let entry = Entry::open(&app, ctx, Fields { flow: None, ..fields }).await?;
    let has_password = app.core.has_password(signed.visitor.account.id).await?;
    let asked = match entry.check_form(&signed.purpose(&SECTION)) {
        Ok(()) => {
            let current = has_password.then(|| entry.fields.current.clone());
            let wanted = (current, entry.fields.email.as_str());
            let asked = app.core.ask_email_change(signed.owner(), wanted, entry.place(), ctx.now);
            match asked.await {
                // The page does not say: the mails that went are there.
                Err(Failure::Refused(Refusal::TooManyMails { .. })) => Ok(()),
                asked => asked.map_err(NotYet::Failure),
            }
        }
        Err(not_yet) => Err(not_yet),
    };
    let next = asked.map(|()| see_other(&done::address(Deed::EmailSent, None)));
    let signed = (&signed, has_password);
    entry.answer(next, |problem| draw(&entry.reply, signed, &entry.fields.email, vec![problem]))
}

fn draw(
    reply: &Reply<'_>,
    (signed, has_password): (&Signed, bool),
    typed: &str,
    problems: Vec<FieldProblem>,
) -> Ask {
    let desk = signed.desk(reply, &SECTION);
    let email = &signed.visitor.account.email;
    Ask {
        frame: reply.frame_at(SECTION.path.to_owned()),
        app: None,
        title: reply.say("email-title"),
        lead: reply.say_with("email-lead", &[("email", email)]),
        action: SECTION.path,
        csrf: desk.csrf.clone(),
        desk: Some(desk),
        flow: None,
        token: None,
        username: Some(email.clone()),
        current: has_password,
        fresh: false,
        email: Some((reply.say("new-email-label"), typed.to_owned())),
        button: reply.say("email-button"),
        other: Some((paths::ACCOUNT.to_owned(), reply.say("cancel"))),
        again: signed.again(&SECTION, has_password).map(|href| (reply.say("email-again"), href)),
        problems,
    }
}

async fn show_link(
    State(app): State<Shared>,
    ctx: Ctx,
    address: Address,
) -> Result<Response, Problem> {
    let token = address.token.unwrap_or_else(|| Secret::new(""));
    let link = app.core.look_at_link(Purpose::ChangeEmail, &token, ctx.now).await?;
    let visitor = app.core.visitor(ctx.session.as_ref(), None, ctx.now).await?;
    let reply = Reply::new(&app, &ctx);
    if visitor.is_none_or(|visitor| visitor.account.id != link.account_id) {
        // Whoever gets such a mail unasked must not lend their address to somebody else's account.
        let page = Done {
            frame: reply.frame(),
            app: None,
            title: reply.say("email-confirm-title"),
            lead: reply.say_with("email-confirm-sign-in", &[("email", &link.email)]),
            next: (paths::SIGN_IN.to_owned(), reply.say("sign-in-button")),
        };
        return Ok(reply.page(StatusCode::OK, &page));
    }
    Ok(reply.page(StatusCode::OK, &draw_link(&reply, &token, &link.email, Vec::new())))
}

async fn confirm(State(app): State<Shared>, ctx: Ctx, fields: Fields) -> Result<Response, Problem> {
    let entry = Entry::open(&app, &ctx, Fields { flow: None, ..fields }).await?;
    let token = &entry.fields.token;
    let link = app.core.look_at_link(Purpose::ChangeEmail, token, ctx.now).await?;
    let confirmed = match entry.check_form(CONFIRM) {
        Ok(()) => {
            let visitor = app.core.visitor(ctx.session.as_ref(), None, ctx.now).await?;
            let (owner, place) = (visitor.as_ref().map(Visitor::owner), entry.place());
            let confirmed = app.core.confirm_email_change(token, owner, &place, ctx.now);
            confirmed.await.map_err(NotYet::Failure)
        }
        Err(not_yet) => Err(not_yet),
    };
    let next = confirmed.map(|_| see_other(&done::address(Deed::Email, None)));
    entry.answer(next, |problem| draw_link(&entry.reply, token, &link.email, vec![problem]))
}

fn draw_link(reply: &Reply<'_>, token: &Secret, email: &str, problems: Vec<FieldProblem>) -> Ask {
    let fields = Fields { token: token.clone(), ..Fields::default() };
    Ask {
        frame: reply.frame_at(form::mailed(paths::CONFIRM_EMAIL, &fields)),
        desk: None,
        app: None,
        title: reply.say("email-confirm-title"),
        lead: reply.say_with("email-confirm-lead", &[("email", email)]),
        action: paths::CONFIRM_EMAIL,
        csrf: reply.form_token(CONFIRM),
        flow: None,
        token: Some(token.expose().to_owned()),
        username: None,
        current: false,
        fresh: false,
        email: None,
        button: reply.say("email-confirm-button"),
        other: Some((paths::ACCOUNT.to_owned(), reply.say("cancel"))),
        again: None,
        problems,
    }
}
