//! `/account`: where a person rules their account. One file for each section, one line for it in
//! [`SECTIONS`]; the routes, the navigation, the first page and the way back from signing in all read
//! that table.

use axum::Router;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::back;
use super::form;
use super::page::FieldProblem;
use super::reply::{Reply, see_other};
use crate::app::{Ctx, Problem, Shared, paths};
use crate::core::Failure;
use crate::core::devices::Device;
use crate::core::sessions::{Owner, Visitor};
use crate::core::words;

mod apps;
mod data;
mod delete;
mod keys;
mod landing;
mod links;
mod log;
mod profile;
mod sessions;

/// A part of the page.
pub struct Section {
    /// Its address, and what the addresses below it begin with.
    pub path: &'static str,
    /// The id of its name, and of the line that says what one finds there.
    pub title: &'static str,
    pub lead: &'static str,
    /// Its address and all below it.
    pub routes: fn() -> Router<Shared>,
}

/// All of them, in the order in which they are shown.
pub const SECTIONS: [&Section; 10] = [
    &profile::SECTION,
    &super::email::SECTION,
    &super::password::SECTION,
    &links::SECTION,
    &sessions::SECTION,
    &apps::SECTION,
    &keys::SECTION,
    &log::SECTION,
    &data::SECTION,
    &delete::SECTION,
];

/// The page and its sections.
pub fn routes() -> Router<Shared> {
    let own = Router::new().route(paths::ACCOUNT, get(landing::show));
    SECTIONS.iter().fold(own, |router, section| router.merge((section.routes)()))
}

/// Whoever is signed in. Who is not is sent to sign in, and from there back to the section.
pub struct Signed {
    pub ctx: Ctx,
    pub visitor: Visitor,
}

impl FromRequestParts<Shared> for Signed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Response> {
        let Ok(ctx) = Ctx::from_request_parts(parts, app).await;
        match app.core.visitor(ctx.session.as_ref(), None, ctx.now).await {
            Ok(Some(visitor)) => Ok(Self { ctx, visitor }),
            Ok(None) => {
                let page = back::page_of(parts.uri.path());
                Err(see_other(&back::entry(paths::SIGN_IN, None, Some(page))))
            }
            Err(fault) => Err(Problem::from(fault).into_response()),
        }
    }
}

impl Signed {
    pub fn owner(&self) -> Owner<'_> {
        self.visitor.owner()
    }

    /// What the forms of a section are bound to, beside the browser (R34).
    pub fn purpose(&self, section: &Section) -> String {
        format!("{} {}", section.path, self.visitor.session_id)
    }

    /// Where whoever has no password to be asked for signs in again, if the last time is too long ago
    /// for what the section does.
    pub fn again(&self, section: &Section, has_password: bool) -> Option<String> {
        let must = !has_password && !self.owner().is_recent(self.ctx.now);
        must.then(|| back::again(section.path))
    }

    /// What stands around a section's own part.
    pub fn desk(&self, reply: &Reply<'_>, section: &Section) -> Desk {
        let link = |section: &&Section| Link {
            path: section.path,
            title: reply.say(section.title),
            lead: reply.say(section.lead),
        };
        Desk {
            here: section.path,
            title: reply.say(section.title),
            lead: reply.say(section.lead),
            links: SECTIONS.iter().map(link).collect(),
            csrf: reply.form_token(&self.purpose(section)),
            notice: None,
            problems: Vec::new(),
        }
    }

    /// Whether a form of that section is one that this browser was shown in this session.
    pub fn check_form(
        &self,
        reply: &Reply<'_>,
        csrf: &str,
        section: &Section,
    ) -> Result<(), FieldProblem> {
        if reply.is_own_form(csrf, &self.purpose(section)) {
            Ok(())
        } else {
            Err(FieldProblem::of_form(reply.say("error-csrf")))
        }
    }
}

/// A section, as others show it.
pub struct Link {
    pub path: &'static str,
    pub title: String,
    pub lead: String,
}

/// What stands around every section's own part.
pub struct Desk {
    pub here: &'static str,
    /// In the reader's language, as all words here.
    pub title: String,
    pub lead: String,
    pub links: Vec<Link>,
    pub csrf: String,
    /// What was just done.
    pub notice: Option<String>,
    pub problems: Vec<FieldProblem>,
}

impl Desk {
    /// Says what was done, by its name in the address; a name that is not the section's own says
    /// nothing.
    pub fn noticing(
        mut self,
        reply: &Reply<'_>,
        what: Option<&str>,
        known: &[(&str, &str)],
    ) -> Self {
        let known = known.iter().find(|(name, _)| Some(*name) == what);
        self.notice = known.map(|(_, id)| reply.say(id));
        self
    }

    pub fn problem(&self, field: &str) -> Option<&str> {
        let found = self.problems.iter().find(|problem| problem.field == field);
        found.map(|problem| problem.message.as_str())
    }

    /// What the page is answered with.
    fn status(&self) -> (StatusCode, Option<u64>) {
        self.problems.first().map_or((StatusCode::OK, None), |first| (first.status, first.wait))
    }
}

/// A page of the account: good, or with what is wrong on it.
pub fn page<P: askama::Template>(
    reply: &Reply<'_>,
    desk: (StatusCode, Option<u64>),
    page: &P,
) -> Response {
    reply.refused(desk.0, desk.1, page)
}

/// Back to a section, which says what was done.
pub fn done(section: &Section, what: &str) -> Response {
    see_other(&format!("{}?what={what}", section.path))
}

/// What went wrong, beside the form.
pub fn beside(reply: &Reply<'_>, failures: Vec<Failure>) -> Result<Vec<FieldProblem>, Problem> {
    failures.into_iter().map(|failure| form::beside(reply, failure)).collect()
}

/// A device in words; that none is known is said, too.
pub fn device(reply: &Reply<'_>, device: Option<Device>) -> String {
    device.map_or_else(
        || reply.say("account-device-unknown"),
        |device| device.words(reply.frame().language),
    )
}

/// Where an address is, as far as anybody knows, and the address.
pub fn place(app: &Shared, ip: &str) -> String {
    let found = app.core.locate(ip);
    let parts = [found.city, found.country].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let parts = [parts, ip.to_owned()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// A moment in words.
pub fn moment(reply: &Reply<'_>, at: i64) -> String {
    words::moment(reply.frame().language, at)
}
