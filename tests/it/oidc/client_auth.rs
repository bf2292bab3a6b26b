//! How clients prove who they are: the registered method, one only, and one answer to every failure.

use serde_json::Value;

use crate::house::{House, OTHER, POST, WEB, json};
use crate::on_both_databases;

const OWN: [(&str, &str); 1] = [("grant_type", "client_credentials")];

on_both_databases! {
    async fn rfc6749_2_3_1_conformance_38_basic_carries_form_encoded_id_and_secret(house: House) {
        let tokens = json(house.token(WEB, &OWN).send().await.unwrap(), 200).await;
        assert_eq!(tokens["scope"], "api:read api:write");
        assert!(tokens.get("refresh_token").is_none(), "RFC 6749 section 4.4.3");
        assert!(tokens.get("id_token").is_none());
        assert!(tokens.get("id_token").is_none());
        // A space, a plus and a percent sign in id and secret; only the grant is refused.
        let refused = json(house.token(OTHER, &OWN).send().await.unwrap(), 400).await;
        assert_eq!(refused["error"], "unauthorized_client");
    }
}

on_both_databases! {
    async fn unknown_client_and_wrong_secret_are_one_answer(house: House) {
        let mut answers = Vec::new();
        for client in [("web", "wrong"), ("nobody", "wrong"), ("spa", "wrong"), (POST.0, POST.1)] {
            let response = house.token(client, &OWN).send().await.unwrap();
            assert_eq!(response.status(), 401, "{client:?}");
            let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
            assert!(challenge.starts_with("Basic "), "RFC 6749 section 5.2");
            answers.push((challenge, response.text().await.unwrap()));
        }
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        insta::assert_snapshot!("invalid_client", answers[0].1);
    }
}

on_both_databases! {
    async fn r12_peer_kanidm_1_10_0_rauthy_0_32_1_who_is_refused_costs_the_same_whoever_is_named(house: House) {
        // The follower asks beside every request: the least counts.
        let mut least = [u64::MAX; 4];
        for _ in 0..4 {
            let named = [("web", "wrong"), ("nobody", "wrong"), ("spa", "wrong"), (POST.0, POST.1)];
            for (least, client) in least.iter_mut().zip(named) {
                let (answer, count) = house.statements(house.token(client, &OWN).send()).await;
                assert_eq!(answer.unwrap().status(), 401, "{client:?}");
                *least = count.min(*least);
            }
        }
        assert_eq!(least, [0; 4], "it is found out in memory");
    }
}

on_both_databases! {
    async fn a_client_uses_its_own_method_and_only_one(house: House) {
        let post = |form: Vec<(&'static str, &'static str)>| house.http.post(house.url("/token")).form(&form).send();
        let grant = ("grant_type", "client_credentials");
        let error = async |form| {
            let body: Value = post(form).await.unwrap().json().await.unwrap();
            body["error"].as_str().unwrap().to_owned()
        };
        assert_eq!(error(vec![grant]).await, "invalid_client");
        assert_eq!(error(vec![grant, ("client_id", "web")]).await, "invalid_client");
        assert_eq!(error(vec![grant, ("client_id", WEB.0), ("client_secret", WEB.1)]).await, "invalid_client");
        assert_eq!(error(vec![grant, ("client_secret", WEB.1)]).await, "invalid_client");
        // The right method, and then the grant is looked at.
        assert_eq!(error(vec![grant, ("client_id", POST.0), ("client_secret", POST.1)]).await, "unauthorized_client");
        let both = house.token(WEB, &[grant, ("client_id", WEB.0), ("client_secret", WEB.1)]);
        assert_eq!(json(both.send().await.unwrap(), 400).await["error"], "invalid_request");
        let foreign = house.token(WEB, &[grant, ("client_id", "spa")]);
        assert_eq!(json(foreign.send().await.unwrap(), 401).await["error"], "invalid_client");
        json(house.token(WEB, &[grant, ("client_id", WEB.0)]).send().await.unwrap(), 200).await;
        for header in ["Basic", "Basic !!!", "Basic d2Vi", "Bearer abc", "Digest x"] {
            let response = house.http.post(house.url("/token")).form(&[grant])
                .header("authorization", header).send().await.unwrap();
            assert_eq!(json(response, 401).await["error"], "invalid_client", "{header}");
        }
    }
}
