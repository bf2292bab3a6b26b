//! What the sign-in pages show of other providers: a way to each, and what became of one.

use axum::http::StatusCode;

use super::back;
use super::form::Address;
use super::page::{Door, FieldProblem};
use super::reply::Reply;
use crate::app::paths;
use crate::core::links::{Astray, Named};

/// The ways to them, each with the request that the page belongs to, or with where to go on to.
pub fn doors(reply: &Reply<'_>, sealed: Option<&str>, next: Option<&'static str>) -> Vec<Door> {
    let door = |it: Named| {
        let start = paths::to_upstream(&it.id);
        let href = match (sealed, next) {
            (None, None) => format!("{start}?to=account"),
            _ => back::entry(&start, sealed, next),
        };
        Door { href, id: it.id, name: it.name }
    };
    reply.app.core.upstreams().into_iter().map(door).collect()
}

/// What became of a sign-in there, if it led back here. Both come in the address, from anywhere: words
/// of ours stand for the one, the configuration's name for the other.
pub fn problem(reply: &Reply<'_>, address: &Address) -> Option<FieldProblem> {
    let upstream = reply.app.core.upstream_name(address.upstream.as_deref()?)?;
    let id = match address.problem.as_deref()? {
        paths::ACCOUNT_DISABLED => "error-account-disabled",
        paths::ACCOUNT_LOCKED => "astray-locked",
        code => words(Astray::of_code(code)?)?,
    };
    let message = reply.say_with(id, &[("upstream", upstream)]);
    Some(FieldProblem { field: "", message, status: StatusCode::OK, wait: None })
}

/// The id of the words for it, where a person can do something about it.
pub fn words(astray: Astray) -> Option<&'static str> {
    Some(match astray {
        Astray::Unavailable => "astray-unavailable",
        Astray::Unproven => "astray-unproven",
        Astray::Declined => "astray-declined",
        Astray::TooLong => "astray-too-long",
        Astray::LinkRequired => "astray-link-required",
        Astray::EmailMissing => "astray-email-missing",
        Astray::SignUpClosed => "astray-sign-up-closed",
        Astray::Taken => "astray-taken",
        Astray::LastWayIn => "astray-last-way-in",
        Astray::Undated => "astray-undated",
        Astray::Lost => "astray-lost",
        Astray::Unknown => return None,
    })
}
