//! Cookies: how they are read, and the one way in which they are set.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::core::Secret;
use crate::core::links::Departure;
use crate::core::sessions::{DEVICE_LIFETIME, SignedIn};

/// Names a cookie. `__Host-` (RFC 6265bis §4.1.3.2) keeps other hosts of the domain from setting it,
/// and needs https.
#[must_use]
pub fn name(base: &str, is_https: bool) -> String {
    if is_https { format!("__Host-{base}") } else { base.to_owned() }
}

/// The cookie of the session.
pub const SESSION: &str = "countersign_session";
/// Binds forms to the browser before anybody has signed in; no authority comes of it.
pub const BROWSER: &str = "countersign_browser";
/// What the names of known devices' cookies begin with; a piece of the account's id follows.
pub const DEVICE: &str = "countersign_device_";
/// More accounts of one browser are not looked for.
const MOST_DEVICES: usize = 8;
/// What the names of the cookies begin with that go along on the way to an upstream; a piece of the
/// state follows.
pub const UPSTREAM: &str = "countersign_upstream_";
/// Where a person goes on to whom an upstream signs out.
pub const WAY_BACK: &str = "countersign_way_back";
/// The language that the person chose.
pub const LANGUAGE: &str = "countersign_language";

/// The value of a cookie. Two of one name with different values are none: one of them was tossed in
/// by another host of the domain.
#[must_use]
pub fn read<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut found = None;
    for header in headers.get_all(header::COOKIE) {
        for pair in header.to_str().ok()?.split(';') {
            let Some((key, value)) = pair.trim().split_once('=') else { continue };
            if key != name {
                continue;
            }
            if found.is_some_and(|earlier| earlier != value) {
                return None;
            }
            found = Some(value);
        }
    }
    found.filter(|value| !value.is_empty())
}

/// As [`read`], for a value of 256 bits that we gave out.
#[must_use]
pub fn read_token(headers: &HeaderMap, name: &str) -> Option<Secret> {
    read(headers, name).filter(|value| is_token(value)).map(Secret::new)
}

fn is_token(value: &str) -> bool {
    value.len() == 43 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The tokens of known devices. Each is good for the account alone that it was given out for, so it
/// does no harm if another host of the domain tossed one in.
#[must_use]
pub fn read_devices(headers: &HeaderMap, is_https: bool) -> Vec<Secret> {
    let prefix = name(DEVICE, is_https);
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|header| header.to_str().ok());
    pairs
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, value)| key.starts_with(&prefix) && is_token(value))
        .map(|(_, value)| Secret::new(value))
        .take(MOST_DEVICES)
        .collect()
}

/// The names, without what [`name`] adds, of the cookies whose names begin with this.
fn bases(headers: &HeaderMap, prefix: &str, is_https: bool) -> Vec<String> {
    let full = name(prefix, is_https);
    let pairs = headers.get_all(header::COOKIE).iter().filter_map(|header| header.to_str().ok());
    let names =
        pairs.flat_map(|header| header.split(';')).filter_map(|it| it.trim().split_once('='));
    let rests = names.filter_map(|(key, _)| key.strip_prefix(full.as_str()));
    rests.map(|rest| format!("{prefix}{rest}")).collect()
}

