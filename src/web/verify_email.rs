//! `/verify-email`: where the link of a mail leads. Where the account is signed in, one press confirms
//! the address. Elsewhere nobody knows who made the account, so whoever has the mail sets a password,
//! and what was there before ends.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::done::{self, Deed};
use super::entry::{Entry, NotYet};
use super::form::{self, Address, Fields};
use super::page::{Ask, FieldProblem};
use super::reply::{Reply, see_other};
use crate::app::{Ctx, Problem, Shared, paths};
use crate::core::Secret;
use crate::core::proofs::{Link, Purpose};

const PURPOSE: &str = "verify-email";
pub const SEND: &str = "send-verification";

pub async fn show(
    State(app): State<Shared>,
    ctx: Ctx,
    address: Address,
) -> Result<Response, Problem> {
    let token = address.token.unwrap_or_else(|| Secret::new(""));
    let link = app.core.look_at_link(Purpose::VerifyEmail, &token, ctx.now).await?;
    let (_, flow) = form::open_flow_if_live(&app, &ctx, address.flow).await;
    let reply = Reply::new(&app, &ctx);
    let fields = Fields { flow, token, ..Fields::default() };
    let is_owner = is_owner(&app, &ctx, &link).await?;
    let page = draw(&reply, &fields, (&link, is_owner), Vec::new());
    Ok(reply.page(StatusCode::OK, &page))
}

pub async fn submit(
    State(app): State<Shared>,
    ctx: Ctx,
    fields: Fields,
) -> Result<Response, Problem> {
    let entry = Entry::open_if_live(&app, &ctx, fields).await;
    let (token, purpose) = (&entry.fields.token, Purpose::VerifyEmail);
    let link = app.core.look_at_link(purpose, token, ctx.now).await?;
    let visitor = app.core.visitor(ctx.session.as_ref(), None, ctx.now).await?;
    let owner = visitor.map(|it| it.account).filter(|account| account.id == link.account_id);
    let is_owner = owner.is_some();
    let done = match entry.check_form(PURPOSE) {
        Ok(()) if is_owner => {
            let verified = app.core.verify_email(token, owner.as_ref(), &ctx.place, ctx.now).await;
            verified.map(|()| Deed::Verified).map_err(NotYet::Failure)
        }
        Ok(()) => {
            let (password, place) = (entry.fields.password.clone(), entry.place());
            let set = app.core.set_password_by_link(purpose, token, password, &place, ctx.now);
            set.await.map(|()| Deed::Reset).map_err(NotYet::Failure)
        }
        Err(not_yet) => Err(not_yet),
    };
    let next = done.map(|deed| see_other(&done::address(deed, entry.fields.sealed())));
    entry
        .answer(next, |problem| draw(&entry.reply, &entry.fields, (&link, is_owner), vec![problem]))
}

/// Sends the link again to whoever is signed in.
pub async fn send(
    State(app): State<Shared>,
    ctx: Ctx,
    fields: Fields,
) -> Result<Response, Problem> {
    let reply = Reply::new(&app, &ctx);
    let visitor = app.core.visitor(ctx.session.as_ref(), None, ctx.now).await?;
    let Some(visitor) = visitor.filter(|_| reply.is_own_form(&fields.csrf, SEND)) else {
        return Ok(see_other(paths::HOME));
    };
    app.core.send_verification(&visitor.account, reply.place().language, ctx.now).await?;
    Ok(see_other(&done::address(Deed::VerificationSent, None)))
}

async fn is_owner(app: &Shared, ctx: &Ctx, link: &Link) -> Result<bool, Problem> {
    let visitor = app.core.visitor(ctx.session.as_ref(), None, ctx.now).await?;
    Ok(visitor.is_some_and(|visitor| visitor.account.id == link.account_id))
}

fn draw(
    reply: &Reply<'_>,
    fields: &Fields,
    (link, is_owner): (&Link, bool),
    problems: Vec<FieldProblem>,
) -> Ask {
    let asked = reply.say_with("verify-lead", &[("email", &link.email)]);
    let (lead, button, other) = if is_owner {
        (asked, "verify-button", None)
    } else {
        let sign_in = (paths::SIGN_IN.to_owned(), reply.say("verify-sign-in"));
        let lead = format!("{asked} {}", reply.say("verify-set-lead"));
        (lead, "verify-set-button", Some(sign_in))
    };
    Ask {
        frame: reply.frame_at(form::mailed(paths::VERIFY_EMAIL, fields)),
        desk: None,
        app: None,
        title: reply.say("verify-title"),
        lead,
        action: paths::VERIFY_EMAIL,
        csrf: reply.form_token(PURPOSE),
        flow: fields.flow.clone(),
        token: Some(fields.token.expose().to_owned()),
        username: (!is_owner).then(|| link.email.clone()),
        current: false,
        fresh: !is_owner,
        email: None,
        button: reply.say(button),
        other,
        again: None,
        problems,
    }
}
