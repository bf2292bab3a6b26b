//! How a page leaves the house: its frame, its headers, its cookies.

use std::sync::Arc;

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

use super::page::{AppCard, Brand, Frame};
pub use crate::app::answer::see_other;
use crate::app::{Ctx, Problem, Shared, cookies, paths};
use crate::core::Secret;
use crate::core::clients::Client;
use crate::core::flow::Flow;
use crate::core::language::Language;
use crate::core::sessions::{Place, SignedIn};
use crate::core::words;

/// How long the language that a person chose is remembered, in seconds.
const LANGUAGE_LIFETIME: i64 = 365 * 24 * 60 * 60;

/// Everything a page shares with all others.
pub struct Reply<'a> {
    pub app: &'a Shared,
    pub ctx: &'a Ctx,
    language: Language,
    browser: Secret,
    form_action: Option<String>,
}

impl<'a> Reply<'a> {
    pub fn new(app: &'a Shared, ctx: &'a Ctx) -> Self {
        let browser = ctx.browser.clone().unwrap_or_else(|| app.core.random_token());
        Self { app, ctx, language: ctx.language, browser, form_action: None }
    }

    /// For a page of an authorization request: the client's `ui_locales` count where the person has
    /// not chosen, and the form may end at the client.
    pub fn of_flow(app: &'a Shared, ctx: &'a Ctx, flow: Option<&Flow>) -> Self {
        let mut reply = Self::new(app, ctx);
        if let Some(flow) = flow {
            if !ctx.language_known {
                let asked = flow.ui_locales.as_deref().and_then(Language::from_locales);
                reply.language = asked.unwrap_or(ctx.language);
            }
            reply.form_action = form_action(&flow.redirect_uri);
        }
        reply
    }

    /// For a page whose form ends at an app, or goes there by way of an upstream.
    pub fn leading_to<'u>(
        app: &'a Shared,
        ctx: &'a Ctx,
        uris: impl IntoIterator<Item = &'u str>,
    ) -> Self {
        let targets: Vec<_> = uris.into_iter().filter_map(form_action).collect();
        Self { form_action: Some(targets.join(" ")), ..Self::new(app, ctx) }
    }

    /// For a page with a form that signs out: that may end at the upstream by which the person came in,
    /// and at the app that they are on the way back to.
    pub fn of_sign_out(app: &'a Shared, ctx: &'a Ctx, back: Option<&str>) -> Self {
        let departures = app.core.departures();
        Self::leading_to(app, ctx, departures.iter().map(String::as_str).chain(back))
    }

    pub fn frame(&self) -> Frame {
        self.frame_at(self.ctx.here.clone())
    }

    /// A frame whose language switch leads elsewhere than to the address of this very request.
    pub fn frame_at(&self, here: String) -> Frame {
        let brand = &self.app.brand;
        Frame {
            language: self.language,
            here,
            request_id: self.ctx.place.request_id.clone(),
            brand: Arc::new(Brand {
                name: brand.name.clone(),
                logo: brand.logo.as_ref().map(|_| "/static/logo".to_owned()),
                theme: brand.theme.as_ref().map(|_| "/static/theme.css".to_owned()),
            }),
        }
    }

    pub fn say(&self, id: &str) -> String {
        words::say(self.language, id)
    }

    /// [`Reply::say`] with places filled.
    pub fn say_with(&self, id: &str, args: &[(&str, &str)]) -> String {
        words::say_with(self.language, id, args)
    }

    /// Where the request comes from; who asked reads the language of this page.
    pub fn place(&self) -> Place {
        Place { language: self.language, ..self.ctx.place.clone() }
    }

    /// The token of a form that this browser is shown.
    pub fn form_token(&self, purpose: &str) -> String {
        self.app.core.form_token(&self.browser, purpose)
    }

    /// Whether a form came from a page that this browser was shown.
    pub fn is_own_form(&self, token: &str, purpose: &str) -> bool {
        self.ctx
            .browser
            .as_ref()
            .is_some_and(|browser| self.app.core.is_form_token(token, browser, purpose))
    }

    /// The page.
    pub fn page(&self, status: StatusCode, page: &impl Template) -> Response {
        let html = match page.render() {
            Ok(html) => html,
            Err(error) => {
                tracing::error!(%error, "web.render");
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        };
        let mut response = (status, html).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Language, Cookie"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.language.tag()));
        if let Ok(policy) = HeaderValue::from_str(&self.policy()) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
        let is_https = self.ctx.is_https;
        let mut set = |name: &str, value: &str, max_age| {
            if let Some(cookie) = cookies::set(name, value, max_age, is_https) {
                headers.append(header::SET_COOKIE, cookie);
            }
        };
        if self.ctx.browser.is_none() {
            set(&cookies::name(cookies::BROWSER, is_https), self.browser.expose(), None);
        }
        if self.ctx.language_switched {
            set(cookies::LANGUAGE, self.language.tag(), Some(LANGUAGE_LIFETIME));
        }
        response
    }

    /// What a page shows of the app that a person comes from.
    pub fn app_card(&self, client: &Client, flow: &Flow) -> AppCard {
        let language = self.language.tag();
        let localized = &client.metadata.localized;
        let link = |member: &str, link: &Option<String>| {
            localized.get(member, language).map(str::to_owned).or_else(|| link.clone())
        };
        AppCard {
            name: client.name_in(language).to_owned(),
            logo: client.metadata.logo_uri.as_ref().map(|_| paths::logo_of(&client.id)),
            client_uri: link("client_uri", &client.metadata.client_uri),
            policy_uri: link("policy_uri", &client.metadata.policy_uri),
            tos_uri: link("tos_uri", &client.metadata.tos_uri),
            redirect_host: flow.redirect_host(),
            self_registered: client.self_registered,
        }
    }

    /// A page that says what is wrong; `wait` in seconds.
    pub fn refused(&self, status: StatusCode, wait: Option<u64>, page: &impl Template) -> Response {
        let mut response = self.page(status, page);
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }

    fn policy(&self) -> String {
        let target = self.form_action.as_deref().unwrap_or_default();
        format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
             connect-src 'self'; form-action 'self' {target}; base-uri 'none'; frame-ancestors 'none'"
        )
    }
}

/// Browsers apply `form-action` to the redirect that follows a form too, and that leads to the app.
fn form_action(redirect_uri: &str) -> Option<String> {
    let url = Url::parse(redirect_uri).ok()?;
    match url.scheme() {
        "http" | "https" => Some(url.origin().ascii_serialization()),
        scheme => Some(format!("{scheme}:")),
    }
}

/// The same, to who has just signed in.
pub fn welcome(ctx: &Ctx, signed_in: &SignedIn, location: &str) -> Response {
    let mut response = see_other(location);
    let Some(cookie) = cookies::session(signed_in, ctx.now, ctx.is_https) else {
        return Problem::of_status(StatusCode::INTERNAL_SERVER_ERROR).into_response();
    };
    response.headers_mut().append(header::SET_COOKIE, cookie);
    if let Some(cookie) = cookies::device(signed_in, ctx.is_https) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
