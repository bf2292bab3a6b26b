//! What a certification run looks at beside the rest of these tests, by the numbers of its list.

use std::collections::HashMap;

use countersign::core::SignatureAlgorithm;
use countersign::jose::foreign::ForeignKeys;
use serde_json::{Value, json as value};

use super::code::{claims, redemption};
use super::signer::register;
use crate::browser::{Browser, Landing, query, request, request_with};
use crate::host::Host;
use crate::house::{CALLBACK, Db, House, WEB, json};
use crate::on_both_databases;

async fn redeem(house: &House, code: &str) -> Value {
    json(house.token(WEB, &redemption(code)).send().await.unwrap(), 200).await
}

#[tokio::test(flavor = "multi_thread")]
async fn conformance_13_registration_errors_are_of_two_kinds() {
    let host = Host::https();
    for db in [Db::Sqlite, Db::Postgres] {
        let directory = tempfile::TempDir::new().unwrap();
        let house = House::open_with(db, &host.outbound(directory.path())).await;
        let sector = host.put("/sector", &value!(["https://a.example/cb"]));
        let cases = [
            ("invalid_redirect_uri", value!({ "redirect_uris": ["https://a.example/cb#x"] })),
            ("invalid_redirect_uri", value!({ "redirect_uris": [] })),
            (
                "invalid_client_metadata",
                value!({
                    "redirect_uris": ["https://a.example/cb"], "initiate_login_uri": "http://a.example/login",
                }),
            ),
            (
                "invalid_client_metadata",
                value!({
                    "redirect_uris": ["https://b.example/cb"], "sector_identifier_uri": sector,
                }),
            ),
        ];
        for (error, metadata) in cases {
            let answer =
                house.http.post(house.url("/register")).json(&metadata).send().await.unwrap();
            assert_eq!(answer.headers()["content-type"], "application/json");
            let told = json(answer, 400).await;
            // OpenID Connect Registration section 3.3: the second is as good for what a sector lacks.
            let known = ["invalid_redirect_uri", "invalid_client_metadata"];
            assert!(known.contains(&told["error"].as_str().unwrap()), "{told}");
            if metadata.get("sector_identifier_uri").is_none() {
                assert_eq!(told["error"], error, "{metadata}");
            }
        }
    }
}

on_both_databases! {
    async fn conformance_22_23_30_nonce_and_state_come_back_as_they_were_and_iss_with_them(house: House) {
        let browser = Browser::new(&house);
        let state = "s".repeat(128);
        for length in [0, 43, 64, 1000] {
            let nonce = "n".repeat(length);
            let params = request_with("web", &[("nonce", &nonce), ("state", &state)]);
            let url = browser.complete(&params).await;
            assert!(url.as_str().starts_with(&format!("{CALLBACK}&")), "the registered query comes first: {url}");
            let answer = query(&url);
            assert_eq!((answer["state"].as_str(), answer["iss"].as_str()), (state.as_str(), house.issuer.as_str()));
            let id = claims(&redeem(&house, &answer["code"]).await["id_token"]);
            assert_eq!(id["iss"], house.issuer);
            assert_eq!(id.get("nonce").and_then(Value::as_str).unwrap_or_default(), nonce);
        }
        for state in [state.as_str(), ""] {
            let refused = request_with("web", &[("scope", "admin"), ("state", state)]);
            let Landing::Away(url) = browser.authorize(&refused).await else { panic!("a page") };
            let answer = query(&url);
            assert_eq!(answer["iss"], house.issuer, "errors too");
            // Never invented when none was sent.
            assert_eq!(answer.get("state").map_or("", String::as_str), state);
        }
        let none = query(&browser.complete(&request_with("web", &[("state", "")])).await);
        assert!(!none.contains_key("state"));
    }
}

