//! The page for a [`Problem`] or for a [`Posted`] answer, whichever face it came from.

use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::form_post;
use super::page::ErrorPage;
use super::reply::Reply;
use crate::app::answer::Posted;
use crate::app::{Ctx, Problem, Shared, paths};
use crate::core::words;

/// Draws the page of every answer that is a [`Problem`].
pub async fn dress(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(ctx) = Ctx::from_request_parts(&mut parts, &app).await;
    parts.extensions.insert(ctx.clone());
    let response = next.run(Request::from_parts(parts, body)).await;
    if let Some(posted) = response.extensions().get::<Posted>() {
        return form_post::draw(&app, &ctx, posted);
    }
    let Some(problem) = response.extensions().get::<Problem>().cloned() else { return response };
    let reply = Reply::new(&app, &ctx);
    // What an upstream's answer holds is not for a link, and answers once.
    let is_answer = ctx.here.starts_with(paths::CALLBACKS);
    let frame = if is_answer { reply.frame_at(paths::HOME.to_owned()) } else { reply.frame() };
    let argument = problem.argument.as_ref().map(|(name, value)| (*name, value.as_str()));
    let page = ErrorPage {
        status: problem.status.as_u16(),
        code: problem.code.map(str::to_owned),
        title: reply.say(problem.title),
        what: words::say_with(frame.language, problem.what, argument.as_slice()),
        next: reply.say(problem.next),
        link: Some(match problem.what {
            "error-link" => (paths::FORGOT_PASSWORD.to_owned(), reply.say("forgot-link")),
            // From a page of ours it is no other site's doing any more.
            "problem-foreign-start" => (ctx.here.clone(), reply.say("foreign-start-go")),
            _ => (paths::HOME.to_owned(), reply.say("error-page-home")),
        }),
        frame,
    };
    let mut dressed = reply.page(problem.status, &page).into_response();
    for (name, value) in response.headers() {
        if !dressed.headers().contains_key(name) && name != CONTENT_LENGTH {
            dressed.headers_mut().insert(name, value.clone());
        }
    }
    *dressed.extensions_mut() = response.extensions().clone();
    dressed
}
