//! The provider's metadata (OpenID Connect Discovery 1.0 §3, RFC 8414 §2), made once from the tables
//! that the endpoints themselves go by.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::client_auth::{self, METHODS};
use super::grant::GRANTS;
use crate::app::{Shared, paths};
use crate::core::claims_request::ACR_VALUES;
use crate::core::clients::AuthMethod;
use crate::core::flow::ResponseMode;
use crate::core::language::Language;
use crate::core::{Core, SignatureAlgorithm, claims, scope};

/// The document.
#[must_use]
pub fn describe(core: &Core) -> Value {
    let issuer = core.issuer();
    let url = |path: &str| format!("{issuer}{path}");
    let algorithms: Vec<_> = core.algorithms().iter().map(|algorithm| algorithm.name()).collect();
    let protocol = [
        "sub",
        "iss",
        "aud",
        "azp",
        "exp",
        "iat",
        "auth_time",
        "nonce",
        "at_hash",
        "c_hash",
        "sid",
        "acr",
        "amr",
    ];
    let shown = claims::BY_SCOPE.iter().flat_map(|(_, names)| names.iter().copied());
    let methods: Vec<_> = METHODS.iter().map(|method| method.kind).collect();
    let names =
        |methods: &[AuthMethod]| -> Vec<_> { methods.iter().map(|method| method.name()).collect() };
    // RFC 7662 §2.1: whoever asks about tokens proves who they are.
    let proving: Vec<_> =
        methods.iter().copied().filter(|method| *method != AuthMethod::None).collect();
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": url(paths::AUTHORIZE),
        "token_endpoint": url(paths::TOKEN),
        "userinfo_endpoint": url(paths::USERINFO),
        "jwks_uri": url(paths::JWKS),
        "pushed_authorization_request_endpoint": url(paths::PAR),
        "introspection_endpoint": url(paths::INTROSPECT),
        "revocation_endpoint": url(paths::REVOKE),
        "end_session_endpoint": url(paths::END_SESSION),
        "scopes_supported": scope::STANDARD,
        "response_types_supported": ["code"],
        "response_modes_supported": ResponseMode::ALL.map(ResponseMode::name),
        "grant_types_supported": GRANTS.iter().map(|grant| grant.kind.name()).collect::<Vec<_>>(),
        "subject_types_supported": ["public"],
        "acr_values_supported": ACR_VALUES,
        "id_token_signing_alg_values_supported": algorithms,
        "userinfo_signing_alg_values_supported": algorithms,
        "request_object_signing_alg_values_supported":
            SignatureAlgorithm::ALL.map(SignatureAlgorithm::name),
        "token_endpoint_auth_methods_supported": names(&methods),
        "token_endpoint_auth_signing_alg_values_supported": client_auth::signing_algorithms(),
        // Left out they would mean client_secret_basic, and nothing else (RFC 8414 §2).
        "revocation_endpoint_auth_methods_supported": names(&methods),
        "revocation_endpoint_auth_signing_alg_values_supported": client_auth::signing_algorithms(),
        "introspection_endpoint_auth_methods_supported": names(&proving),
        "introspection_endpoint_auth_signing_alg_values_supported":
            client_auth::signing_algorithms(),
        "claim_types_supported": ["normal"],
        "claims_supported": protocol.into_iter().chain(shown).collect::<Vec<_>>(),
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "consent", "select_account", "create"],
        "ui_locales_supported": Language::ALL.map(Language::tag),
        "authorization_response_iss_parameter_supported": true,
        "claims_parameter_supported": true,
        "request_parameter_supported": true,
        // Its default is true (Discovery §3).
        "request_uri_parameter_supported": false,
    });
    if core.registers_clients() {
        document["registration_endpoint"] = url(paths::REGISTER).into();
    }
    document
}

pub async fn get(State(app): State<Shared>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    (headers, app.discovery.clone()).into_response()
}
