//! The peers, proved without us: each lets in somebody whose request and code are as they should be, by
//! the crate `openidconnect` where it is a provider of OpenID Connect, and refuses anybody else.

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    TokenResponse as _,
};
use serde_json::{Value, json};

use super::{CLIENT, Demo, Forge, Scripted, Signature, basic, challenge, set};
use crate::browser::{Browser, CHALLENGE, Landing, VERIFIER, query};
use crate::house::json as json_of;

const HOUSE: &str = "http://127.0.0.1:9";

async fn fetch(
    request: openidconnect::HttpRequest,
) -> Result<openidconnect::HttpResponse, reqwest::Error> {
    let (parts, body) = request.into_parts();
    let request = reqwest::Client::new().request(parts.method, parts.uri.to_string());
    let response = request.headers(parts.headers).body(body).send().await?;
    let mut answer = http::Response::builder().status(response.status());
    *answer.headers_mut().unwrap() = response.headers().clone();
    Ok(answer.body(response.bytes().await?.to_vec()).unwrap())
}

/// Whom the crate finds at a provider, or that it found something wrong.
async fn found_at(issuer: &str, callback: &str, verifier: Option<&str>) -> Result<Value, String> {
    let issuer = IssuerUrl::new(issuer.to_owned()).unwrap();
    let metadata = CoreProviderMetadata::discover_async(issuer, &fetch).await.unwrap();
    let secret = ClientSecret::new(CLIENT.1.to_owned());
    let client = CoreClient::from_provider_metadata(
        metadata,
        ClientId::new(CLIENT.0.to_owned()),
        Some(secret),
    )
    .set_redirect_uri(RedirectUrl::new(callback.to_owned()).unwrap());
    let (challenge, ours) = PkceCodeChallenge::new_random_sha256();
    let flow = CoreAuthenticationFlow::AuthorizationCode;
    let (url, state, nonce) = client
        .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
        .add_scope(Scope::new("profile".to_owned()))
        .add_scope(Scope::new("email".to_owned()))
        .set_pkce_challenge(challenge)
        .url();
    let browser =
        Browser::at("http://127.0.0.1:1", "en").at_home_in(&url.origin().ascii_serialization());
    let answer = match browser.open(url).await {
        Landing::Away(answer) => answer,
        Landing::Page(page) => match browser.press(&page, "enter", &[("login", "mia")]).await {
            Landing::Away(answer) => answer,
            Landing::Page(page) => panic!("{}", page.html),
        },
    };
    let answer = query(&answer);
    assert_eq!(&answer["state"], state.secret());
    let verifier = verifier.map_or(ours, |other| PkceCodeVerifier::new(other.to_owned()));
    let tokens = client.exchange_code(AuthorizationCode::new(answer["code"].clone())).unwrap();
    let tokens = tokens.set_pkce_verifier(verifier).request_async(&fetch).await;
    let tokens = tokens.map_err(|error| format!("{error:?}"))?;
    let claims = tokens.id_token().unwrap().claims(&client.id_token_verifier(), &nonce);
    let claims = claims.map_err(|error| format!("{error:?}"))?;
    let userinfo: CoreUserInfoClaims = client
        .user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
        .unwrap()
        .request_async(&fetch)
        .await
        .map_err(|error| format!("{error:?}"))?;
    Ok(json!({
        "iss": answer["iss"], "sub": claims.subject(), "email": userinfo.email(),
        "email_verified": userinfo.email_verified(),
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_as_authentik_is() {
    let demo = Demo::start(HOUSE).await;
    let callback = format!("{HOUSE}/auth/callback/demo");
    let mia = json!({ "iss": demo.issuer, "sub": "mia", "email": "mia@example.com", "email_verified": false });
    assert_eq!(found_at(&demo.issuer, &callback, None).await.unwrap(), mia);
    assert!(demo.issuer.ends_with('/'));
    let asked = demo.seen("/auth").await;
    assert_eq!(asked[0]["code_challenge_method"], "S256");
    demo.rotate_keys().await;
    demo.be_brief().await;
    assert_eq!(found_at(&demo.issuer, &callback, None).await.unwrap(), mia);
    let other = found_at(&demo.issuer, &callback, Some(VERIFIER)).await.unwrap_err();
    assert!(other.contains("invalid_grant"), "it checks PKCE: {other}");
    demo.is_open(false).await;
    let discovery = format!("{}.well-known/openid-configuration", demo.issuer);
    reqwest::get(&discovery).await.unwrap_err();
    demo.is_open(true).await;
    assert_eq!(reqwest::get(&discovery).await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_whose_answers_are_altered() {
    let mut provider = Scripted::start().await;
    let callback = format!("{HOUSE}/auth/callback/guild");
    let found = async |provider: &Scripted| found_at(&provider.issuer, &callback, None).await;
    let mia = found(&provider).await.unwrap();
    assert_eq!((&mia["sub"], &mia["email_verified"]), (&json!("mia"), &json!(true)));
    assert_eq!((provider.asked("token"), provider.asked("jwks")), (1, 1));
    let other = found_at(&provider.issuer, &callback, Some(VERIFIER)).await.unwrap_err();
    assert!(other.contains("invalid_grant"), "it checks PKCE: {other}");
    provider.lie(|script| script.claims = set("aud", "another"));
    assert!(found(&provider).await.unwrap_err().contains("InvalidAudience"));
    for signature in [
        Signature::Stranger,
        Signature::Broken,
        Signature::None,
        Signature::Hmac(Scripted::public_pem()),
    ] {
        provider.repent();
        provider.lie(|script| script.signature = signature);
        found(&provider).await.unwrap_err();
    }
    provider.repent();
    provider.lie(|script| script.key = ("next".to_owned(), 1));
    assert_eq!(found(&provider).await.unwrap(), mia);
    provider.close().await;
    reqwest::get(&provider.issuer).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_as_github_is() {
    let forge = Forge::start().await;
    assert_eq!(challenge(VERIFIER), CHALLENGE, "RFC 7636 appendix B");
    assert!(basic().starts_with("Basic "));
    let callback = format!("{HOUSE}/auth/callback/forge");
    let http =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let asked = [
        ("client_id", CLIENT.0),
        ("redirect_uri", &callback),
        ("scope", "read:user user:email"),
        ("state", "s"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let code = async || {
        let answer =
            http.get(format!("{}/login/oauth/authorize", forge.origin)).query(&asked).send();
        let location = answer.await.unwrap().headers()["location"].to_str().unwrap().to_owned();
        query(&location.parse().unwrap()).remove("code").unwrap()
    };
    let exchange = |code: &str, verifier: &str| {
        let form = [
            ("client_id", CLIENT.0),
            ("client_secret", CLIENT.1),
            ("code", code),
            ("redirect_uri", &callback),
            ("code_verifier", verifier),
        ];
        http.post(format!("{}/login/oauth/access_token", forge.origin)).form(&form)
    };
    let told = async |request: reqwest::RequestBuilder| {
        json_of(request.header("accept", "application/json").send().await.unwrap(), 200).await
    };
    for refused in [exchange("another", VERIFIER), exchange(&code().await, "another")] {
        assert_eq!(told(refused).await["error"], "bad_verification_code");
    }
    let form = exchange(&code().await, VERIFIER).send().await.unwrap().text().await.unwrap();
    assert!(form.contains("access_token=gho_access&"), "to whoever does not ask for JSON: {form}");
    let told = told(exchange(&code().await, VERIFIER)).await;
    assert_eq!(told["access_token"], "gho_access");
    let user = http.get(format!("{}/user", forge.origin)).bearer_auth("gho_access");
    assert_eq!(user.try_clone().unwrap().send().await.unwrap().status(), 403, "who asks?");
    let user: Value = user.header("user-agent", "x").send().await.unwrap().json().await.unwrap();
    assert_eq!((&user["id"], &user["email"]), (&json!(583_231), &Value::Null));
    assert_eq!(forge.asked("/user").len(), 2);
}
