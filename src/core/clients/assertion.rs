//! What a client asserts about itself (RFC 7523 §3, OIDC Core §9). The signature has been checked; here
//! are the claims, and that each assertion is used once.

use serde_json::{Map, Value};

use super::Client;
use crate::jose::digest;
use crate::jose::foreign::Believed;

/// How far ahead an assertion may expire (R13), in seconds.
const LONGEST: i64 = 5 * 60;
/// How far the client's clock may be from ours, in seconds.
const TOLERANCE: i64 = 30;
const LONGEST_JTI: usize = 255;

/// Why a client is not who it says. Told to it only where it has shown its key already; all else is
/// [`Unproven::Failed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unproven {
    /// The client is unknown, uses another method, or has another secret or key: never told apart.
    Failed,
    /// A JWT of another kind.
    Kind,
    /// A claim is missing.
    Missing(&'static str),
    /// A claim has the wrong JSON type.
    WrongType(&'static str),
    /// `iss` or `sub` is not the client.
    NotItself,
    Audience,
    Expired,
    /// `exp` is too far ahead.
    TooLong,
    /// `iat` or `nbf` is ahead.
    NotYet,
    Jti,
    Replayed,
}

/// An assertion that may be used, once.
pub(super) struct Usable {
    pub digest: [u8; 32],
    /// In milliseconds: until then it must be remembered.
    pub expires_at: i64,
}

/// Checks the claims. `audiences` are the names we go by.
pub(super) fn check(
    client: &Client,
    believed: &Believed,
    audiences: &[String],
    now: i64,
) -> Result<Usable, Unproven> {
    // RFC 8725 §3.11: what was made to be another kind of JWT is no assertion.
    let kinds = [None, Some("jwt"), Some("client-authentication+jwt")];
    if !kinds.contains(&believed.typ.as_deref()) {
        return Err(Unproven::Kind);
    }
    let claims = &believed.claims;
    for name in ["iss", "sub"] {
        if text(claims, name)? != client.id {
            return Err(Unproven::NotItself);
        }
    }
    if !audience(claims)?.iter().any(|named| audiences.iter().any(|ours| ours == named)) {
        return Err(Unproven::Audience);
    }
    let seconds = now / 1000;
    let exp = time(claims, "exp")?.ok_or(Unproven::Missing("exp"))?;
    if exp <= seconds - TOLERANCE {
        return Err(Unproven::Expired);
    }
    if exp > seconds + LONGEST + TOLERANCE {
        return Err(Unproven::TooLong);
    }
    for name in ["iat", "nbf"] {
        if time(claims, name)?.is_some_and(|at| at > seconds + TOLERANCE) {
            return Err(Unproven::NotYet);
        }
    }
    let jti = text(claims, "jti")?;
    if jti.is_empty() || jti.len() > LONGEST_JTI {
        return Err(Unproven::Jti);
    }
    // A client id holds no NUL, so no two pairs make one text.
    let digest = digest::sha256(format!("{}\0{jti}", client.id).as_bytes());
    // For its life and the tolerance (R13), and a second because ours was rounded down.
    Ok(Usable { digest, expires_at: (exp + TOLERANCE + 1) * 1000 })
}

fn text<'c>(claims: &'c Map<String, Value>, name: &'static str) -> Result<&'c str, Unproven> {
    match claims.get(name) {
        None => Err(Unproven::Missing(name)),
        Some(Value::String(text)) => Ok(text),
        // R80: a claim of the wrong type is an error, not an absence.
        Some(_) => Err(Unproven::WrongType(name)),
    }
}

/// One string, or an array of them (RFC 7519 §4.1.3).
fn audience(claims: &Map<String, Value>) -> Result<Vec<&str>, Unproven> {
    match claims.get("aud") {
        None => Err(Unproven::Missing("aud")),
        Some(Value::String(one)) => Ok(vec![one]),
        Some(Value::Array(several)) => {
            several.iter().map(|one| one.as_str().ok_or(Unproven::WrongType("aud"))).collect()
        }
        Some(_) => Err(Unproven::WrongType("aud")),
    }
}

/// A NumericDate (RFC 7519 §2), in whole seconds.
fn time(claims: &Map<String, Value>, name: &'static str) -> Result<Option<i64>, Unproven> {
    let Some(value) = claims.get(name) else { return Ok(None) };
    let whole = value.as_i64().or_else(|| {
        let seconds = value.as_f64()?;
        // Within this bound nothing is lost but the fraction.
        #[expect(clippy::cast_possible_truncation, reason = "bounded, and the fraction is to go")]
        (seconds.abs() < 1e12).then_some(seconds as i64)
    });
    // Beyond a bound that no calendar needs, sums could overflow.
    let whole = whole.filter(|seconds| seconds.abs() < 1_000_000_000_000);
    whole.map(Some).ok_or(Unproven::WrongType(name))
}
