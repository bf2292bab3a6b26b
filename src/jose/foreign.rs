//! Tokens that somebody else signed: a client's assertion, a client's request object. What the token
//! says of itself is believed in nothing but which key to look up.

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{Algorithm, Secret};

/// Longer texts are refused before any work.
const LONGEST: usize = 64 * 1024;
/// More keys of one set are not looked at.
const MOST_KEYS: usize = 32;
/// Headers that would bring a key along, name one elsewhere, or ask for what we do not understand
/// (RFC 8725 §3.10, RFC 7515 §4.1.11).
const REFUSED_HEADERS: [&str; 7] = ["crit", "jwk", "jku", "x5u", "x5c", "zip", "b64"];

/// Why a foreign token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unbelieved {
    #[error("not a compact JWS with a JSON object inside")]
    Malformed,
    #[error("a header that is not allowed: crit, jwk, jku, x5u, x5c, zip or b64")]
    Header,
    #[error("signed with an algorithm that is not allowed")]
    Algorithm,
    /// No key has that `kid`, or none fits: the set may have changed since.
    #[error("signed with a key that is not known")]
    UnknownKey,
    #[error("the signature is wrong")]
    Signature,
}

/// What a token that is believed says.
#[derive(Debug)]
pub struct Believed {
    /// In lower case, without `application/`.
    pub typ: Option<String>,
    pub claims: Map<String, Value>,
}

enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

struct ForeignKey {
    kid: Option<String>,
    /// The one that the key itself names.
    algorithm: Option<String>,
    material: Material,
}

/// Somebody else's public keys, parsed once.
#[derive(Default)]
pub struct ForeignKeys(Vec<ForeignKey>);

/// The set is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKeySet {
    #[error("expected a JWK Set: an object with an array `keys`")]
    Malformed,
    #[error("expected public keys only")]
    Private,
}

impl ForeignKeys {
    /// Reads a JWK Set. Keys that verify nothing here (of another type, curve or use, or too short)
    /// are left out, as RFC 7517 §5 asks.
    ///
    /// # Errors
    /// It is no set, or holds a private or symmetric key.
    pub fn parse(set: &Value) -> Result<Self, BadKeySet> {
        let keys = set.get("keys").and_then(Value::as_array).ok_or(BadKeySet::Malformed)?;
        if keys.iter().any(|key| !key.is_object()) {
            return Err(BadKeySet::Malformed);
        }
        let private = |key: &Value| key.get("d").is_some() || key.get("k").is_some();
        if keys.iter().any(private) {
            return Err(BadKeySet::Private);
        }
        Ok(Self(keys.iter().filter_map(ForeignKey::parse).take(MOST_KEYS).collect()))
    }

    /// Checks a signature with the key that the header names, or with each that fits where it names
    /// none. The algorithm must be one of those allowed, and one of that key.
    ///
    /// # Errors
    /// See [`Unbelieved`].
    pub fn verify(&self, token: &str, allowed: &[Algorithm]) -> Result<Believed, Unbelieved> {
        let parts = Parts::split(token)?;
        let named = parts.header.get("alg").and_then(Value::as_str);
        let algorithm = named
            .and_then(Algorithm::from_foreign_name)
            .filter(|algorithm| allowed.contains(algorithm))
            .ok_or(Unbelieved::Algorithm)?;
        let kid = match parts.header.get("kid") {
            None => None,
            Some(Value::String(kid)) => Some(kid.as_str()),
            Some(_) => return Err(Unbelieved::Malformed),
        };
        let fits = |key: &&ForeignKey| {
            key.fits(algorithm) && kid.is_none_or(|kid| key.kid.as_deref() == Some(kid))
        };
        let mut candidates = self.0.iter().filter(fits).peekable();
        if candidates.peek().is_none() {
            return Err(Unbelieved::UnknownKey);
        }
        if candidates.any(|key| key.verifies(algorithm, parts.signed, &parts.signature)) {
            return parts.believe();
        }
        // Without a kid nobody can tell a new key from a wrong signature.
        Err(if kid.is_some() { Unbelieved::Signature } else { Unbelieved::UnknownKey })
    }
}

