//! The pictures of people that lie in our own folder, for whoever has a signed link. Apps show them in
//! their own pages.

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;

use crate::app::{Ctx, Problem, Shared, paths};
use crate::core::Refusal;

#[derive(Deserialize)]
struct Link {
    /// In seconds since the Unix epoch.
    expires: i64,
    signature: String,
}

pub fn routes() -> Router<Shared> {
    Router::new().route(&format!("{}/{{*key}}", paths::MEDIA), get(show))
}

async fn show(
    State(app): State<Shared>,
    ctx: Ctx,
    uri: Uri,
    link: Result<Query<Link>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(link) = link.map_err(|_| Refusal::MediaLinkInvalid)?;
    // As it was sent: no key of ours has anything to be decoded.
    let key = uri.path().strip_prefix(paths::MEDIA).and_then(|rest| rest.strip_prefix('/'));
    let media = app.core.media(key.unwrap_or_default(), link.expires, &link.signature, ctx.now);
    let Some(media) = media.await? else {
        return Err(Problem::of_status(StatusCode::NOT_FOUND));
    };
    let mut response = media.bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media.media_type));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
    // Should a browser ever take it for a document, it runs nothing and belongs to no origin.
    let policy = HeaderValue::from_static("sandbox; default-src 'none'");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    let everywhere = HeaderValue::from_static("cross-origin");
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), everywhere);
    let cache = format!("private, max-age={}, immutable", link.expires - ctx.now / 1000);
    if let Ok(cache) = HeaderValue::try_from(cache) {
        headers.insert(header::CACHE_CONTROL, cache);
    }
    Ok(response)
}
