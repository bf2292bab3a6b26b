//! Redirect URIs: which ones a client may register, and whether a request names one of them.

use url::Url;

/// Whether `asked` is one of the registered ones: byte for byte (RFC 9700 §2.1), except that a native
/// app may use any port of a loopback IP literal (RFC 8252 §7.3).
#[must_use]
pub fn is_registered(registered: &[String], asked: &str, is_native: bool) -> bool {
    registered.iter().any(|known| {
        known == asked
            || (is_native
                && without_loopback_port(known)
                    .is_some_and(|known| without_loopback_port(asked) == Some(known)))
    })
}

/// The parts of `http://127.0.0.1:PORT…` or `http://[::1]:PORT…` beside the port.
fn without_loopback_port(uri: &str) -> Option<(&str, &str)> {
    for host in ["http://127.0.0.1", "http://[::1]"] {
        let Some(rest) = uri.strip_prefix(host) else { continue };
        let Some(port) = rest.strip_prefix(':') else {
            return (rest.is_empty() || rest.starts_with('/')).then_some((host, rest));
        };
        let end = port.find(|c: char| !c.is_ascii_digit()).unwrap_or(port.len());
        let (digits, rest) = port.split_at(end);
        let valid = digits.parse::<u16>().is_ok() && (rest.is_empty() || rest.starts_with('/'));
        return valid.then_some((host, rest));
    }
    None
}

/// What an authorization answer adds to the redirect URI; a registered query must not hold it.
const RESERVED: [&str; 7] =
    ["code", "state", "iss", "error", "response", "id_token", "access_token"];

/// Checks a redirect URI that somebody wants to register.
///
/// # Errors
/// What is expected instead, as words.
pub fn check(uri: &str, is_native: bool) -> Result<(), &'static str> {
    if uri.len() > 2048 || !uri.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("metadata-uri-characters");
    }
    let Ok(url) = Url::parse(uri) else { return Err("metadata-uri-relative") };
    if uri.contains('#') {
        return Err("metadata-uri-fragment");
    }
    if uri.contains(['\\', '*', '<', '>', '"', '`', '{', '}', '|', '^']) {
        return Err("metadata-uri-encoding");
    }
    let path = uri.split('?').next().unwrap_or_default().to_ascii_lowercase();
    if path.replace("%2e", ".").split(['/', '\\']).any(|segment| segment == ".." || segment == ".")
    {
        return Err("metadata-uri-dots");
    }
    // As it is written: the parser forgets an empty user name, and a slash too many before the host.
    let written = uri.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next());
    let authority = written.unwrap_or_default();
    if !url.username().is_empty() || url.password().is_some() || authority.contains('@') {
        return Err("metadata-uri-user");
    }
    if url.query_pairs().any(|(name, _)| RESERVED.contains(&name.as_ref())) {
        return Err("metadata-uri-reserved");
    }
    match url.scheme() {
        // It mends `https:cb` and `HTTPS://…`, too; what is compared byte for byte must not need it.
        _ if authority.is_empty() && matches!(url.scheme(), "https" | "http") => {
            Err("metadata-uri-host")
        }
        "https" if uri.starts_with("https://") => Ok(()),
        "http" if uri.starts_with("http://") && is_loopback(&url) => Ok(()),
        "https" | "http" => Err("metadata-uri-http"),
        "javascript" | "data" | "vbscript" | "file" | "about" | "blob" => {
            Err("metadata-uri-script")
        }
        // RFC 8252 §7.1: a private-use scheme is a reversed domain name.
        scheme if is_native && scheme.contains('.') => Ok(()),
        _ if is_native => Err("metadata-uri-native"),
        _ => Err("metadata-uri-web"),
    }
}

fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(registered: &str, asked: &str) -> bool {
        is_registered(&[registered.to_owned()], asked, false)
    }

    #[test]
    fn rfc9700_2_1_redirect_uris_compare_byte_for_byte() {
        let known = "https://app.example.com/callback?a=1";
        assert!(matches(known, known));
        for other in [
            "https://app.example.com/callback",
            "https://app.example.com/callback?a=1&b=2",
            "https://app.example.com/callback?a=1/",
            "https://APP.example.com/callback?a=1",
            "https://app.example.com:443/callback?a=1",
            "https://app.example.com/call%62ack?a=1",
            "https://app.example.com/callback?a=1#x",
            "https://app.example.com/x/../callback?a=1",
        ] {
            assert!(!matches(known, other), "{other} passed");
        }
    }

    #[test]
    fn rfc8252_7_3_a_native_app_may_use_any_port_of_a_loopback_ip() {
        let native = |known: &str, asked| is_registered(&[known.to_owned()], asked, true);
        assert!(native("http://127.0.0.1/cb", "http://127.0.0.1:5000/cb"));
        assert!(native("http://127.0.0.1:80/cb", "http://127.0.0.1:5000/cb"));
        assert!(native("http://[::1]/cb", "http://[::1]:5000/cb"));
        assert!(!native("http://127.0.0.1/cb", "http://127.0.0.1:5000/other"));
        assert!(!native("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb"));
        assert!(!native("http://127.0.0.1/cb", "http://127.0.0.1:5000@evil.example/cb"));
        assert!(!native("http://127.0.0.1/cb", "http://127.0.0.1.evil.example/cb"));
        assert!(!native("http://127.0.0.1/cb", "http://[::1]:5000/cb"));
        assert!(!native("http://localhost/cb", "http://localhost:5000/cb"));
        assert!(!matches("http://127.0.0.1/cb", "http://127.0.0.1:5000/cb"));
    }

    #[test]
    fn cve_2024_21637_and_others_unsafe_redirect_uris_are_not_registered() {
        for good in ["https://a.example/cb", "https://a.example/cb?x=1", "http://localhost:4000/cb"]
        {
            assert_eq!(check(good, false), Ok(()), "{good}");
        }
        assert_eq!(check("com.example.app:/cb", true), Ok(()));
        for bad in [
            "/cb",
            "https://a.example/cb#x",
            "https://u:p@a.example/cb",
            "https://*.example/cb",
            "https://a.example/x/../cb",
            "https://a.example/x/%2E%2e/cb",
            "https://a.example\\cb",
            "https://a.example/\ncb",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "http://a.example/cb",
            "https://a.example/cb?code=1",
            "https://a.example/cb?x=1&state=2",
            "com.example.app:/cb",
            "https:cb",
            "https:///a.example/cb",
            "https://@a.example/cb",
            "http:///127.0.0.1/cb",
            "",
        ] {
            assert!(check(bad, false).is_err(), "{bad:?} passed");
        }
        assert!(check("javascript:alert(1)", true).is_err());
        assert!(check("myapp:/cb", true).is_err());
    }

    proptest! {
        #[test]
        fn nothing_but_the_registered_uri_matches_on_the_web(asked in "https://app\\.example\\.com/[ -~]{0,20}") {
            prop_assert_eq!(matches("https://app.example.com/cb", &asked), asked == "https://app.example.com/cb");
        }
    }
}