/// The claims of a token that says of itself that it is not signed; `None` of any other.
#[must_use]
pub fn unsigned(token: &str) -> Option<Map<String, Value>> {
    let parts = Parts::split(token).ok()?;
    let is_unsigned = parts.header.get("alg").and_then(Value::as_str) == Some("none");
    (is_unsigned && parts.signature.is_empty()).then(|| parts.believe().ok())?.map(|it| it.claims)
}

/// Checks an HS256 signature made with a secret that both sides know (RFC 7518 §3.2).
///
/// # Errors
/// See [`Unbelieved`].
pub fn verify_shared(token: &str, secret: &Secret) -> Result<Believed, Unbelieved> {
    let parts = Parts::split(token)?;
    if parts.header.get("alg").and_then(Value::as_str) != Some("HS256") {
        return Err(Unbelieved::Algorithm);
    }
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    hmac::verify(&key, parts.signed.as_bytes(), &parts.signature)
        .map_err(|_| Unbelieved::Signature)?;
    parts.believe()
}

impl ForeignKey {
    fn parse(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        if text("use").is_some_and(|usage| usage != "sig") {
            return None;
        }
        let operations = jwk.get("key_ops").and_then(Value::as_array);
        if operations.is_some_and(|all| !all.iter().any(|one| one == "verify")) {
            return None;
        }
        let material = match (text("kty")?, text("crv")) {
            ("RSA", _) => {
                let unpadded = |name| {
                    let bytes = bytes(name)?;
                    let zeros = bytes.iter().take_while(|&&b| b == 0).count();
                    Some(bytes[zeros..].to_vec())
                };
                let (n, e) = (unpadded("n")?, unpadded("e")?);
                // 2048 to 8192 bits (RFC 7518 §3.3); the library holds to both bounds as well.
                let is_long = n.len() > 256 || (n.len() == 256 && n.first()? & 0x80 != 0);
                (is_long && n.len() <= 1024).then_some(Material::Rsa { n, e })?
            }
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                let point = [&[4][..], &x, &y].concat();
                (x.len() == 32 && y.len() == 32).then_some(Material::P256(point))?
            }
            ("OKP", Some("Ed25519")) => {
                let x = bytes("x")?;
                (x.len() == 32).then_some(Material::Ed25519(x))?
            }
            _ => return None,
        };
        Some(Self {
            kid: text("kid").map(str::to_owned),
            algorithm: text("alg").map(str::to_owned),
            material,
        })
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        let by_type = match self.material {
            Material::Rsa { .. } => matches!(algorithm, Algorithm::Rs256 | Algorithm::Ps256),
            Material::P256(_) => algorithm == Algorithm::Es256,
            Material::Ed25519(_) => algorithm == Algorithm::EdDsa,
        };
        let is_own = |own: &String| Algorithm::from_foreign_name(own) == Some(algorithm);
        by_type && self.algorithm.as_ref().is_none_or(is_own)
    }

    fn verifies(&self, algorithm: Algorithm, signed: &str, signature: &[u8]) -> bool {
        let signed = signed.as_bytes();
        match (&self.material, algorithm) {
            (Material::Rsa { n, e }, Algorithm::Rs256) => RsaPublicKeyComponents { n, e }
                .verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature)
                .is_ok(),
            (Material::Rsa { n, e }, Algorithm::Ps256) => RsaPublicKeyComponents { n, e }
                .verify(&RSA_PSS_2048_8192_SHA256, signed, signature)
                .is_ok(),
            (Material::P256(point), Algorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .verify(signed, signature)
                    .is_ok()
            }
            (Material::Ed25519(point), Algorithm::EdDsa) => {
                UnparsedPublicKey::new(&ED25519, point).verify(signed, signature).is_ok()
            }
            _ => false,
        }
    }
}

