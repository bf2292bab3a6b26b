//! Rust's `openidconnect`, which our own upstreams are spoken to with as well.

use openidconnect::core::{
    CoreApplicationType, CoreAuthDisplay, CoreAuthenticationFlow, CoreClaimName, CoreClaimType,
    CoreClient, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey, CoreJsonWebKeySet,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreRegisterErrorResponseType, CoreResponseMode, CoreResponseType,
    CoreSubjectIdentifierType, CoreUserInfoClaims,
};
use openidconnect::registration::{
    AdditionalClientMetadata, ClientRegistrationRequest, EmptyAdditionalClientRegistrationResponse,
};
use openidconnect::{
    AccessTokenHash, AdditionalProviderMetadata, AuthenticationContextClass, AuthorizationCode,
    ClientId, ClientSecret, CsrfToken, EndSessionUrl, IntrospectionUrl, IssuerUrl, LogoutRequest,
    Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PostLogoutRedirectUrl, ProviderMetadata,
    RedirectUrl, RevocationUrl, Scope, TokenIntrospectionResponse as _, TokenResponse as _,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::browser::{Browser, Landing, query};
use crate::house::{CALLBACK, EMAIL, House, SPA, WEB};
use crate::oidc::signer::Signer;
use crate::on_both_databases;

const BYE: &str = "http://127.0.0.1:9/bye";

/// The crate's HTTP client over the reqwest that is in the tree.
async fn fetch(
    request: openidconnect::HttpRequest,
) -> Result<openidconnect::HttpResponse, reqwest::Error> {
    let (parts, body) = request.into_parts();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    // The crate revokes over TLS alone; this stands for the proxy that ends it before us.
    let url = parts.uri.to_string().replace("https://", "http://");
    let response =
        client.request(parts.method, url).headers(parts.headers).body(body).send().await?;
    let mut answer = http::Response::builder().status(response.status());
    *answer.headers_mut().unwrap() = response.headers().clone();
    Ok(answer.body(response.bytes().await?.to_vec()).unwrap())
}

fn issuer(house: &House) -> IssuerUrl {
    IssuerUrl::new(house.issuer.clone()).unwrap()
}

/// The answer to an authorization request that Ada allows.
async fn answer(browser: &Browser, url: &reqwest::Url, state: &CsrfToken) -> AuthorizationCode {
    let params: Vec<_> = url.query_pairs().into_owned().collect();
    let params: Vec<_> =
        params.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let answer = query(&browser.complete(&params).await);
    assert_eq!(&answer["state"], state.secret());
    AuthorizationCode::new(answer["code"].clone())
}

on_both_databases! {
    async fn the_code_flow(house: House) {
        for (id, secret) in [(WEB.0, Some(WEB.1)), (SPA, None)] {
            let metadata = CoreProviderMetadata::discover_async(issuer(&house), &fetch).await.unwrap();
            let client = CoreClient::from_provider_metadata(
                metadata, ClientId::new(id.to_owned()), secret.map(|secret| ClientSecret::new(secret.to_owned())),
            ).set_redirect_uri(RedirectUrl::new(CALLBACK.to_owned()).unwrap());
            let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
            let (url, state, nonce) = client
                .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
                .add_scope(Scope::new("profile".to_owned())).add_scope(Scope::new("email".to_owned()))
                .set_pkce_challenge(challenge).url();
            let code = answer(&Browser::new(&house), &url, &state).await;
            let tokens = client.exchange_code(code).unwrap()
                .set_pkce_verifier(verifier).request_async(&fetch).await.unwrap();
            let verifier = client.id_token_verifier();
            let id_token = tokens.id_token().unwrap();
            let claims = id_token.claims(&verifier, &nonce).unwrap();
            let hash = AccessTokenHash::from_token(
                tokens.access_token(), id_token.signing_alg().unwrap(), id_token.signing_key(&verifier).unwrap(),
            ).unwrap();
            assert_eq!(claims.access_token_hash(), Some(&hash), "at_hash");
            let userinfo: CoreUserInfoClaims = client
                .user_info(tokens.access_token().clone(), Some(claims.subject().clone())).unwrap()
                .request_async(&fetch).await.unwrap();
            assert_eq!(userinfo.email().unwrap().as_str(), EMAIL);
            let refreshed = client.exchange_refresh_token(tokens.refresh_token().unwrap()).unwrap()
                .request_async(&fetch).await.unwrap();
            assert!(refreshed.refresh_token().is_some());
        }
    }
}

/// What the crate leaves to its users to read from discovery.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Endpoints {
    #[serde(rename = "introspection_endpoint")]
    introspection: IntrospectionUrl,
    #[serde(rename = "revocation_endpoint")]
    revocation: RevocationUrl,
    #[serde(rename = "end_session_endpoint")]
    end_session: EndSessionUrl,
}

impl AdditionalProviderMetadata for Endpoints {}

type Provider = ProviderMetadata<
    Endpoints,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// What it leaves to them to register.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct AfterLogout {
    post_logout_redirect_uris: Vec<String>,
}

impl AdditionalClientMetadata for AfterLogout {}

type Registration = ClientRegistrationRequest<
    AfterLogout,
    EmptyAdditionalClientRegistrationResponse,
    CoreApplicationType,
    CoreClientAuthMethod,
    CoreRegisterErrorResponseType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// How a client proves who it is where it is asked to: by a JWT of its own, since the crate makes none,
