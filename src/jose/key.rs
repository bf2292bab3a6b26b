use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::EcCurve;
use josekit::jwk::alg::ed::EdCurve;
use jsonwebtoken::jwk::ThumbprintHash;
use jsonwebtoken::{DecodingKey, Header};
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::ring::TokenKind;
use super::verified::Verified;
use super::{Algorithm, JoseError, Sealer};

/// How a private key at rest says what it is.
const AT_REST: &str = "jwk+json";
const RSA_BITS: u32 = 2048;

/// A key just made, as it goes into the database.
pub struct NewKey {
    /// The RFC 7638 thumbprint.
    pub kid: String,
    pub public_jwk: String,
    /// The private key as an encrypted JWK (RFC 7517 §7).
    pub private_jwe: String,
}

impl NewKey {
    /// Makes a key pair; an RSA one takes about 0.1 s of CPU.
    ///
    /// # Errors
    /// The library's.
    pub fn generate(algorithm: Algorithm, sealer: &Sealer) -> Result<Self, JoseError> {
        let private = match algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => Jwk::generate_rsa_key(RSA_BITS),
            Algorithm::Es256 => Jwk::generate_ec_key(EcCurve::P256),
            Algorithm::EdDsa => Jwk::generate_ed_key(EdCurve::Ed25519),
        }
        .map_err(JoseError::new)?;
        let mut public = private.to_public_key().map_err(JoseError::new)?;
        let kid = thumbprint(&public)?;
        public.set_key_id(&kid);
        public.set_algorithm(algorithm.name());
        public.set_key_use("sig");
        let plain = Zeroizing::new(Value::Object(private.as_ref().clone()).to_string());
        Ok(Self {
            kid,
            public_jwk: Value::Object(public.as_ref().clone()).to_string(),
            private_jwe: sealer.seal(AT_REST, plain.as_bytes())?,
        })
    }
}

fn thumbprint(public: &Jwk) -> Result<String, JoseError> {
    let key: jsonwebtoken::jwk::Jwk =
        serde_json::from_value(Value::Object(public.as_ref().clone())).map_err(JoseError::new)?;
    key.thumbprint(ThumbprintHash::SHA256).map_err(JoseError::new)
}

enum Pair {
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// A key pair, parsed once, with the headers that it signs under already encoded.
pub struct SigningKey {
    pub(super) kid: String,
    pub(super) algorithm: Algorithm,
    /// A JWK, as JSON.
    pub(super) public: String,
    pub(super) decoding: DecodingKey,
    pair: Pair,
    headers: [String; TokenKind::ALL.len()],
    verified: Verified,
}

impl SigningKey {
    /// Takes a key out of its row.
    ///
    /// # Errors
    /// It was encrypted with another key-encryption key, or is malformed.
    pub fn open(
        kid: &str,
        algorithm: Algorithm,
        public_jwk: &str,
        private_jwe: &str,
        sealer: &Sealer,
    ) -> Result<Self, JoseError> {
        let plain = sealer.open(AT_REST, private_jwe).map(Zeroizing::new).ok_or_else(|| {
            JoseError::new(format!("{kid} is encrypted with another key-encryption key"))
        })?;
        let jwk = Jwk::from_bytes(plain.as_slice()).map_err(JoseError::new)?;
        let pair = Pair::open(algorithm, &jwk)?;
        let public = serde_json::from_str(public_jwk).map_err(JoseError::new)?;
        let decoding = DecodingKey::from_jwk(&public).map_err(JoseError::new)?;
        let mut headers = <[String; TokenKind::ALL.len()]>::default();
        for (encoded, kind) in headers.iter_mut().zip(TokenKind::ALL) {
            let mut header = Header::new(algorithm.of_library());
            header.typ = Some(kind.typ().to_owned());
            header.kid = Some(kid.to_owned());
            *encoded = encode(&header)?;
        }
        Ok(Self {
            kid: kid.to_owned(),
            algorithm,
            public: public_jwk.to_owned(),
            decoding,
            pair,
            headers,
            verified: Verified::default(),
        })
    }

    /// The key's algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key's id, its RFC 7638 thumbprint.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Makes a compact JWS (RFC 7515 §7.1). CPU only: RSA takes 0.2 ms, the others 0.01 ms.
    ///
    /// # Errors
    /// The library's.
    pub fn sign(&self, kind: TokenKind, claims: &impl Serialize) -> Result<String, JoseError> {
        self.finish(self.input(kind, claims)?)
    }