/// A compact JWS (RFC 7515 §7.1), taken apart.
struct Parts<'t> {
    header: Map<String, Value>,
    signed: &'t str,
    payload: &'t str,
    signature: Vec<u8>,
}

impl<'t> Parts<'t> {
    fn split(token: &'t str) -> Result<Self, Unbelieved> {
        if token.len() > LONGEST {
            return Err(Unbelieved::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Unbelieved::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Unbelieved::Malformed)?;
        let header = object(header)?;
        if REFUSED_HEADERS.iter().any(|&name| header.contains_key(name)) {
            return Err(Unbelieved::Header);
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| Unbelieved::Malformed)?;
        Ok(Self { header, signed, payload, signature })
    }

    fn believe(self) -> Result<Believed, Unbelieved> {
        let typ = match self.header.get("typ") {
            None => None,
            Some(Value::String(typ)) => {
                let typ = typ.to_ascii_lowercase();
                // RFC 7515 §4.1.9: the prefix may be left out.
                Some(typ.strip_prefix("application/").unwrap_or(&typ).to_owned())
            }
            Some(_) => return Err(Unbelieved::Malformed),
        };
        Ok(Believed { typ, claims: object(self.payload)? })
    }
}

fn object(part: &str) -> Result<Map<String, Value>, Unbelieved> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| Unbelieved::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| Unbelieved::Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::jose::{Kek, NewKey, SigningKey, TokenKind};

    fn pair(algorithm: Algorithm) -> (SigningKey, Value) {
        let directory = tempfile::tempdir().unwrap();
        let sealer = Kek::open(directory.path(), false).unwrap().sealer("test");
        let made = NewKey::generate(algorithm, &sealer).unwrap();
        let (public, private) = (&made.public_jwk, &made.private_jwe);
        let key = SigningKey::open(&made.kid, algorithm, public, private, &sealer).unwrap();
        (key, serde_json::from_str(public).unwrap())
    }

    fn set(keys: &[&Value]) -> ForeignKeys {
        ForeignKeys::parse(&json!({ "keys": keys })).unwrap()
    }

