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
        return is_own_origin(app, shown.as_bytes()) && origins.next().is_none();
    }
    matches!(fetch_site(headers), None | Some(b"same-origin" | b"none"))
}

/// Whether a page of the issuer's or of a first-party app has led a browser here by a link or a redirect; or
/// nobody has, where the address was typed, or no browser asks. A page may keep silent about itself, and is then
/// anybody's; it cannot pass for another (Fetch §3.2.5, Referrer Policy §8).
pub(super) fn is_led_by_own(app: &Shared, headers: &HeaderMap) -> bool {
    if matches!(fetch_site(headers), None | Some(b"same-origin" | b"none")) {
        return true;
    }
    let page = headers.get(header::REFERER).and_then(|page| page.to_str().ok());
    let page = page.and_then(|page| Url::parse(page).ok());
    page.is_some_and(|page| is_own_origin(app, origin(&page).as_bytes()))
}

fn is_own_origin(app: &Shared, shown: &[u8]) -> bool {
    let server = &app.config.server;
    shown == server.public_url.as_bytes()
        || server.frontends().iter().any(|url| origin(url).as_bytes() == shown)
}

fn fetch_site(headers: &HeaderMap) -> Option<&[u8]> {
    headers.get("sec-fetch-site").map(HeaderValue::as_bytes)
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

/// A URL that somebody is to go on to: a path of the app's own, or what lies under the issuer or a
/// first-party app's URL (ASVS 1.2.2). Anything else is another site's.
pub fn own_url(app: &Shared, url: String) -> Result<String, Wrong> {
    let server = &app.config.server;
    let own = Url::parse(&server.public_url).into_iter().chain(server.frontends());
    let own: Vec<Url> = own.collect();
    if is_within(&own, &url) { Ok(url) } else { Err(Wrong::ForeignUrl) }
}

/// Where a sign-in with an account elsewhere ends: under a first-party app's URL, by default the first
/// one's; none where there is no such app.
pub fn return_url(app: &Shared, url: Option<&str>) -> Result<Option<String>, Wrong> {
    let apps = app.config.server.frontends();
    match url {
        None => Ok(apps.first().map(|url| url.as_str().to_owned())),
        Some(url) if !url.starts_with('/') && is_within(&apps, url) => Ok(Some(url.to_owned())),
        Some(_) => Err(Wrong::ForeignUrl),
    }
}

fn is_within(own: &[Url], url: &str) -> bool {
    // Browsers drop some of these and take others for a slash.
    let is_plain = |c: char| c.is_ascii_graphic() && !"\\<>\"'`{}^|".contains(c);
    if !url.chars().all(is_plain) {
        return false;
    }
    if let Some(path) = url.strip_prefix('/') {
        let path = path.to_ascii_lowercase();
        return !["/", "%2f", "%5c"].iter().any(|start| path.starts_with(start));
    }
    let Ok(url) = Url::parse(url) else { return false };
    let is_bare = url.username().is_empty() && url.password().is_none();
    is_bare
        && own.iter().any(|home| {
            let rest = url.path().strip_prefix(home.path().trim_end_matches('/'));
            url.origin().is_tuple()
                && url.origin() == home.origin()
                && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asvs_1_2_2_whoever_goes_on_stays_within_the_house_and_its_apps() {
        let own = ["https://id.example", "https://app.example/shop"];
        let own: Vec<Url> = own.iter().map(|url| url.parse().unwrap()).collect();
        let good = [
            "/",
            "/dashboard?tab=1#top",
            "https://id.example",
            "https://id.example/x",
            "https://app.example/shop",
            "https://app.example/shop/cart?a=b",
            "https://APP.example:443/shop/",
        ];
        for url in good {
            assert!(is_within(&own, url), "{url}");
        }
        let bad = [
            "",
            "dashboard",
            "//evil.example",
            "/\\evil.example",
            "/%2Fevil.example",
            "/%5cevil.example",
            "/a b",
            "/a\nb",
            "/é",
            "https://app.example/",
            "https://app.example/shopping",
            "https://app.example/shop/../admin",
            "https://app.example/shop/%2e%2e/admin",
            "https://app.example:8443/shop",
            "http://app.example/shop",
            "https://id.example@evil.example/",
            "https://me@id.example/",
            "https://id.example.evil.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "https:evil.example",
            "\thttps://id.example",
        ];
        for url in bad {
            assert!(!is_within(&own, url), "{url}");
        }
    }
}
