//! Request objects by value (OIDC Core §6.1, RFC 9101): the parameters as a JWT that the client
//! signed. What stands inside wins.

use serde_json::{Map, Value};

use super::Told;
use super::checks::Refused;
use crate::app::Shared;
use crate::core::SignatureAlgorithm;
use crate::core::clients::Client;
use crate::oidc::params::Params;

/// How far the clocks of two machines may be apart, in seconds.
const SKEW: i64 = 10;

/// What a JWT says of itself, which is no parameter of the request.
const OF_THE_JWT: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

/// What becomes of a request that is no object.
pub fn without(client: &Client) -> Result<Option<Params>, Told> {
    if client.request_objects.required {
        return Err((
            "invalid_request",
            "this client must send a signed request object".to_owned(),
        ));
    }
    Ok(None)
}

/// The parameters of a request that came in an object; `None` where that has a flaw. The inner error
/// is told to the client.
pub async fn open(
    app: &Shared,
    client: &Client,
    params: &Params,
    now: i64,
) -> Result<Result<Option<Params>, Told>, Refused> {
    // A flaw is told with all others.
    let Ok(Some(object)) = params.get("request") else { return Ok(Ok(None)) };
    let claims = match read(app, client, object, now).await? {
        Ok(claims) => claims,
        Err(told) => return Ok(Err(told)),
    };
    Ok(read_claims(app.core.issuer(), client, params, claims, now).map(Some))
}

/// The parameters that an object's claims are, once its signature holds.
pub fn read_claims(
    issuer: &str,
    client: &Client,
    params: &Params,
    claims: Map<String, Value>,
    now: i64,
) -> Result<Params, Told> {
    check(issuer, client, params, &claims, now)?;
    // RFC 9101 §6.3: of a client that must sign, nothing outside counts.
    let outside = (!client.request_objects.required).then_some(params);
    Ok(Params::layered(&pairs(claims), outside))
}

fn invalid<T>(description: &str) -> Result<T, Told> {
    Err(("invalid_request_object", description.to_owned()))
}

async fn read(
    app: &Shared,
    client: &Client,
    object: &str,
    now: i64,
) -> Result<Result<Map<String, Value>, Told>, Refused> {
    let rule = &client.request_objects;
    if let Some(claims) = app.core.unsigned_request(object) {
        return Ok(if rule.accepts_unsigned {
            Ok(claims)
        } else {
            invalid("the request object must be signed")
        });
    }
    let fixed = rule.algorithm.map(|algorithm| vec![algorithm]);
    let algorithms = fixed.unwrap_or_else(|| SignatureAlgorithm::ALL.to_vec());
    let verified = app.core.verify_client_jwt(client, object, &algorithms, now).await;
    Ok(verified.or_else(|_| {
        invalid("the request object is not signed by this client's key, in an algorithm it may use")
    }))
}

/// The claims of the JWT itself, and that inside and outside agree on who asks for what.
fn check(
    issuer: &str,
    client: &Client,
    outside: &Params,
    claims: &Map<String, Value>,
    now: i64,
) -> Result<(), Told> {
    let is = |name: &str, expected: &str| match claims.get(name) {
        None => true,
        Some(value) => value.as_str() == Some(expected),
    };
    if !is("iss", &client.id) || !is("client_id", &client.id) {
        return invalid("iss and client_id of the request object must be the client's");
    }
    // RFC 9101 §10.8: a client assertion is no request object.
    if claims.get("sub").is_some_and(|sub| sub.as_str() == Some(client.id.as_str())) {
        return invalid("the request object must not be about the client itself");
    }
    let is_ours = match claims.get("aud") {
        None => true,
        Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(issuer)),
        Some(one) => one.as_str() == Some(issuer),
    };
    if !is_ours {
        return invalid("aud of the request object must be the issuer");
    }
    let now = now / 1000;
    let time = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => match value.as_i64().or_else(|| whole(value.as_f64())) {
            Some(seconds) => Ok(Some(seconds)),
            None => invalid("exp, nbf and iat of the request object must be numbers"),
        },
    };
    if time("exp")?.is_some_and(|exp| exp <= now) {
        return invalid("the request object has expired");
    }
    if time("nbf")?.max(time("iat")?).is_some_and(|from| from > now + SKEW) {
        return invalid("the request object is not valid yet");
    }
    // RFC 9101 §4: an object holds no other.
    if claims.contains_key("request") || claims.contains_key("request_uri") {
        return invalid("a request object must not hold request or request_uri");
    }
    if let (Some(inside), Ok(Some(outside))) =
        (claims.get("response_type"), outside.get("response_type"))
        && inside.as_str() != Some(outside)
    {
        // OIDC Core §6.1.
        return invalid("response_type differs inside and outside of the request object");
    }
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "a time of day; nonsense is refused")]
fn whole(seconds: Option<f64>) -> Option<i64> {
    seconds.filter(|seconds| seconds.abs() < 1e12).map(|seconds| seconds as i64)
}

/// The parameters: texts as they are, numbers in decimal, documents as JSON, lists one by one.
fn pairs(claims: Map<String, Value>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for (name, value) in claims {
        if OF_THE_JWT.contains(&name.as_str()) {
            continue;
        }
        match value {
            Value::Null => {}
            Value::String(text) if text.is_empty() => {}
            Value::String(text) => pairs.push((name, text)),
            Value::Array(several) if name == "resource" => {
                let texts = several.into_iter().filter_map(|one| match one {
                    Value::String(text) => Some(text),
                    _ => None,
                });
                pairs.extend(texts.map(|text| (name.clone(), text)));
            }
            other => pairs.push((name, other.to_string())),
        }
    }
    pairs
}