    fn token(key: &SigningKey, header: &Value) -> String {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(header), encode(&json!({ "sub": "ada" })));
        let signature = URL_SAFE_NO_PAD.encode(key.sign_raw(signed.as_bytes()).unwrap());
        format!("{signed}.{signature}")
    }

    #[test]
    fn a_token_is_believed_by_the_key_it_names_with_the_algorithm_of_that_key() {
        let pairs = Algorithm::ALL.map(pair);
        let all = set(&pairs.each_ref().map(|(_, jwk)| jwk));
        for (key, jwk) in &pairs {
            let token = key.sign(TokenKind::Id, &json!({ "sub": "ada" })).unwrap();
            let believed = all.verify(&token, &Algorithm::ALL).unwrap();
            assert_eq!(
                (believed.claims["sub"].as_str(), believed.typ.as_deref()),
                (Some("ada"), Some("jwt"))
            );
            let name = key.algorithm().name();
            assert!(all.verify(&token, &[]).is_err(), "{name} is not allowed here");
            if key.algorithm() == Algorithm::EdDsa {
                let renamed = self::token(key, &json!({ "alg": "Ed25519", "kid": jwk["kid"] }));
                assert!(all.verify(&renamed, &Algorithm::ALL).is_ok(), "RFC 9864 section 2.2");
            }
            // Without a kid every key that fits is tried.
            let nameless = self::token(key, &json!({ "alg": name }));
            assert!(all.verify(&nameless, &Algorithm::ALL).is_ok(), "{name}");
            let mut other = (*jwk).clone();
            other["kid"] = json!("another");
            let unknown = set(&[&other]).verify(&token, &Algorithm::ALL).unwrap_err();
            assert_eq!(unknown, Unbelieved::UnknownKey);
            other["kid"] = jwk["kid"].clone();
            other["use"] = json!("enc");
            assert!(set(&[&other]).verify(&token, &Algorithm::ALL).is_err(), "not for signatures");
        }
    }

    #[test]
    fn rfc8725_3_1_the_header_chooses_neither_algorithm_nor_key() {
        let (rsa, public) = pair(Algorithm::Rs256);
        let (_, foreign) = pair(Algorithm::Rs256);
        let kid = &public["kid"];
        let keys = set(&[&public]);
        let good = token(&rsa, &json!({ "alg": "RS256", "kid": kid }));
        assert!(keys.verify(&good, &Algorithm::ALL).is_ok());
        for alg in ["none", "None", "HS256", "PS256", "ES256", "rs256", "RS512"] {
            let bad = token(&rsa, &json!({ "alg": alg, "kid": kid }));
            assert!(keys.verify(&bad, &Algorithm::ALL).is_err(), "{alg}");
        }
        for (name, value) in [
            ("jwk", foreign.clone()),
            ("jku", json!("https://evil.example/jwks")),
            ("x5u", json!("https://evil.example/x")),
            ("x5c", json!(["AA=="])),
            ("crit", json!(["exp"])),
            ("b64", json!(false)),
            ("zip", json!("DEF")),
        ] {
            let bad = token(&rsa, &json!({ "alg": "RS256", "kid": kid, name: value }));
            assert_eq!(
                keys.verify(&bad, &Algorithm::ALL).unwrap_err(),
                Unbelieved::Header,
                "{name}"
            );
        }
        let unsigned = format!("{}.", good.rsplit_once('.').unwrap().0);
        assert_eq!(keys.verify(&unsigned, &Algorithm::ALL).unwrap_err(), Unbelieved::Signature);
        // An HMAC with the public key for its secret.
        assert!(verify_shared(&good, &Secret::new(public.to_string())).is_err());
    }

    #[test]
    fn weak_private_and_foreign_keys_are_not_taken() {
        let short = json!({ "kty": "RSA", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode([0xff; 128]) });
        assert!(set(&[&short]).0.is_empty(), "1024 bits");
        let p384 = json!({ "kty": "EC", "crv": "P-384", "x": "AA", "y": "AA" });
        assert!(set(&[&p384, &json!({}), &json!({ "kty": 5 })]).0.is_empty());
        for private in [json!({ "kty": "oct", "k": "AA" }), json!({ "kty": "OKP", "d": "AA" })] {
            let set = ForeignKeys::parse(&json!({ "keys": [private] }));
            assert_eq!(set.map(drop), Err(BadKeySet::Private));
        }
        for bad in [json!({}), json!([]), json!({ "keys": {} }), json!({ "keys": ["x"] })] {
            assert_eq!(ForeignKeys::parse(&bad).map(drop), Err(BadKeySet::Malformed), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_refused_without_a_panic(
            text in "\\PC{0,80}",
            parts in proptest::collection::vec("[A-Za-z0-9_-]{0,40}", 1..5),
            alg in "(none|HS256|RS256|PS256|ES256|EdDSA)",
            signature: Vec<u8>,
        ) {
            let x = URL_SAFE_NO_PAD.encode([7; 32]);
            let keys = set(&[
                &json!({ "kty": "EC", "crv": "P-256", "x": x, "y": x }),
                &json!({ "kty": "OKP", "crv": "Ed25519", "x": x }),
                &json!({ "kty": "RSA", "e": "AQAB", "n": URL_SAFE_NO_PAD.encode([0xff; 256]) }),
            ]);
            let header = URL_SAFE_NO_PAD.encode(json!({ "alg": alg }).to_string());
            let shaped = format!("{header}.e30.{}", URL_SAFE_NO_PAD.encode(signature));
            for token in [text, parts.join("."), shaped] {
                prop_assert!(keys.verify(&token, &Algorithm::ALL).is_err());
                prop_assert!(verify_shared(&token, &Secret::new("x")).is_err());
            }
        }
    }
}
