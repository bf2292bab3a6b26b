//! How many SQL statements each request may take.

use futures_util::future::BoxFuture;

use super::code::redemption;
use crate::browser::{Browser, Landing, query, request};
use crate::house::{House, WEB, json};
use crate::on_both_databases;

type Working = BoxFuture<'static, ()>;

on_both_databases! {
    async fn statements_per_request(house: House) {
        // The least, since the first of a kind may look at what is remembered after that.
        let least = async |what: &dyn Fn() -> Working| {
            let mut least = u64::MAX;
            for _ in 0..4 {
                least = least.min(house.statements(what()).await.1);
            }
            least
        };
        let http = house.http.clone();
        let get = |path: &'static str| {
            let (http, url) = (http.clone(), house.url(path));
            move || -> Working {
                let request = http.get(url.clone()).send();
                Box::pin(async move { assert_eq!(request.await.unwrap().status(), 200) })
            }
        };
        assert_eq!(least(&get("/.well-known/openid-configuration")).await, 0, "discovery");
        assert_eq!(least(&get("/jwks")).await, 0, "JWKS");
        let own = || -> Working {
            let request = house.token(WEB, &[("grant_type", "client_credentials")]).send();
            Box::pin(async move { assert_eq!(request.await.unwrap().status(), 200) })
        };
        assert_eq!(least(&own).await, 0, "client credentials");

        let browser = Browser::new(&house);
        browser.complete(&request("web")).await;
        let (mut flow, mut refresh, mut userinfo) = (u64::MAX, u64::MAX, u64::MAX);
        for _ in 0..4 {
            let (tokens, count) = house.statements(async {
                let Landing::Away(url) = browser.authorize(&request("web")).await else { panic!("a page") };
                let code = &query(&url)["code"];
                json(house.token(WEB, &redemption(code)).send().await.unwrap(), 200).await
            }).await;
            flow = flow.min(count);
            let access = tokens["access_token"].as_str().unwrap();
            userinfo = userinfo.min(house.statements(house.userinfo(access)).await.1);
            let token = tokens["refresh_token"].as_str().unwrap();
            let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
            refresh = refresh.min(house.statements(house.token(WEB, &form).send()).await.1);
        }
        assert_eq!(flow, 3, "code flow with a live session");
        assert_eq!(refresh, 1, "refresh");
        assert_eq!(userinfo, 1, "userinfo");
    }
}
