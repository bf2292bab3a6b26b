//! The errors of each endpoint, as a table: status, `error`, description, and how to authenticate.

use std::fmt::Write as _;

use reqwest::Response;
use serde_json::Value;

use super::code::redemption;
use crate::browser::{Browser, Landing, query, request, request_with};
use crate::house::{House, OTHER, SPA, WEB, json};
use crate::on_both_databases;

async fn line(table: &mut String, what: &str, answer: Response) {
    let status = answer.status().as_u16();
    let challenge =
        answer.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
    let told: Value = answer.json().await.unwrap();
    let text = |name: &str| told[name].as_str().unwrap_or("-").to_owned();
    writeln!(table, "{what}: {status} {}: {}", text("error"), text("error_description")).unwrap();
    if let Some(challenge) = challenge {
        writeln!(table, "  {challenge}").unwrap();
    }
}

on_both_databases! {
    async fn rfc6749_4_1_2_1_oidc_core_3_1_2_6_the_errors_of_the_authorization_endpoint(house: House) {
        let browser = Browser::new(&house);
        let cases: [(&str, &[(&str, &str)]); 19] = [
            ("no client", &[("client_id", "")]),
            ("an unknown client", &[("client_id", "nobody")]),
            ("another redirect_uri", &[("redirect_uri", "https://evil.example/")]),
            ("no response_type", &[("response_type", "")]),
            ("response_type token", &[("response_type", "token")]),
            ("response_mode fragment", &[("response_mode", "fragment")]),
            ("no scope", &[("scope", "")]),
            ("a scope of others", &[("scope", "openid admin")]),
            ("plain", &[("code_challenge_method", "plain")]),
            ("a short challenge", &[("code_challenge", "short")]),
            ("prompt none and login", &[("prompt", "none login")]),
            ("prompt none and nobody", &[("prompt", "none")]),
            ("max_age in words", &[("max_age", "soon")]),
            ("a hint that is none", &[("id_token_hint", "nonsense")]),
            ("a request that is none", &[("request", "e30.e30.")]),
            ("request_uri", &[("request_uri", "https://a.example/r")]),
            ("claims that are none", &[("claims", "[]")]),
            ("an unknown resource", &[("resource", "https://unknown.example/")]),
            ("registration", &[("registration", "{}")]),
        ];
        let mut table = String::new();
        for (what, changes) in cases {
            let told = match browser.authorize(&request_with("web", changes)).await {
                Landing::Page(page) => format!("page {} {}", page.status, page.text("code").unwrap_or_else(|| page.url.path().to_owned())),
                Landing::Away(url) => {
                    let answer = query(&url);
                    format!("redirect {}: {}", answer["error"], answer["error_description"])
                }
            };
            writeln!(table, "{what}: {told}").unwrap();
        }
        insta::assert_snapshot!("authorization_errors", table);
    }
}

on_both_databases! {
    async fn rfc6749_5_2_the_errors_of_the_token_endpoint(house: House) {
        let spent = Browser::new(&house).code(&request("web")).await;
        json(house.token(WEB, &redemption(&spent)).send().await.unwrap(), 200).await;
        let old = Browser::new(&house).code(&request("web")).await;
        house.clock.advance(60_000);
        let refresh = |token: &'static str| vec![("grant_type", "refresh_token"), ("refresh_token", token)];
        let mut table = String::new();
        for (what, client, form) in [
            ("nothing", WEB, vec![]),
            ("a grant that there is not", WEB, vec![("grant_type", "password")]),
            ("grant_type twice", WEB, vec![("grant_type", "refresh_token"), ("grant_type", "refresh_token")]),
            ("no code", WEB, vec![("grant_type", "authorization_code")]),
            ("a code that there is not", WEB, redemption("nonsense")),
            ("a code that was used", WEB, redemption(&spent)),
            ("another client's code", OTHER, redemption(&old)),
            ("a code too old", WEB, redemption(&old)),
            ("no refresh token", WEB, vec![("grant_type", "refresh_token")]),
            ("a refresh token that is none", WEB, refresh("nonsense")),
            ("a grant that it is not registered for", OTHER, vec![("grant_type", "client_credentials")]),
            ("a scope about a person", WEB, vec![("grant_type", "client_credentials"), ("scope", "openid")]),
            ("a scope of others", WEB, vec![("grant_type", "client_credentials"), ("scope", "admin")]),
            ("a scope that is none", WEB, vec![("grant_type", "client_credentials"), ("scope", "a  b")]),
            ("an unknown resource", WEB, vec![("grant_type", "client_credentials"), ("resource", "https://unknown.example/")]),
            ("another secret", ("web", "wrong"), vec![("grant_type", "client_credentials")]),
            ("a public client's id", WEB, vec![("grant_type", "client_credentials"), ("client_id", SPA)]),
        ] {
            line(&mut table, what, house.token(client, &form).send().await.unwrap()).await;
        }
        let nobody = house.http.post(house.url("/token")).form(&[("grant_type", "client_credentials")]);
        line(&mut table, "nobody", nobody.send().await.unwrap()).await;
        let get = house.http.get(house.url("/token"));
        line(&mut table, "GET", get.send().await.unwrap()).await;
        let no_form = house.http.post(house.url("/token")).json(&Value::Null);
        line(&mut table, "JSON", no_form.send().await.unwrap()).await;
        insta::assert_snapshot!("token_errors", table);
    }
}

on_both_databases! {
    async fn rfc6750_3_1_rfc7662_2_3_rfc7009_2_2_1_the_errors_about_tokens(house: House) {
        let own = [("grant_type", "client_credentials")];
        let own = json(house.token(WEB, &own).send().await.unwrap(), 200).await;
        let own = own["access_token"].as_str().unwrap();
        let mut table = String::new();
        let userinfo = house.url("/userinfo");
        line(&mut table, "userinfo, no token", house.http.get(userinfo.clone()).send().await.unwrap()).await;
        line(&mut table, "userinfo, no token of ours", house.userinfo("nonsense").await).await;
        line(&mut table, "userinfo, about nobody", house.userinfo(own).await).await;
        let twice = house.http.post(userinfo).bearer_auth(own).form(&[("access_token", own)]);
        line(&mut table, "userinfo, twice", twice.send().await.unwrap()).await;
        for path in ["/introspect", "/revoke"] {
            let post = |client, form: &[(&str, &str)]| house.post(path, client, form).send();
            line(&mut table, &format!("{path}, no token"), post(WEB, &[]).await.unwrap()).await;
            line(&mut table, &format!("{path}, twice"), post(WEB, &[("token", "a"), ("token", "b")]).await.unwrap()).await;
            line(&mut table, &format!("{path}, another secret"), post(("web", "wrong"), &[("token", "a")]).await.unwrap()).await;
            let nobody = house.http.post(house.url(path)).form(&[("token", "a")]);
            line(&mut table, &format!("{path}, nobody"), nobody.send().await.unwrap()).await;
            line(&mut table, &format!("{path}, GET"), house.http.get(house.url(path)).send().await.unwrap()).await;
        }
        insta::assert_snapshot!("errors_about_tokens", table);
    }
}
