//! What each page needs to be drawn: one struct per template, plain data, no decisions. Handlers fill
//! them; the templates ask for words through [`Frame`], so no text stands in Rust.

use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;

use super::account::Desk;
use crate::core::language::Language;
use crate::core::words;

/// Whose house this is: from the operator's configuration.
#[derive(Clone, Debug)]
pub struct Brand {
    pub name: String,
    /// A URL of our own origin.
    pub logo: Option<String>,
    /// The operator's `theme.css`, a URL of our own origin.
    pub theme: Option<String>,
}

/// What every page has around it.
#[derive(Clone, Debug)]
pub struct Frame {
    pub language: Language,
    /// The GET URL of this page; the language switch leads back to it.
    pub here: String,
    pub request_id: String,
    pub brand: Arc<Brand>,
}

impl Frame {
    #[must_use]
    pub fn say(&self, id: &str) -> String {
        words::say(self.language, id)
    }

    /// [`Frame::say`] with one place filled; no text on a page needs two.
    #[must_use]
    pub fn say_with(&self, id: &str, argument: &str, value: &str) -> String {
        words::say_with(self.language, id, &[(argument, value)])
    }

    /// The text with its places left open, as `{name}`, for a script to fill.
    #[must_use]
    pub fn pattern(&self, id: &str) -> String {
        let open = ["token", "alg", "kid", "time", "status", "reason", "issuer"];
        let open = open.map(|name| (name, format!("{{{name}}}")));
        let args: Vec<_> = open.iter().map(|(name, place)| (*name, place.as_str())).collect();
        words::say_with(self.language, id, &args)
    }

    /// Which way the language is written.
    #[must_use]
    pub fn dir(&self) -> &'static str {
        match self.language {
            Language::En | Language::Fr => "ltr",
        }
    }

    /// This page in another language.
    #[must_use]
    pub fn here_in(&self, tag: &str) -> String {
        let (path, query) = self.here.split_once('?').unwrap_or((&self.here, ""));
        let kept: String = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("lang="))
            .flat_map(|pair| [pair, "&"])
            .collect();
        format!("{path}?{kept}lang={tag}")
    }
}

/// The app a person comes from and goes back to.
#[derive(Clone, Debug)]
pub struct AppCard {
    pub name: String,
    /// A URL of our own origin or a `data:` URL: the policy loads no other.
    pub logo: Option<String>,
    pub client_uri: Option<String>,
    pub policy_uri: Option<String>,
    pub tos_uri: Option<String>,
    pub redirect_host: String,
    /// Nobody here has looked at it: the pages say so.
    pub self_registered: bool,
}

impl AppCard {
    /// Stands in for a missing logo.
    #[must_use]
    pub fn initial(&self) -> String {
        initial(&self.name)
    }

    /// The app's own pages: the id of the words for each, and its address. Only web addresses, since
    /// an app may have registered itself with any other.
    #[must_use]
    pub fn links(&self) -> Vec<(&'static str, &str)> {
        [
            ("website-link", &self.client_uri),
            ("policy-link", &self.policy_uri),
            ("terms-link", &self.tos_uri),
        ]
        .into_iter()
        .filter_map(|(id, uri)| Some((id, uri.as_deref()?)))
        .filter(|(_, uri)| uri.starts_with("https://") || uri.starts_with("http://"))
        .collect()
    }
}

/// A way to another provider.
#[derive(Clone, Debug)]
pub struct Door {
    pub id: String,
    pub name: String,
    pub href: String,
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct Person {
    pub name: Option<String>,
    pub email: String,
}

impl Person {
    /// The name, or what stands for it.
    #[must_use]
    pub fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.email)
    }

    #[must_use]
    pub fn initial(&self) -> String {
        initial(self.called())
    }
}

/// Something to put right in a form.
#[derive(Clone, Debug)]
pub struct FieldProblem {
    /// `email`, `password`, `name`, or empty for the form as a whole.
    pub field: &'static str,
    /// In the reader's language.
    pub message: String,
    /// What the page is answered with.
    pub status: StatusCode,
    /// Seconds, for `Retry-After`.
    pub wait: Option<u64>,
}

impl FieldProblem {
    /// Something about the form as a whole.
    #[must_use]
    pub fn of_form(message: String) -> Self {
        Self { field: "", message, status: StatusCode::UNPROCESSABLE_ENTITY, wait: None }
    }
}

/// One thing an app would receive.
#[derive(Clone, Debug)]
pub struct Share {
    pub scope: String,
    /// In the reader's language.
    pub title: String,
    /// What it is for this very person, from their account.
    pub values: Vec<String>,
}

#[derive(Template)]
#[template(path = "home.html")]
pub struct Home {
    pub frame: Frame,
    pub person: Option<Person>,
    pub playground: bool,
    pub issuer: String,
    pub version: &'static str,
    /// The database answered when it was last asked.
    pub is_up: bool,
    pub csrf: String,
    /// The person's address is not confirmed; with this token it can be asked for.
    pub unverified: Option<String>,
}

#[derive(Template)]
#[template(path = "sign-in.html")]
pub struct SignIn {
    pub frame: Frame,
    pub app: Option<AppCard>,
    pub flow: Option<String>,
    /// The page of ours to go on to, where there is no flow.
    pub next: Option<&'static str>,
    pub csrf: String,
    pub email: String,
    pub problems: Vec<FieldProblem>,
    /// Somebody is signed in and must enter the password again.
    pub again: bool,
    pub person: Option<Person>,
    pub upstreams: Vec<Door>,
}

