//! Other people's providers: one as Authentik, one as GitHub, and one whose every answer a test may alter.
//! A second Countersign is a `House`.

mod alone;
mod demo;
mod forge;
mod scripted;

use std::collections::HashMap;

pub use demo::Demo;
pub use forge::Forge;
pub use scripted::{Edit, Instead, Script, Scripted, Signature, own, set, without};

/// What every peer here knows us by. RFC 6749 §2.3.1: both are encoded before Basic joins them.
pub const CLIENT: (&str, &str) = ("countersign here", "100% up+stream:0123456789");

/// The parameters of a query or a form.
type Params = HashMap<String, String>;

fn params(encoded: &[u8]) -> Params {
    form_urlencoded::parse(encoded).into_owned().collect()
}

/// RFC 6749 §2.3.1.
fn basic() -> String {
    use base64::Engine as _;
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(CLIENT.0), encode(CLIENT.1));
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

/// RFC 7636 §4.6.
fn challenge(verifier: &str) -> String {
    use base64::Engine as _;
    let digest = openssl::sha::sha256(verifier.as_bytes());
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest)
}