    /// What a signature of this key is made over (RFC 7515 §5.1), with room for it behind.
    ///
    /// # Errors
    /// The claims cannot be written.
    pub fn input(&self, kind: TokenKind, claims: &impl Serialize) -> Result<String, JoseError> {
        let header = &self.headers[kind as usize];
        let mut json = Vec::with_capacity(CLAIMS);
        serde_json::to_writer(&mut json, claims).map_err(JoseError::new)?;
        // The parts in base64 with their dots; the longest signature is that of RSA.
        let mut input = String::with_capacity(header.len() + json.len() * 4 / 3 + 360);
        input.push_str(header);
        input.push('.');
        URL_SAFE_NO_PAD.encode_string(json, &mut input);
        Ok(input)
    }

    /// Makes the compact JWS of what [`Self::input`] gave: all that takes long of it.
    ///
    /// # Errors
    /// The library's.
    pub fn finish(&self, input: String) -> Result<String, JoseError> {
        let mut token = input;
        let signature = self.sign_raw(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// Whether it is a token of that kind whose signature by this key was checked a while ago.
    pub(super) fn has_verified(&self, kind: TokenKind, token: &str) -> bool {
        let rest = token.strip_prefix(self.headers[kind as usize].as_str());
        rest.is_some_and(|rest| rest.starts_with('.')) && self.verified.has(token)
    }

    /// Notes that the signature of a token by this key holds. Only access tokens are shown often.
    pub(super) fn note_verified(&self, kind: TokenKind, token: &str) {
        if kind == TokenKind::Access {
            self.verified.note(token);
        }
    }

    /// Signs bytes: what a benchmark compares a request with.
    ///
    /// # Errors
    /// The library's.
    pub fn sign_raw(&self, message: &[u8]) -> Result<Vec<u8>, JoseError> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature).map_err(JoseError::new)?;
                Ok(signature)
            }
            Pair::Ec(pair) => {
                Ok(pair.sign(&random, message).map_err(JoseError::new)?.as_ref().to_vec())
            }
            Pair::Ed(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

impl Pair {
    fn open(algorithm: Algorithm, jwk: &Jwk) -> Result<Self, JoseError> {
        let part = |name: &str| part(jwk, name);
        let pair = match algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => {
                let components = KeyPairComponents {
                    public_key: PublicKeyComponents { n: part("n")?, e: part("e")? },
                    d: part("d")?,
                    p: part("p")?,
                    q: part("q")?,
                    dP: part("dp")?,
                    dQ: part("dq")?,
                    qInv: part("qi")?,
                };
                let pss = algorithm == Algorithm::Ps256;
                let encoding: &'static dyn RsaEncoding =
                    if pss { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                RsaKeyPair::from_components(&components).map(|pair| Self::Rsa(pair, encoding))
            }
            Algorithm::Es256 => {
                // The uncompressed point (SEC 1 §2.3.3).
                let point = [&[4][..], part("x")?.as_slice(), part("y")?.as_slice()].concat();
                let signing = &ECDSA_P256_SHA256_FIXED_SIGNING;
                EcdsaKeyPair::from_private_key_and_public_key(signing, &part("d")?, &point)
                    .map(Self::Ec)
            }
            Algorithm::EdDsa => {
                Ed25519KeyPair::from_seed_and_public_key(&part("d")?, &part("x")?).map(Self::Ed)
            }
        };
        pair.map_err(JoseError::new)
    }
}

/// As long as most claims are, in bytes of JSON.
const CLAIMS: usize = 512;

/// A member of a JWK, decoded (RFC 7518 §6.2, §6.3; RFC 8037 §2).
fn part(jwk: &Jwk, name: &str) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    jwk.parameter(name)
        .and_then(Value::as_str)
        .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
        .map(Zeroizing::new)
        .ok_or_else(|| JoseError::new(format!("{name} is missing")))
}

fn encode(part: &impl Serialize) -> Result<String, JoseError> {
    serde_json::to_vec(part).map(|json| URL_SAFE_NO_PAD.encode(json)).map_err(JoseError::new)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::jose::{Kek, Life, Ring, RingKey};

    const ALWAYS: Life =
        Life { signs_from: 0, signs_until: None, leaves_at: None, retired_at: None };

    #[test]
    fn a_token_that_was_verified_is_known_again_and_nothing_else_is() {
        let directory = tempfile::tempdir().unwrap();
        let sealer = Kek::open(directory.path(), false).unwrap().sealer("test");
        let algorithm = Algorithm::Es256;
        let made = NewKey::generate(algorithm, &sealer).unwrap();
        let (public, private) = (&made.public_jwk, &made.private_jwe);
        let key = SigningKey::open(&made.kid, algorithm, public, private, &sealer).unwrap();
        let key = Arc::new(key);
        let ring = |life| Ring::new(vec![RingKey { key: Arc::clone(&key), life }]);
        let (standing, kind) = (ring(ALWAYS), TokenKind::Access);
        let verifies = |ring: &Ring, token: &str| ring.verify::<Value>(kind, token, 1).is_ok();
        let claims = serde_json::json!({ "sub": "ada" });
        let token = key.sign(kind, &claims).unwrap();

        assert!(!key.has_verified(kind, &token), "not by having been signed");
        assert!(verifies(&standing, &token) && key.has_verified(kind, &token));
        assert_eq!(standing.verify::<Value>(kind, &token, 1).unwrap(), claims);
        assert!(!key.has_verified(TokenKind::Id, &token), "kinds are one");
        assert!(standing.verify::<Value>(TokenKind::Id, &token, 1).is_err());
        // Another signature over the same claims, other claims under the same signature.
        let (input, signature) = token.rsplit_once('.').unwrap();
        let eve = key.sign(kind, &serde_json::json!({ "sub": "eve" })).unwrap();
        let (_, other) = eve.rsplit_once('.').unwrap();
        let (header, _) = input.split_once('.').unwrap();
        let forged = [
            format!("{input}.{other}"),
            format!("{input}."),
            format!("{input}.{signature}A"),
            format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode(br#"{"sub":"eve"}"#)),
            token.to_uppercase(),
        ];
        for forged in forged {
            assert!(!verifies(&standing, &forged) && !verifies(&standing, &forged), "{forged}");
            assert!(!key.has_verified(kind, &forged), "{forged}");
        }
        // Whatever the key remembers, its phase decides.
        assert!(verifies(&standing, &token));
        assert!(!verifies(&ring(Life { retired_at: Some(1), ..ALWAYS }), &token));
        assert!(!verifies(&ring(Life { leaves_at: Some(1), ..ALWAYS }), &token));
        assert!(!verifies(&Ring::default(), &token));
        // Tokens that are good once are not worth a slot.
        let refresh = key.sign(TokenKind::Refresh, &claims).unwrap();
        assert!(standing.verify::<Value>(TokenKind::Refresh, &refresh, 1).is_ok());
        assert!(!key.has_verified(TokenKind::Refresh, &refresh));
    }

    #[test]
    fn a_key_of_every_algorithm_comes_back_from_its_row_and_signs() {
        let directory = tempfile::tempdir().unwrap();
        let sealer = Kek::open(directory.path(), false).unwrap().sealer("test");
        for algorithm in Algorithm::ALL {
            let made = NewKey::generate(algorithm, &sealer).unwrap();
            assert!(!made.private_jwe.contains(&made.kid), "the private half is readable");
            let (public, private) = (&made.public_jwk, &made.private_jwe);
            let key = SigningKey::open(&made.kid, algorithm, public, private, &sealer)
                .unwrap_or_else(|error| panic!("{algorithm}: {error}"));
            let token = key.sign(TokenKind::Access, &serde_json::json!({ "sub": "ada" })).unwrap();
            let ring = Ring::new(vec![RingKey { key: key.into(), life: ALWAYS }]);
            assert!(ring.signer(algorithm, 1).is_some());
            assert!(ring.signer(algorithm, -1).is_some(), "a clock that lags");
            let claims: Value = ring.verify(TokenKind::Access, &token, 1).unwrap();
            assert_eq!(claims["sub"], "ada");
            assert!(ring.verify::<Value>(TokenKind::Id, &token, 1).is_err(), "kinds are one");
            let published = ring.jwks(1);
            for private in ["\"d\"", "\"p\"", "\"q\"", "\"k\""] {
                assert!(!published.contains(private), "{algorithm}: the JWKS shows {private}");
            }
        }
    }
}