/// A `Set-Cookie` that scripts cannot read and that other sites' requests carry only when they lead
/// the person here. `max_age` in seconds; `None` lasts as long as the browser runs.
#[must_use]
pub fn set(name: &str, value: &str, max_age: Option<i64>, is_https: bool) -> Option<HeaderValue> {
    write(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax"), max_age, is_https)
}

/// As [`set`], for what a first-party app alone sends: no request that another site had the browser
/// make carries it.
#[must_use]
pub fn set_strict(
    (name, path): (&str, &str),
    value: &str,
    max_age: i64,
    is_https: bool,
) -> Option<HeaderValue> {
    let cookie = format!("{name}={value}; Path={path}; HttpOnly; SameSite=Strict");
    write(&cookie, Some(max_age), is_https)
}

fn write(cookie: &str, max_age: Option<i64>, is_https: bool) -> Option<HeaderValue> {
    let mut cookie = cookie.to_owned();
    if let Some(seconds) = max_age {
        cookie.push_str("; Max-Age=");
        cookie.push_str(&seconds.to_string());
    }
    if is_https {
        cookie.push_str("; Secure");
    }
    let mut value = HeaderValue::from_str(&cookie).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The cookie that carries on a browser's session.
#[must_use]
pub fn session(signed_in: &SignedIn, now: i64, is_https: bool) -> Option<HeaderValue> {
    let seconds = (signed_in.ends_at - now) / 1000;
    set(&name(SESSION, is_https), signed_in.token.expose(), Some(seconds), is_https)
}

/// The cookie by which the browser is known as the person's from now on, if it was not before. Each
/// account that signs in there has one: each is somebody else's secret.
#[must_use]
pub fn device(signed_in: &SignedIn, is_https: bool) -> Option<HeaderValue> {
    let device = signed_in.device.as_ref()?;
    let account = signed_in.account.id.simple().to_string();
    let name = name(&format!("{DEVICE}{}", &account[account.len() - 12..]), is_https);
    set(&name, device.expose(), Some(DEVICE_LIFETIME / 1000), is_https)
}

/// So many sign-ins of one browser may be under way at once; with one more, those are given up.
const MOST_TRIPS: usize = 3;
/// How long the cookie of one lasts, in seconds: longer than the sign-in may take, so that whoever comes back too
/// late is told so where they came from.
const TRIP: i64 = 60 * 60;

/// What a browser keeps of its way to an upstream.
#[must_use]
pub fn departure(departure: &Departure, headers: &HeaderMap, is_https: bool) -> Vec<HeaderValue> {
    let under_way = bases(headers, UPSTREAM, is_https);
    let given_up = if under_way.len() < MOST_TRIPS { Vec::new() } else { under_way };
    let forgotten =
        given_up.into_iter().map(|base| set(&name(&base, is_https), "", Some(0), is_https));
    let name = name(&format!("{UPSTREAM}{}", departure.slot), is_https);
    let kept = set(&name, &departure.sealed, Some(TRIP), is_https);
    forgotten.chain([kept]).flatten().collect()
}

/// Has the browser forget a cookie.
pub fn forget(headers: &mut HeaderMap, base: &str, is_https: bool) {
    if let Some(cookie) = set(&name(base, is_https), "", Some(0), is_https) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(cookies: &[&str]) -> HeaderMap {
        cookies.iter().map(|c| (header::COOKIE, c.parse().unwrap())).collect()
    }

    #[test]
    fn asvs_3_3_two_cookies_of_one_name_with_different_values_are_none() {
        assert_eq!(read(&headers(&["a=1; b=2"]), "b"), Some("2"));
        assert_eq!(read(&headers(&["a=1; a=1"]), "a"), Some("1"));
        assert_eq!(read(&headers(&["a=1; a=2"]), "a"), None);
        assert_eq!(read(&headers(&["a=1", "a=2"]), "a"), None);
        assert_eq!(read(&headers(&["aa=1"]), "a"), None);
        assert_eq!(read(&headers(&["a="]), "a"), None);
    }

    #[test]
    fn a_browser_shows_the_tokens_of_every_account_it_knows() {
        let (one, two) = ("a".repeat(43), "B-_".repeat(14) + "x");
        let cookie = |name: &str, token: &str| format!("{name}{DEVICE}0123456789ab={token}");
        let both = [cookie("", &one), cookie("", &two).replace("89ab", "89ac")].join("; ");
        let read = |cookies: &str, is_https| read_devices(&headers(&[cookies]), is_https);
        let shown: Vec<_> = read(&both, false).iter().map(|it| it.expose().to_owned()).collect();
        assert_eq!(shown, [one.clone(), two]);
        assert_eq!(read(&cookie("__Host-", &one), true).len(), 1);
        assert!(read(&cookie("", &one), true).is_empty(), "on https this host's alone");
        assert!(read(&cookie("", "short"), false).is_empty());
        let many = vec![cookie("", &one); 50].join("; ");
        assert_eq!(read(&many, false).len(), MOST_DEVICES);
    }
}
