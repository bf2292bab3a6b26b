//! Where a request may come from whose cookie the browser sends by itself (RFC 6265bis §8.8.1; Fetch
//! §3.2.8 and the Fetch Metadata request headers).

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use url::Url;

use super::wrong::Wrong;
use crate::app::Shared;

/// The origins of the first-party apps, as browsers write them.
pub(super) fn frontends(app: &Shared) -> Vec<HeaderValue> {
    let origins = app.config.server.frontends();
    origins.iter().filter_map(|url| origin(url).parse().ok()).collect()
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

/// Whether it comes from the issuer's own origin or a first-party app's; or from no browser at all,
/// which sends neither header.
pub(super) fn is_own(app: &Shared, headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    if let Some(shown) = origins.next() {
        let is_known = shown.as_bytes() == app.config.server.public_url.as_bytes()
            || app.config.server.frontends().iter().any(|url| origin(url).as_bytes() == shown);
        return is_known && origins.next().is_none();
    }
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        None | Some(b"same-origin" | b"none") => true,
        Some(_) => false,
    }
}

/// Asked by whatever signs somebody in or up, so that no other site does so in a person's browser
/// (OWASP ASVS 3.5.1).
pub struct OwnOrigin;

impl FromRequestParts<Shared> for OwnOrigin {
    type Rejection = Wrong;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Wrong> {
        if is_own(app, &parts.headers) { Ok(Self) } else { Err(Wrong::CrossSite) }
    }
}
