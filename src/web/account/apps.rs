//! `/account/apps`: the apps that the person has let in, what each may see, and taking it back.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::{Desk, Section, Signed, done, moment, page};
use crate::app::{Problem, Shared, paths};
use crate::core::access::Access;
use crate::core::claims_request::scope_of;
use crate::web::consent::title;
use crate::web::form::{Address, Sent};
use crate::web::page::{Frame, initial};
use crate::web::reply::Reply;

pub const SECTION: Section =
    Section { path: paths::ACCOUNT_APPS, title: "apps-title", lead: "apps-lead", routes };

fn routes() -> Router<Shared> {
    Router::new().route(paths::ACCOUNT_APPS, get(show).post(submit))
}

const DONE: [(&str, &str); 1] = [("revoked", "apps-revoked")];

#[derive(Template)]
#[template(path = "account/apps.html")]
struct View {
    frame: Frame,
    desk: Desk,
    apps: Vec<Shown>,
}

struct Shown {
    id: String,
    name: String,
    /// A URL of our own origin.
    logo: Option<String>,
    /// What it may see and do, in words.
    shares: Vec<String>,
    since: String,
    used: Option<String>,
}

impl Shown {
    fn of(reply: &Reply<'_>, access: Access) -> Self {
        let mut shares: Vec<String> = Vec::new();
        for value in access.scope.iter() {
            // A single claim is told in the words of the scope that it would come with.
            let scope = value.strip_prefix('"').and_then(scope_of).unwrap_or(value);
            let words = title(reply, scope);
            if !shares.contains(&words) {
                shares.push(words);
            }
        }
        let language = reply.frame().language.tag();
        let client = access.client.as_deref();
        let has_logo = client.is_some_and(|client| client.metadata.logo_uri.is_some());
        Self {
            name: client.map_or(access.client_id.as_str(), |it| it.name_in(language)).to_owned(),
            logo: has_logo.then(|| paths::logo_of(&access.client_id)),
            shares,
            since: moment(reply, access.since),
            used: access.last_used_at.map(|at| moment(reply, at)),
            id: access.client_id,
        }
    }

    fn initial(&self) -> String {
        initial(&self.name)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    csrf: String,
    app: String,
}

async fn show(
    State(app): State<Shared>,
    signed: Signed,
    address: Address,
) -> Result<Response, Problem> {
    let reply = Reply::new(&app, &signed.ctx);
    let desk = signed.desk(&reply, &SECTION).noticing(&reply, address.what.as_deref(), &DONE);
    draw(&reply, &signed, desk).await
}

async fn submit(
    State(app): State<Shared>,
    signed: Signed,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    let reply = Reply::new(&app, &signed.ctx);
    if let Err(problem) = signed.check_form(&reply, &fields.csrf, &SECTION) {
        let desk = Desk { problems: vec![problem], ..signed.desk(&reply, &SECTION) };
        return draw(&reply, &signed, desk).await;
    }
    app.core.revoke_access(signed.owner(), &fields.app, &reply.place(), signed.ctx.now).await?;
    Ok(done(&SECTION, "revoked"))
}

async fn draw(reply: &Reply<'_>, signed: &Signed, desk: Desk) -> Result<Response, Problem> {
    let known = reply.app.core.accesses(signed.owner(), signed.ctx.now).await?;
    let apps = known.into_iter().map(|access| Shown::of(reply, access)).collect();
    let status = desk.status();
    let frame = reply.frame_at(SECTION.path.to_owned());
    Ok(page(reply, status, &View { frame, desk, apps }))
}
