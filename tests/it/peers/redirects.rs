//! Redirect URIs that were taken for others, or should never have been registered.

use serde_json::{Value, json as value};

use crate::browser::{Browser, Landing, request_with};
use crate::house::{House, json};
use crate::oidc::signer::register;
use crate::on_both_databases;

/// A client with this redirect URI is sent nowhere else.
async fn leads_nowhere_else(house: &House, native: bool, known: &str, asked: &[&str]) {
    let kind = if native { "native" } else { "web" };
    let metadata = value!({
        "redirect_uris": [known], "application_type": kind, "skip_consent": true,
        "post_logout_redirect_uris": [known],
    });
    let (id, _) = register(house, metadata).await;
    let browser = Browser::new(house);
    let registered = request_with(&id, &[("redirect_uri", known), ("prompt", "none")]);
    assert!(matches!(browser.authorize(&registered).await, Landing::Away(_)), "{known}");
    for uri in asked {
        let params = request_with(&id, &[("redirect_uri", uri), ("prompt", "none")]);
        match browser.authorize(&params).await {
            Landing::Page(page) => assert_eq!(page.status, 400, "{uri}"),
            Landing::Away(url) => panic!("{uri}: sent to {url}"),
        }
        // Where people are sent when they have signed out is compared in the same way.
        let mut logout = house.url("/logout");
        logout
            .query_pairs_mut()
            .append_pair("client_id", &id)
            .append_pair("post_logout_redirect_uri", uri);
        assert!(matches!(browser.open(logout).await, Landing::Page(_)), "{uri}");
    }
}

/// Nobody registers any of these.
async fn not_registered(house: &House, uris: &[&str]) {
    for uri in uris {
        for kind in ["web", "native"] {
            let metadata = value!({ "redirect_uris": [uri], "application_type": kind });
            let answer =
                house.http.post(house.url("/register")).json(&metadata).send().await.unwrap();
            let told: Value = json(answer, 400).await;
            assert_eq!(told["error"], "invalid_redirect_uri", "{kind} {uri}");
        }
    }
}

on_both_databases! {
    async fn peer_cve_2024_52289_a_registered_uri_is_no_pattern(house: House) {
        leads_nowhere_else(&house, false, "https://app.example.com/cb",
            &["https://appXexample.com/cb", "https://app.example.comXcb", "https://app.example.com/cb.", "https://app.example.com/c.*"]).await;
    }
}

on_both_databases! {
    async fn peer_cve_2026_28512_cve_2026_7504_user_info_and_several_at_signs_name_no_other_host(house: House) {
        leads_nowhere_else(&house, false, "https://app.example/cb", &[
            "https://app.example@evil.example/cb", "https://app.example:443@evil.example/cb",
            "https://a@b@app.example/cb", "https://evil.example\\@app.example/cb",
        ]).await;
        not_registered(&house, &["https://user@a.example/cb", "https://@a.example/cb", "https:///a.example/cb", "https://a@b@c.example/cb", "https://a.example\\@b.example/cb"]).await;
    }
}

on_both_databases! {
    async fn peer_cve_2026_3872_a_path_with_dots_and_semicolons_is_another_path(house: House) {
        leads_nowhere_else(&house, false, "https://app.example/a/cb", &[
            "https://app.example/a/cb/..;/evil", "https://app.example/a/..;/a/cb", "https://app.example/x/../a/cb",
            "https://app.example/a/%2e%2e/a/cb", "https://app.example//a/cb", "https://app.example/a/cb/", "https://app.example/a/./cb",
        ]).await;
    }
}

on_both_databases! {
    async fn peer_keycloak_48430_there_are_no_wildcards(house: House) {
        not_registered(&house, &["https://*.example.com/cb", "https://app.example.com/*", "https://app.example.com*", "*"]).await;
        leads_nowhere_else(&house, false, "https://app.example.com/cb",
            &["https://app.example.com.evil.example/cb", "https://evil-app.example.com/cb", "https://app.example.com/cb/x"]).await;
    }
}

on_both_databases! {
    async fn peer_cve_2024_8883_only_a_loopback_literal_may_change_its_port(house: House) {
        leads_nowhere_else(&house, true, "http://localhost:4000/cb", &["http://localhost:5000/cb", "http://127.0.0.1:4000/cb"]).await;
        leads_nowhere_else(&house, false, "http://127.0.0.1:4000/cb", &["http://127.0.0.1:5000/cb"]).await;
        leads_nowhere_else(&house, true, "http://127.0.0.1:4000/cb", &[
            "http://127.0.0.1:4000@evil.example/cb", "http://127.0.0.1.evil.example/cb", "http://[::1]:4000/cb", "http://127.0.0.1:5000/other",
        ]).await;
        let (id, _) = register(&house, value!({ "redirect_uris": ["http://127.0.0.1:4000/cb"], "application_type": "native" })).await;
        let other_port = request_with(&id, &[("redirect_uri", "http://127.0.0.1:5000/cb"), ("prompt", "none")]);
        assert!(matches!(Browser::new(&house).authorize(&other_port).await, Landing::Away(_)), "RFC 8252 section 7.3");
    }
}

on_both_databases! {
    async fn peer_cve_2026_9086_schemes_that_run_are_known_in_any_letter_case(house: House) {
        not_registered(&house, &["JaVaScRiPt:alert(1)", "JAVASCRIPT://a.example/%0aalert(1)", "Data:text/html,x", "VBScript:x", "FILE:///etc/passwd"]).await;
    }
}

on_both_databases! {
    async fn peer_cve_2026_9689_cve_2026_18209_what_an_answer_says_is_not_said_by_the_uri(house: House) {
        not_registered(&house, &[
            "https://a.example/cb?code=1", "https://a.example/cb?a=b&state=1", "https://a.example/cb?%69ss=1", "https://a.example/cb?error=x",
            "https://a.example/cb#code=1", "https://a.example/cb?a=b#state=1", "https://a.example/cb#",
        ]).await;
        leads_nowhere_else(&house, false, "https://a.example/cb?a=b", &[
            "https://a.example/cb?a=b&code=1", "https://a.example/cb?a=b#code=1", "https://a.example/cb?a=b&iss=x", "https://a.example/cb?a=b#",
        ]).await;
    }
}
