//! Sign-in with an account elsewhere. People's browsers come here, so what goes wrong is a page for
//! them; programs are told in the dialect's shape.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;

use super::error;
use crate::app::answer::see_other;
use crate::app::{Shared, cookies, paths};
use crate::core::links::{Arrived, Astray, Goal, Landing, Strayed};
use crate::core::{Failure, Refusal, Secret};
use crate::rest::asked::Asked;
use crate::rest::origin::{is_led_by_own, return_url};
use crate::rest::wrong::Wrong;

/// A query in which nothing stands twice.
struct Query(Vec<(String, String)>);

impl Query {
    fn parse(query: Option<&str>) -> Result<Self, Wrong> {
        let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let mut all: Vec<(String, String)> = Vec::new();
        for (name, value) in pairs {
            if all.iter().any(|(known, _)| *known == name) {
                return Err(Wrong::Malformed);
            }
            if !value.is_empty() {
                all.push((name.into_owned(), value.into_owned()));
            }
        }
        Ok(Self(all))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Sends the browser to an upstream, where the person signs in.
#[utoipa::path(
    get, path = "/auth/sign-in/{upstream}",
    params(
        ("upstream" = String, Path, description = "Its id in the configuration"),
        ("redirect_to" = Option<String>, Query, description = "Where the browser goes afterwards: a URL \
            under one of `server.frontend_urls`, by default the first of them"),
        ("login_hint" = Option<String>, Query, description = "Who is meant (OIDC Core §3.1.2.1)"),
    ),
    responses(
        (status = 303, description = "On to the upstream, or back with `#error=CODE`"),
        (status = 403, body = error::Body, description = "A page of another site began it: people are asked \
            whether they meant to"),
        (status = 404, body = error::Body, description = "There is no such upstream"),
    )
)]
pub async fn start(
    State(app): State<Shared>,
    asked: Asked,
    Path(upstream): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Wrong> {
    if !app.core.has_upstream(&upstream) {
        return Err(Refusal::Astray(Astray::Unknown).into());
    }
    let query = Query::parse(query.as_deref())?;
    // An app's authorization request comes from wherever the app is; nobody else leads a person here unasked.
    if query.get("flow").is_none() && !is_led_by_own(&app, &headers) {
        return Err(Wrong::CrossSite);
    }
    // Of our own pages. Where they go on to, the page decides that is there for it.
    let next = query.get("next").map(str::to_owned);
    let is_ours = next.is_some() || query.get("to") == Some("account");
    let here = Goal::Here { next, again: query.get("again").is_some() };
    let goal = match (query.get("flow"), is_ours) {
        (Some(sealed), _) => {
            let (flow, _) = app.core.open_flow(sealed, asked.now).await?;
            Goal::Flow(Box::new(flow))
        }
        (None, true) => here,
        (None, false) => return_url(&app, query.get("redirect_to"))?.map_or(here, Goal::App),
    };
    let hint = query.get("login_hint").map(str::to_owned);
    let told = goal.clone();
    match app.core.depart(&upstream, goal, hint, asked.now).await {
        Ok(departure) => {
            let mut response = see_other(&departure.location);
            for cookie in cookies::departure(&departure, &headers, asked.is_https) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            Ok(response)
        }
        Err(failure) => stray(&app, &upstream, Strayed { goal: Some(told), failure }),
    }
}

/// Where an upstream sends the browser back to.
#[utoipa::path(
    get, path = "/auth/callback/{upstream}",
    params(
        ("upstream" = String, Path, description = "Its id in the configuration"),
        ("state" = Option<String>, Query, description = "What the sign-in began with"),
        ("code" = Option<String>, Query, description = "RFC 6749 §4.1.2"),
        ("iss" = Option<String>, Query, description = "RFC 9207 §2"),
        ("error" = Option<String>, Query, description = "RFC 6749 §4.1.2.1"),
    ),
    responses(
        (status = 303, description = "Back to the app: with `#session_token=JWT` and the session's \
            cookie, or with `#error=CODE&error_description=…`"),
        (status = 404, body = error::Body, description = "There is no such upstream"),
    )
)]
pub async fn callback(
    State(app): State<Shared>,
    asked: Asked,
    Path(upstream): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Wrong> {
    let query = Query::parse(query.as_deref())?;
    let state = query.get("state").unwrap_or_default();
    let slot = Landing::slot(state).map(|slot| format!("{}{slot}", cookies::UPSTREAM));
    let name = slot.as_ref().map(|slot| cookies::name(slot, asked.is_https));
    let landing = Landing {
        upstream: &upstream,
        state,
        sealed: name.as_deref().and_then(|name| cookies::read(&headers, name)),
        code: query.get("code").map(Secret::new),
        error: query.get("error"),
        iss: query.get("iss"),
    };
    let session = asked.session.as_ref();
    let landed = app.core.land(landing, session, &asked.place, asked.now).await;
    let mut response = match landed {
        Ok(arrived) => arrive(&app, arrived, &asked).await?,
        Err(strayed) => stray(&app, &upstream, strayed)?,
    };
    if let Some(slot) = slot {
        cookies::forget(response.headers_mut(), &slot, asked.is_https);
    }
    Ok(response)
}

/// Whoever is signed in goes on.
async fn arrive(app: &Shared, arrived: Arrived, asked: &Asked) -> Result<Response, Wrong> {
    let Arrived { goal, signed_in } = arrived;
    let location = match (&goal, &signed_in) {
        (Goal::Flow(flow), _) => paths::with_flow(paths::CONTINUE, &app.core.seal_flow(flow)?),
        (Goal::App(url), Some(it)) => {
            let token = app.core.session_token(&it.account, &it.session, asked.now).await?;
            with_fragment(url, &[("session_token", &token.token)])
        }
        (Goal::Link { .. }, _) => format!("{}?what=linked", paths::LINKS),
        (Goal::Here { next: Some(next), .. }, _) => paths::with_next(paths::SIGN_IN, next),
        (Goal::App(_) | Goal::Here { .. }, _) => paths::ACCOUNT.to_owned(),
    };
    let mut response = see_other(&location);
    let Some(signed_in) = &signed_in else { return Ok(response) };
    let cookies = [
        cookies::session(signed_in, asked.now, asked.is_https),
        cookies::device(signed_in, asked.is_https),
    ];
    for cookie in cookies.into_iter().flatten() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Whoever is not signed in is told where they came from: the app, or a page of ours.
fn stray(app: &Shared, upstream: &str, strayed: Strayed) -> Result<Response, Wrong> {
    let refusal = match strayed.failure {
        Failure::Refused(refusal) => refusal,
        fault @ Failure::Fault(_) => return Err(fault.into()),
    };
    let (Some(goal), Some((code, description))) = (strayed.goal, told(&refusal)) else {
        return Err(refusal.into());
    };
    let location = match goal {
        Goal::App(url) => {
            with_fragment(&url, &[("error", code), ("error_description", description)])
        }
        Goal::Flow(flow) => {
            let sealed = app.core.seal_flow(&flow)?;
            paths::with_problem(&paths::with_flow(paths::SIGN_IN, &sealed), upstream, code)
        }
        Goal::Here { next: Some(next), again } => {
            // Without it the page leads on whoever is signed in.
            let again = if again { "&again=1" } else { "" };
            let page = format!("{}{again}", paths::with_next(paths::SIGN_IN, &next));
            paths::with_problem(&page, upstream, code)
        }
        Goal::Here { .. } => paths::with_problem(paths::SIGN_IN, upstream, code),
        Goal::Link { .. } => paths::with_problem(paths::LINKS, upstream, code),
    };
    Ok(see_other(&location))
}

/// What an app is told: never the upstream's own words (R66).
fn told(refusal: &Refusal) -> Option<(&'static str, &'static str)> {
    Some(match refusal {
        Refusal::AccountDisabled => (paths::ACCOUNT_DISABLED, "the account is disabled"),
        Refusal::Locked { .. } => (paths::ACCOUNT_LOCKED, "there were too many wrong passwords"),
        Refusal::Astray(astray) => {
            let words = match astray {
                Astray::Unavailable => "the upstream cannot be reached",
                Astray::Unproven => "the upstream's answer was not accepted",
                Astray::Declined => "the sign-in was declined there",
                Astray::TooLong => "the request is too long to be carried along",
                Astray::LinkRequired => {
                    "the address has an account here: sign in to it and link the two"
                }
                Astray::EmailMissing => "the upstream tells no e-mail address",
                Astray::SignUpClosed => "nobody gets an account by this upstream",
                Astray::Taken => "the account there opens another account here",
                Astray::Undated => "the upstream cannot prove that a sign-in was just now",
                Astray::Lost => "the sign-in took too long, or was finished before",
                Astray::Unknown | Astray::LastWayIn => return None,
            };
            (astray.code(), words)
        }
        Refusal::NotSignedIn => ("not_signed_in", "the session in which this began has ended"),
        _ => return None,
    })
}

/// A URL with these parameters in its fragment, which no server sees and no log holds (R65).
fn with_fragment(url: &str, parameters: &[(&str, &str)]) -> String {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let fragment =
        form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{url}#{fragment}")
}

/// Where an upstream sends the browser back to that it has signed out.
#[utoipa::path(
    get, path = "/auth/signed-out/{upstream}",
    params(
        ("upstream" = String, Path, description = "Its id in the configuration"),
        ("state" = Option<String>, Query, description = "What the sign-out began with"),
    ),
    responses((status = 303, description = "On to the app that asked for it, or to a page that says so"))
)]
pub async fn signed_out(
    State(app): State<Shared>,
    asked: Asked,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Wrong> {
    let query = Query::parse(query.as_deref())?;
    let sealed = cookies::read(&headers, &cookies::name(cookies::WAY_BACK, asked.is_https));
    let next = sealed.zip(query.get("state")).and_then(|(it, state)| app.core.way_back(it, state));
    let mut response = see_other(next.as_deref().unwrap_or(paths::SIGNED_OUT));
    cookies::forget(response.headers_mut(), cookies::WAY_BACK, asked.is_https);
    Ok(response)
}
