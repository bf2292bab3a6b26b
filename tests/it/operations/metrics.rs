//! What an operator's Prometheus reads.

use super::node::Node;
use crate::browser::{Browser, request};
use crate::follow::soon;
use crate::house::{House, WEB, free_port, json};
use crate::oidc::code::redemption;
use crate::on_both_databases;

/// The value of one line.
pub fn value(text: &str, series: &str) -> Option<f64> {
    let line = text
        .lines()
        .find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')))?;
    line.rsplit(' ').next()?.parse().ok()
}

on_both_databases! {
    async fn requests_tokens_and_sign_ins_are_counted_by_outcome(house: House) {
        let browser = Browser::new(&house);
        let page = browser.page(house.url("/sign-in")).await;
        browser.press(&page, "sign-in", &[("email", "ada@example.com"), ("password", "wrong horse")]).await;
        let code = browser.code(&request("web")).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let refresh = tokens["refresh_token"].as_str().unwrap();
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
        json(house.token(WEB, &form).send().await.unwrap(), 200).await;
        json(house.token(("web", "wrong-secret"), &form).send().await.unwrap(), 401).await;
        assert_eq!(house.http.get(house.url("/no/such/page")).send().await.unwrap().status(), 404);
        let text = house.app.core.metrics_text();
        let expected = [
            ("countersign_sign_ins_total{outcome=\"failure\"}", 1.0),
            ("countersign_sign_ins_total{outcome=\"success\"}", 1.0),
            ("countersign_token_responses_total{grant_type=\"authorization_code\"}", 1.0),
            ("countersign_token_responses_total{grant_type=\"refresh_token\"}", 1.0),
            ("countersign_client_authentication_failures_total", 1.0),
            ("countersign_requests_total{route=\"/token\",status=\"200\"}", 2.0),
            ("countersign_requests_total{route=\"/token\",status=\"401\"}", 1.0),
            ("countersign_requests_total{route=\"none\",status=\"404\"}", 1.0),
            ("countersign_request_duration_seconds_count{route=\"/token\"}", 3.0),
            ("countersign_signing_keys{alg=\"ES256\",phase=\"current\"}", 1.0),
            ("countersign_database_up", 1.0),
            ("countersign_password_hashes_waiting", 0.0),
        ];
        for (series, count) in expected {
            assert_eq!(value(&text, series), Some(count), "{series} in\n{text}");
        }
        assert!(value(&text, "countersign_database_statements_total").unwrap() > 5.0);
        assert!(text.ends_with("# EOF\n"));
        for personal in ["ada", "web\"", refresh, "/no/such"] {
            assert!(!text.contains(personal), "{personal}: {text}");
        }
    }
}

on_both_databases! {
    async fn r85_a_clock_that_is_not_the_databases_is_shown(house: House) {
        let ahead = || value(&house.app.core.metrics_text(), "countersign_clock_ahead_seconds");
        soon("the clocks are compared", async || ahead() == Some(0.0)).await;
        house.clock.advance(90 * 1000);
        soon("a clock that was moved", async || ahead().is_some_and(|ahead| (90.0..95.0).contains(&ahead))).await;
        house.clock.advance(-150 * 1000);
        soon("and one that is behind", async || ahead().is_some_and(|ahead| (-60.0..-55.0).contains(&ahead))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_have_a_listener_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let node = Node::start(directory.path(), &[("COUNTERSIGN__METRICS__LISTEN", &listen)]).await;
    let http = reqwest::Client::new();
    let get = async |url: String| http.get(url).send().await.unwrap();
    assert_eq!(get(format!("{}/metrics", node.issuer)).await.status(), 404, "not among the pages");
    let answer = get(format!("http://{listen}/metrics")).await;
    assert_eq!(answer.status(), 200);
    let content_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert_eq!(content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let text = answer.text().await.unwrap();
    assert_eq!(
        value(&text, "countersign_requests_total{route=\"none\",status=\"404\"}"),
        Some(1.0),
        "{text}"
    );
    // Those of the metrics themselves do not count.
    assert_eq!(value(&text, "countersign_connections"), Some(1.0), "{text}");
    for path in ["/", "/token", "/jwks"] {
        assert_eq!(
            get(format!("http://{listen}{path}")).await.status(),
            404,
            "and nothing else there"
        );
    }
}