on_both_databases! {
    async fn conformance_24_prompt_none_goes_straight_through_for_the_same_person(house: House) {
        let browser = Browser::new(&house);
        let silent = |changes: &[(&'static str, &str)]| {
            let mut changes = changes.to_vec();
            changes.push(("prompt", "none"));
            request_with("web", &changes)
        };
        let Landing::Away(url) = browser.authorize(&silent(&[])).await else { panic!("a page") };
        assert_eq!(query(&url)["error"], "login_required");
        let first = redeem(&house, &browser.code(&request("web")).await).await;
        let hint = first["id_token"].as_str().unwrap();
        for changes in [vec![], vec![("id_token_hint", hint)]] {
            house.clock.advance(5_000);
            let Landing::Away(url) = browser.authorize(&silent(&changes)).await else { panic!("a page") };
            let next = redeem(&house, &query(&url)["code"]).await;
            for claim in ["sub", "auth_time"] {
                assert_eq!(claims(&next["id_token"])[claim], claims(&first["id_token"])[claim]);
            }
        }
    }
}

on_both_databases! {
    async fn conformance_26_prompt_consent_with_offline_access_asks_and_gives_a_refresh_token(house: House) {
        let browser = Browser::new(&house);
        let params = request_with("web", &[("scope", "openid offline_access"), ("prompt", "consent")]);
        browser.complete(&params).await;
        let Landing::Page(page) = browser.authorize(&params).await else { panic!("nobody was asked") };
        assert_eq!(page.url.path(), "/consent", "again, though it was allowed");
        let Landing::Away(url) = browser.press(&page, "allow", &[]).await else { panic!("no answer") };
        let tokens = redeem(&house, &query(&url)["code"]).await;
        assert!(tokens["refresh_token"].is_string());
        assert_eq!(tokens["scope"], "openid offline_access");
    }
}

/// Bits of all these texts together have per text, by how often each character stands there.
fn measured_bits(texts: &[String]) -> f64 {
    let mut counts: HashMap<char, u32> = HashMap::new();
    texts.iter().flat_map(|text| text.chars()).for_each(|c| *counts.entry(c).or_default() += 1);
    let total = f64::from(counts.values().sum::<u32>());
    let per_char: f64 = counts.values().map(|&n| f64::from(n) / total).map(|p| -p * p.log2()).sum();
    let shortest = texts.iter().map(String::len).min().unwrap();
    per_char * f64::from(u32::try_from(shortest).unwrap())
}

on_both_databases! {
    async fn conformance_33_codes_tokens_and_references_are_random(house: House) {
        let browser = Browser::new(&house);
        let (mut codes, mut access, mut refresh, mut references) = (vec![], vec![], vec![], vec![]);
        for _ in 0..16 {
            let code = browser.code(&request("web")).await;
            let tokens = redeem(&house, &code).await;
            codes.push(code);
            for (kind, found) in [("access_token", &mut access), ("refresh_token", &mut refresh)] {
                let jti = claims(&tokens[kind])["jti"].as_str().unwrap().to_owned();
                assert!(jti.len() >= 22, "128 bits: {jti}");
                found.push(jti);
            }
            let pushed = json(house.post("/par", WEB, &request("web")).send().await.unwrap(), 201).await;
            references.push(pushed["request_uri"].as_str().unwrap().rsplit(':').next().unwrap().to_owned());
        }
        for all in [codes, access, refresh, references] {
            assert!(measured_bits(&all) >= 96.0, "{all:?}");
            // Nothing counts up and nothing stays: no place holds the same character throughout.
            for at in 0..all[0].len() {
                let mut here: Vec<_> = all.iter().map(|text| text.as_bytes()[at]).collect();
                here.sort_unstable();
                here.dedup();
                assert!(here.len() > 1, "place {at} of {all:?}");
            }
        }
    }
}

on_both_databases! {
    async fn conformance_34_of_the_code_flow_the_scopes_claims_are_not_in_the_id_token(house: House) {
        let params = request_with("web", &[("scope", "openid profile email address phone")]);
        let tokens = redeem(&house, &Browser::new(&house).code(&params).await).await;
        let id = claims(&tokens["id_token"]);
        let own = ["iss", "sub", "aud", "azp", "exp", "iat", "auth_time", "nonce", "at_hash", "c_hash", "sid", "acr", "amr", "jti"];
        for claim in id.as_object().unwrap().keys() {
            assert!(own.contains(&claim.as_str()), "nobody asked for {claim}");
        }
    }
}

on_both_databases! {
    async fn conformance_35_what_a_token_answer_says_of_itself(house: House) {
        let code = Browser::new(&house).code(&request("web")).await;
        let own = vec![("grant_type", "client_credentials")];
        for form in [redemption(&code), own, vec![("grant_type", "nonsense")]] {
            let answer = house.token(WEB, &form).send().await.unwrap();
            assert_eq!(answer.headers()["content-type"], "application/json");
            assert_eq!(answer.headers()["cache-control"], "no-store");
            if answer.status() == 200 {
                let tokens: Value = answer.json().await.unwrap();
                assert_eq!(tokens["token_type"], "Bearer");
                assert!((1..365 * 24 * 60 * 60).contains(&tokens["expires_in"].as_i64().unwrap()));
            }
        }
    }
}

/// Fails where a member is null, empty or the text "null".
fn assert_filled(value: &Value) {
    match value {
        Value::Null => panic!("null"),
        Value::String(text) => assert!(!text.is_empty() && text != "null"),
        Value::Array(all) => assert!(!all.is_empty()),
        Value::Object(members) => {
            assert!(!members.is_empty());
            members.values().for_each(assert_filled);
        }
        Value::Bool(_) | Value::Number(_) => {}
    }
}

on_both_databases! {
    async fn conformance_44_userinfo_has_claims_of_the_right_types(house: House) {
        let params = request_with("web", &[("scope", "openid profile email address phone")]);
        let tokens = redeem(&house, &Browser::new(&house).code(&params).await).await;
        let me = json(house.userinfo(tokens["access_token"].as_str().unwrap()).await, 200).await;
        assert_filled(&me);
        assert_eq!(me["sub"], claims(&tokens["id_token"])["sub"]);
        assert!(me["email_verified"].is_boolean());
        assert!(me.get("phone_number_verified").is_none_or(Value::is_boolean));
        let now = house.clock.now() / 1000;
        assert!((now - 600..=now).contains(&me["updated_at"].as_i64().unwrap()), "in seconds");
        assert!(me["address"].is_object());
        let birthdate = me["birthdate"].as_str().unwrap();
        let shape: String = birthdate.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert!(["0000-00-00", "0000"].contains(&shape.as_str()), "{birthdate}");
    }
}

on_both_databases! {
    async fn conformance_45_userinfo_is_a_signed_jwt_where_the_client_registered_for_one(house: House) {
        let jwks = json(house.http.get(house.url("/jwks")).send().await.unwrap(), 200).await;
        let keys = ForeignKeys::parse(&jwks).unwrap();
        for algorithm in SignatureAlgorithm::ALL {
            let (id, secret) = register(&house, value!({
                "redirect_uris": [CALLBACK], "userinfo_signed_response_alg": algorithm.name(), "skip_consent": true,
            })).await;
            let code = Browser::new(&house).code(&request(&id)).await;
            let tokens = house.token((&id, &secret), &redemption(&code)).send().await.unwrap();
            let tokens = json(tokens, 200).await;
            let answer = house.userinfo(tokens["access_token"].as_str().unwrap()).await;
            assert_eq!(answer.headers()["content-type"], "application/jwt");
            let signed = keys.verify(&answer.text().await.unwrap(), &[algorithm]).unwrap().claims;
            assert_eq!((&signed["iss"], &signed["aud"]), (&house.issuer.as_str().into(), &id.as_str().into()));
            assert_eq!(signed["sub"], claims(&tokens["id_token"])["sub"]);
            assert_eq!(signed["email"], crate::house::EMAIL);
            assert!(!signed.contains_key("nonce"));
        }
    }
}