/// or by nothing more than the crate sends itself.
struct Proof<'h> {
    house: &'h House,
    signer: Option<Signer>,
}

impl Proof<'_> {
    fn params(&self, id: &ClientId) -> Vec<(&'static str, String)> {
        let Some(signer) = &self.signer else { return Vec::new() };
        let now = self.house.clock.now() / 1000;
        let jti = self.house.app.core.random_token();
        let assertion = signer.sign(&json!({
            "iss": **id, "sub": **id, "aud": self.house.issuer, "iat": now, "exp": now + 60, "jti": jti.expose(),
        }));
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned();
        vec![("client_assertion_type", kind), ("client_assertion", assertion)]
    }
}

on_both_databases! {
    async fn from_registration_to_logout(house: House) {
        let by_secret = Proof { house: &house, signer: None };
        let by_key = Proof { house: &house, signer: Some(Signer::new("one")) };
        for proof in [by_secret, by_key] {
            from_registration_to_logout_with(&house, &proof).await;
        }
    }
}

async fn from_registration_to_logout_with(house: &House, proof: &Proof<'_>) {
    let provider = Provider::discover_async(issuer(house), &fetch).await.unwrap();
    let endpoints = provider.additional_metadata().clone();
    let after = AfterLogout { post_logout_redirect_uris: vec![BYE.to_owned()] };
    let redirect_uri = RedirectUrl::new(CALLBACK.to_owned()).unwrap();
    let mut registration = Registration::new(vec![redirect_uri.clone()], after)
        .set_grant_types(Some(vec![CoreGrantType::AuthorizationCode, CoreGrantType::RefreshToken]))
        .set_id_token_signed_response_alg(Some(CoreJwsSigningAlgorithm::EcdsaP256Sha256));
    if let Some(signer) = &proof.signer {
        let keys: CoreJsonWebKeySet = serde_json::from_value(signer.jwks()).unwrap();
        registration = registration
            .set_token_endpoint_auth_method(Some(CoreClientAuthMethod::PrivateKeyJwt))
            .set_jwks(Some(keys));
    }
    let endpoint = provider.registration_endpoint().unwrap().clone();
    let registered = registration.register_async(&endpoint, &fetch).await.unwrap();
    assert_eq!(registered.client_secret().is_some(), proof.signer.is_none());
    assert_eq!(registered.additional_metadata().post_logout_redirect_uris, [BYE]);

    let id = registered.client_id().clone();
    let revocation = endpoints.revocation.as_str().replace("http://", "https://");
    let client = CoreClient::from_provider_metadata(
        provider,
        id.clone(),
        registered.client_secret().cloned(),
    )
    .set_redirect_uri(redirect_uri)
    .set_introspection_url(endpoints.introspection)
    .set_revocation_url(RevocationUrl::new(revocation).unwrap());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let wishes = json!({ "id_token": { "email": { "essential": true } } });
    let (url, state, nonce) = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .add_scope(Scope::new("profile".to_owned()))
        .add_auth_context_value(AuthenticationContextClass::new("1".to_owned()))
        .set_max_age(std::time::Duration::from_mins(1))
        .add_extra_param("claims", wishes.to_string())
        .set_pkce_challenge(challenge)
        .url();
    let browser = Browser::new(house);
    let code = answer(&browser, &url, &state).await;
    let mut request = client.exchange_code(code).unwrap().set_pkce_verifier(verifier);
    for (name, value) in proof.params(&id) {
        request = request.add_extra_param(name, value);
    }
    let tokens = request.request_async(&fetch).await.unwrap();
    let id_token = tokens.id_token().unwrap();
    let claims = id_token.claims(&client.id_token_verifier(), &nonce).unwrap();
    assert_eq!(claims.auth_context_ref().map(|acr| acr.as_str()), Some("1"));
    assert!(claims.auth_time().is_some(), "max_age was asked for");
    assert_eq!(claims.email().map(|email| email.as_str()), Some(EMAIL));

    let active = async || {
        let mut request = client.introspect(tokens.access_token());
        for (name, value) in proof.params(&id) {
            request = request.add_extra_param(name, value);
        }
        let seen = request.request_async(&fetch).await.unwrap();
        assert_eq!(seen.client_id().is_some(), seen.active(), "and nothing of what is not");
        seen.active()
    };
    assert!(active().await);
    // With the refresh token goes all that its grant gave (RFC 7009 section 2.1).
    let mut request = client.revoke_token(tokens.refresh_token().unwrap().into()).unwrap();
    for (name, value) in proof.params(&id) {
        request = request.add_extra_param(name, value);
    }
    request.request_async(&fetch).await.unwrap();
    assert!(!active().await);

    let leaving = CsrfToken::new_random();
    let url = LogoutRequest::from(endpoints.end_session)
        .set_id_token_hint(id_token)
        .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(BYE.to_owned()).unwrap())
        .set_state(leaving.clone())
        .http_get_url();
    let Landing::Away(url) = browser.open(url).await else { panic!("a page") };
    assert!(url.as_str().starts_with(BYE), "{url}");
    assert_eq!(query(&url)["state"], *leaving.secret());
}
