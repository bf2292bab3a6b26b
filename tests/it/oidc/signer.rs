//! A key of a client's own, and clients that are registered for a test.

use countersign::config::ClientMetadata;
use josekit::jwk::Jwk;
use josekit::jws::{self, JwsHeader};
use josekit::jwt::{self, JwtPayload};
use serde_json::{Value, json};

use crate::house::House;

pub struct Signer {
    private: Jwk,
    pub kid: &'static str,
}

impl Signer {
    pub fn new(kid: &'static str) -> Self {
        let private = Jwk::generate_ec_key(josekit::jwk::alg::ec::EcCurve::P256).unwrap();
        Self { private, kid }
    }

    pub fn jwks(&self) -> Value {
        let mut public = self.private.to_public_key().unwrap();
        public.set_key_id(self.kid);
        public.set_key_use("sig");
        json!({ "keys": [public] })
    }

    /// A JWT of those claims, with ES256.
    pub fn sign(&self, claims: &Value) -> String {
        let mut header = JwsHeader::new();
        header.set_key_id(self.kid);
        let signer = jws::ES256.signer_from_jwk(&self.private).unwrap();
        jws::serialize_compact(claims.to_string().as_bytes(), &header, &signer).unwrap()
    }
}

/// A JWT that nobody signed.
pub fn unsigned(claims: &Value) -> String {
    let payload = JwtPayload::from_map(claims.as_object().unwrap().clone()).unwrap();
    jwt::encode_unsecured(&payload, &JwsHeader::new()).unwrap()
}

/// Registers a client; its id and secret.
pub async fn register(house: &House, metadata: Value) -> (String, String) {
    let metadata: ClientMetadata = serde_json::from_value(metadata).unwrap();
    let made = house.app.core.register_client(metadata, house.clock.now()).await.unwrap().unwrap();
    let secret = made.client_secret.map(|secret| secret.expose().to_owned());
    (made.client_id, secret.unwrap_or_default())
}
