//! Exactly once, whoever asks, wherever, however often.

use futures_util::future::join_all;

use super::code::{claims, redemption};
use crate::browser::{Browser, request};
use crate::house::{House, WEB, json};
use crate::on_both_databases;

on_both_databases! {
    async fn peer_ghsa_7w99_5wm4_3g79_of_200_parallel_redemptions_over_two_nodes_one_succeeds(house: House) {
        let second = house.another_node().await;
        let code = Browser::new(&house).code(&request("web")).await;
        let form = redemption(&code);
        let attempts = (0..200).map(|n| {
            let node = if n % 2 == 0 { &house } else { &second };
            node.token(WEB, &form).send()
        });
        let mut statuses = Vec::new();
        for response in join_all(attempts).await {
            let response = response.unwrap();
            statuses.push(response.status().as_u16());
        }
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 199, "{statuses:?}");
    }
}

on_both_databases! {
    async fn peer_ghsa_392p_2q2v_4372_cve_2026_1035_of_parallel_refreshes_all_get_the_same_successor_within_the_grace(house: House) {
        let second = house.another_node().await;
        let code = Browser::new(&house).code(&request("web")).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let form = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
        let attempts = (0..40).map(|n| {
            let node = if n % 2 == 0 { &house } else { &second };
            node.token(WEB, &form).send()
        });
        for response in join_all(attempts).await {
            let tokens = json(response.unwrap(), 200).await;
            assert_eq!(claims(&tokens["refresh_token"])["generation"], 2);
        }
    }
}

on_both_databases! {
    async fn of_50_parallel_sign_ups_for_one_address_one_makes_an_account(house: House) {
        let browsers: Vec<_> = (0..50).map(|_| Browser::new(&house)).collect();
        let attempts = browsers.iter().enumerate().map(|(n, browser)| {
            let house = &house;
            async move {
                let page = browser.page(house.url("/sign-up")).await;
                let email = if n % 2 == 0 { "same@example.com" } else { " SAME@Example.com" };
                let fields = [("name", "Same"), ("email", email), ("password", "a password")];
                match browser.press(&page, "sign-up", &fields).await {
                    crate::browser::Landing::Page(page) => (page.status, page.url.path().to_owned()),
                    crate::browser::Landing::Away(url) => panic!("sent to {url}"),
                }
            }
        });
        let outcomes = join_all(attempts).await;
        let made = outcomes.iter().filter(|(status, path)| (*status, path.as_str()) == (200, "/")).count();
        assert_eq!(made, 1, "{outcomes:?}");
        assert!(outcomes.iter().all(|(status, _)| [200, 422, 503].contains(status)), "{outcomes:?}");
    }
}