impl SignIn {
    /// The field that takes focus: the first one still to fill, or none where a summary of problems
    /// takes it.
    #[must_use]
    pub fn focus(&self) -> &'static str {
        match (self.problems.is_empty(), self.email.is_empty()) {
            (false, _) => "",
            (true, true) => "email",
            (true, false) => "password",
        }
    }

    #[must_use]
    pub fn problem(&self, field: &str) -> Option<&str> {
        problem(&self.problems, field)
    }
}

#[derive(Template)]
#[template(path = "sign-up.html")]
pub struct SignUp {
    pub frame: Frame,
    pub app: Option<AppCard>,
    pub flow: Option<String>,
    /// The page of ours to go on to, where there is no flow.
    pub next: Option<&'static str>,
    pub csrf: String,
    pub name: String,
    pub email: String,
    pub problems: Vec<FieldProblem>,
    pub upstreams: Vec<Door>,
}

impl SignUp {
    #[must_use]
    pub fn problem(&self, field: &str) -> Option<&str> {
        problem(&self.problems, field)
    }
}

#[derive(Template)]
#[template(path = "consent.html")]
pub struct Consent {
    pub frame: Frame,
    pub app: AppCard,
    pub flow: String,
    pub csrf: String,
    pub person: Person,
    pub shares: Vec<Share>,
    /// The app also asks to act while the person is away. A share of scope `offline_access` is not
    /// drawn beside it: this line says it.
    pub offline: bool,
}

#[derive(Template)]
#[template(path = "select.html")]
pub struct Select {
    pub frame: Frame,
    pub app: AppCard,
    pub flow: String,
    pub csrf: String,
    pub person: Person,
}

/// Goes by itself to the app, by a button where there is no script.
#[derive(Template)]
#[template(path = "form-post.html")]
pub struct FormPost {
    pub frame: Frame,
    pub to: String,
    pub host: String,
    pub fields: Vec<(&'static str, String)>,
}

#[derive(Template)]
#[template(path = "sign-out.html")]
pub struct SignOut {
    pub frame: Frame,
    pub person: Option<Person>,
    /// The app that asks, if one does.
    pub app: Option<String>,
    /// Its request, sealed.
    pub logout: Option<String>,
    pub csrf: String,
}

#[derive(Template)]
#[template(path = "signed-out.html")]
pub struct SignedOut {
    pub frame: Frame,
    /// False: nobody was signed in to begin with.
    pub done: bool,
}

/// One question about the way in to an account, with the fields that it needs.
#[derive(Template)]
#[template(path = "ask.html")]
pub struct Ask {
    pub frame: Frame,
    /// What stands around it, where it is a section of the account's page.
    pub desk: Option<Desk>,
    pub app: Option<AppCard>,
    /// In the reader's language, as all words here.
    pub title: String,
    pub lead: String,
    pub action: &'static str,
    pub csrf: String,
    pub flow: Option<String>,
    pub token: Option<String>,
    /// Whose password it is: not shown, but what stores passwords needs it.
    pub username: Option<String>,
    /// A field for the present password.
    pub current: bool,
    /// A field for a new one.
    pub fresh: bool,
    /// A field for an e-mail address: its label, and what was typed.
    pub email: Option<(String, String)>,
    pub button: String,
    /// Another way: href and label.
    pub other: Option<(String, String)>,
    /// The sign-in is too long ago to ask: in words, and where it is done again.
    pub again: Option<(String, String)>,
    pub problems: Vec<FieldProblem>,
}

impl Ask {
    /// The field that takes focus: the first one, or none where a summary of problems takes it.
    #[must_use]
    pub fn focus(&self) -> &'static str {
        if !self.problems.is_empty() {
            ""
        } else if self.current {
            "current"
        } else if self.email.is_some() {
            "email"
        } else if self.fresh {
            "password"
        } else {
            ""
        }
    }

    #[must_use]
    pub fn problem(&self, field: &str) -> Option<&str> {
        problem(&self.problems, field)
    }
}

#[derive(Template)]
#[template(path = "done.html")]
pub struct Done {
    pub frame: Frame,
    pub app: Option<AppCard>,
    pub title: String,
    pub lead: String,
    /// What comes next: href and label.
    pub next: (String, String),
}

#[derive(Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    pub frame: Frame,
    pub status: u16,
    /// The OAuth error code.
    pub code: Option<String>,
    pub title: String,
    /// What went wrong, in the reader's language.
    pub what: String,
    /// What to do next, in the reader's language.
    pub next: String,
    /// Where the next step is: href and label.
    pub link: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "playground.html")]
pub struct Playground {
    pub frame: Frame,
    pub issuer: String,
    pub client_id: String,
    pub scope: String,
}

/// The first letter, which stands in for a missing picture.
pub fn initial(name: &str) -> String {
    name.chars()
        .find(|c| c.is_alphanumeric())
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default()
}

fn problem<'a>(problems: &'a [FieldProblem], field: &str) -> Option<&'a str> {
    problems.iter().find(|problem| problem.field == field).map(|problem| problem.message.as_str())
}
