//! `client_secret_basic`: the id and the secret, each form-encoded, in an HTTP Basic header
//! (RFC 6749 §2.3.1, RFC 7617).

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Found;
use crate::core::Secret;
use crate::core::clients::Proof;
use crate::oidc::error::OAuthError;
use crate::oidc::params::{Params, form_decode};

pub fn present(headers: &HeaderMap, _: &Params) -> Option<Result<Found, OAuthError>> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let first = values.next()?;
    if values.next().is_some() {
        return Some(Err(OAuthError::invalid_request("more than one Authorization header")));
    }
    let credentials = first.to_str().ok().and_then(decode);
    Some(credentials.ok_or_else(|| {
        OAuthError::invalid_client(
            "the Authorization header is not HTTP Basic with form-encoded parts",
        )
    }))
}

fn decode(header: &str) -> Option<Found> {
    let (scheme, token) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    // Strictly: a stray `%` is an error, not a character of the secret.
    if id.is_empty() || secret.is_empty() || has_stray_percent(&pair) {
        return None;
    }
    let (client_id, secret) = (form_decode(id)?.into_owned(), form_decode(secret)?.into_owned());
    Some(Found { client_id, proof: Proof::Secret(Secret::new(secret)) })
}

fn has_stray_percent(text: &str) -> bool {
    let is_escape = |rest: &str| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    !text.split('%').skip(1).all(is_escape)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secret(found: &Found) -> &str {
        let Proof::Secret(secret) = &found.proof else { panic!("no secret") };
        secret.expose()
    }

    #[test]
    fn rfc6749_2_3_1_id_and_secret_are_form_encoded() {
        let header = format!("bAsIc {}", STANDARD.encode("my+app%3A1:p%25+%C3%A9"));
        let found = decode(&header).unwrap();
        assert_eq!(found.client_id, "my app:1");
        assert_eq!(secret(&found), "p% é");
        for bad in ["app:100%", "app:%zz", "app:%4", "app", "app:", ":secret", "app:%ff"] {
            assert!(decode(&format!("Basic {}", STANDARD.encode(bad))).is_none(), "{bad}");
        }
        assert!(decode("Bearer abc").is_none());
        assert!(decode("Basic  YTpi").is_none());
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_what_is_read(id in "[ -~]{1,20}", given in "\\PC{1,40}") {
            let encode = |s: &str| form_urlencoded::byte_serialize(s.as_bytes()).collect::<String>();
            let header = format!("Basic {}", STANDARD.encode(format!("{}:{}", encode(&id), encode(&given))));
            let found = decode(&header).unwrap();
            prop_assert_eq!(secret(&found), given);
            prop_assert_eq!(found.client_id, id);
        }

        #[test]
        fn any_header_is_read_without_a_panic(header in "\\PC{0,60}") {
            decode(&header);
        }
    }
}
