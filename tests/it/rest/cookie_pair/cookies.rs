//! What the browser keeps, and what other sites can make it do.

use countersign::config::Config;
use reqwest::Response;
use reqwest::header::{COOKIE, ORIGIN};
use serde_json::json;

use super::{
    LOGIN, LOGOUT, LOGOUT_ALL, PROFILE, Pair, REFRESH, REGISTER, bare, get, john, logged_in,
    registered, set,
};
use crate::house::{Db, EMAIL, House, PASSWORD};
use crate::on_both_databases;
use crate::rest::{post, told};

const WEEK: i64 = 7 * 24 * 60 * 60;

fn attributes(response: &Response, name: &str) -> String {
    let set = set(response);
    set.iter()
        .find(|(known, ..)| known == name)
        .unwrap_or_else(|| panic!("{name}: {set:?}"))
        .2
        .clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn asvs_3_3_1_the_cookies_have_the_documents_attributes_on_http_and_https() {
    let house = House::open(Db::Sqlite).await;
    for (public_url, secure) in
        [("http://localhost:3000", ""), ("https://id.example.com", "; Secure")]
    {
        let mut config: Config = house.config.clone();
        if !secure.is_empty() {
            config.server.public_url = public_url.to_owned();
        }
        let node = house.restart(&config).await;
        let body = json!({ "identifier": EMAIL, "password": PASSWORD });
        let response = post(&node, LOGIN, &body).send().await.unwrap();
        let pair = Pair::of(&response);
        assert_eq!(
            attributes(&response, "access_token"),
            format!("Path=/; HttpOnly; SameSite=Strict; Max-Age=900{secure}")
        );
        assert_eq!(
            attributes(&response, "refresh_token"),
            format!("Path=/api/auth; HttpOnly; SameSite=Strict; Max-Age={WEEK}{secure}")
        );
        let device =
            set(&response).into_iter().find(|(name, ..)| name.contains("countersign_device_"));
        let (name, _, attributes) = device.expect("the browser is known from now on");
        assert_eq!(name.starts_with("__Host-"), !secure.is_empty());
        assert!(
            attributes.contains("HttpOnly") && attributes.contains("SameSite=Lax"),
            "{attributes}"
        );
        for path in [LOGOUT, LOGOUT_ALL] {
            let (pair, _) = if path == LOGOUT {
                (pair.clone(), json!(null))
            } else {
                logged_in(&node, EMAIL, PASSWORD).await
            };
            let response = pair.with(bare(&node, path)).send().await.unwrap();
            assert_eq!(response.status(), 200, "{path}");
            for (name, at) in [("access_token", "/"), ("refresh_token", "/api/auth")] {
                let (_, value, attributes) =
                    set(&response).into_iter().find(|(known, ..)| known == name).unwrap();
                let expected = format!("Path={at}; HttpOnly; SameSite=Strict; Max-Age=0{secure}");
                assert_eq!((value.as_str(), attributes), ("", expected), "{path}");
            }
        }
    }
}

on_both_databases! {
    async fn asvs_3_3_two_cookies_of_one_name_with_different_values_are_none(house: House) {
        let (own, _) = registered(&house).await;
        let (adas, _) = logged_in(&house, EMAIL, PASSWORD).await;
        let both = format!("access_token={}; access_token={}", own.access, adas.access);
        assert_eq!(told(get(&house, PROFILE).header(COOKIE, both)).await.0, 401);
        let both = format!("refresh_token={}; refresh_token={}", own.refresh, adas.refresh);
        assert_eq!(told(bare(&house, REFRESH).header(COOKIE, both)).await.0, 401);
        for pair in [own, adas] {
            assert_eq!(told(pair.with(bare(&house, REFRESH))).await.0, 200, "neither was harmed");
        }
    }
}

on_both_databases! {
    async fn asvs_3_5_1_no_other_site_has_a_browser_do_anything(house: House) {
        let (pair, _) = registered(&house).await;
        let login = json!({ "identifier": EMAIL, "password": PASSWORD });
        for (header, value) in [("origin", "http://evil.example"), ("origin", "null"), ("sec-fetch-site", "same-site")] {
            for request in [
                post(&house, REGISTER, &john()), post(&house, LOGIN, &login), bare(&house, REFRESH),
                bare(&house, LOGOUT), bare(&house, LOGOUT_ALL),
                bare(&house, REFRESH).header("content-type", "text/plain").body("{}"),
            ] {
                let response = pair.with(request).header(header, value).send().await.unwrap();
                assert_eq!(response.status(), 403, "{} {value}", response.url());
                assert!(set(&response).is_empty(), "no cookie is touched");
            }
        }
        let own = house.app.config.server.public_url.clone();
        for origin in [own.as_str(), "http://localhost:3001"] {
            let response = pair.with(bare(&house, REFRESH)).header(ORIGIN, origin).send().await.unwrap();
            assert_eq!(response.status(), 200, "{origin}");
        }
    }
}

on_both_databases! {
    async fn the_access_token_is_good_anywhere_and_the_refresh_token_nowhere_else(house: House) {
        let (pair, new) = registered(&house).await;
        let profile = told(get(&house, "/auth/profile").header(COOKIE, format!("access_token={}", pair.access))).await;
        assert_eq!((profile.0, &profile.1["id"]), (200, &new["data"]["id"]));
        let bearer = told(get(&house, PROFILE).bearer_auth(&pair.access)).await;
        assert_eq!(bearer.0, 200);
        for request in [
            get(&house, PROFILE).bearer_auth(&pair.refresh),
            get(&house, PROFILE).header(COOKIE, format!("access_token={}", pair.refresh)),
            bare(&house, REFRESH).header(COOKIE, format!("refresh_token={}", pair.access)),
            bare(&house, "/auth/refresh").bearer_auth(&pair.refresh),
        ] {
            assert_eq!(told(request).await.0, 401);
        }
    }
}
