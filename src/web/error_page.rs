//! The page for a [`Problem`] or for a [`Posted`] answer, whichever face it came from.

use axum::extract::Request;
use axum::http::header::CONTENT_LENGTH;
use axum::response::{IntoResponse as _, Response};

use super::form_post;
use super::page::ErrorPage;
use super::reply::Reply;
use crate::app::answer::Posted;
use crate::app::wrap::{Answer, Answering, Wrap};
use crate::app::{Ctx, Problem, Shared, paths};
use crate::core::words;

/// Draws the page of every answer that is a [`Problem`].
#[derive(Clone)]
pub struct Dress(Shared);

impl Dress {
    pub fn new(app: &Shared) -> Self {
        Self(app.clone())
    }
}

impl Wrap for Dress {
    fn wrap<F: Answering>(&self, request: Request, rest: impl FnOnce(Request) -> F) -> Answer {
        let app = self.0.clone();
        let (mut parts, body) = request.into_parts();
        let ctx = Ctx::of(&parts, &app);
        parts.extensions.insert(ctx.clone());
        let answer = rest(Request::from_parts(parts, body));
        Box::pin(async move { Ok(dress(&app, &ctx, answer.await?)) })
    }
}

fn dress(app: &Shared, ctx: &Ctx, response: Response) -> Response {
    if let Some(posted) = response.extensions().get::<Posted>() {
        return form_post::draw(app, ctx, posted);
    }
    let Some(problem) = response.extensions().get::<Problem>().cloned() else { return response };
    let reply = Reply::new(app, ctx);
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
