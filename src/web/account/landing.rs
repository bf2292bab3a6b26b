//! `/account`: who is signed in, and the way to each section.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::{Link, SECTIONS, Signed};
use crate::app::{Problem, Shared};
use crate::web::home::person;
use crate::web::page::{Frame, Person};
use crate::web::reply::Reply;
use crate::web::{sign_out, verify_email};

#[derive(Template)]
#[template(path = "account/landing.html")]
struct View {
    frame: Frame,
    person: Person,
    /// The picture is ours to show.
    pictured: bool,
    links: Vec<Link>,
    /// Of the form that signs out.
    csrf: String,
    /// The person's address is not confirmed; with this token it can be asked for.
    unverified: Option<String>,
}

pub async fn show(State(app): State<Shared>, signed: Signed) -> Result<Response, Problem> {
    let reply = Reply::of_sign_out(&app, &signed.ctx, None);
    let account = &signed.visitor.account;
    let page = View {
        frame: reply.frame(),
        person: person(account),
        pictured: account.keeps_picture(),
        links: SECTIONS
            .iter()
            .map(|section| Link {
                path: section.path,
                title: reply.say(section.title),
                lead: reply.say(section.lead),
            })
            .collect(),
        csrf: reply.form_token(sign_out::PURPOSE),
        unverified: (!account.email_verified).then(|| reply.form_token(verify_email::SEND)),
    };
    Ok(reply.page(StatusCode::OK, &page))
}
