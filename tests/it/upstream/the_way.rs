//! The way there and back, with each kind of upstream.

use serde_json::{Value, json};

use super::peers::{CLIENT, Demo, Forge};
use super::{APP, End, SERVER, ask, callback, go, is_live, leave, returns, there_are, whose};
use crate::browser::{Browser, Landing, query};
use crate::for_each_database;
use crate::house::{CALLBACK, Db, EMAIL, House, PASSWORD, Plot};

/// The whole way, through the provider's own sign-in page where it has one to show.
async fn through(browser: &Browser, house: &House, demo: &Demo, login: &str) -> End {
    let there = leave(browser, house, "demo", &[("redirect_to", APP)]).await;
    let at_home = browser.open(there).await;
    let Landing::Page(page) = at_home else { panic!("{at_home:?}") };
    match demo.enter(browser, &page, login).await {
        Landing::Away(url) => {
            let fragment = url.fragment().unwrap().to_owned();
            assert!(url.as_str().starts_with(APP), "{url}");
            End::In(
                fragment
                    .strip_prefix("session_token=")
                    .unwrap_or_else(|| panic!("{fragment}"))
                    .to_owned(),
            )
        }
        Landing::Page(page) => panic!("{}: {}", page.url, page.html),
    }
}

for_each_database! {
    async fn an_openid_provider_as_authentik_is(db: Db) {
        let plot = Plot::new().await;
        let demo = Demo::start(&plot.url).await;
        let more = "role_claim = \"groups\"\nroles = { \"Staff\" = \"staff\" }\n[roles]\nadmin = [\"*\"]\nstaff = [\"users:read\"]";
        let house = House::open_on(plot, db, &format!("{SERVER}{}", demo.toml(more))).await;
        let browser = Browser::new(&house).at_home_in(&demo.origin);
        let end = through(&browser, &house, &demo, "mia").await;
        let mia = whose(&house, &end).await;
        assert_eq!((mia.email.as_str(), mia.email_verified), ("mia@example.com", false));
        assert_eq!(
            (mia.claims.name.as_deref(), &mia.roles[..]),
            (Some("Mia"), &["staff".to_owned()][..])
        );
        assert!(is_live(&house, end.token()).await);
        assert!(
            browser.page(house.url("/")).await.html.contains("mia@example.com"),
            "the browser is signed in, too"
        );
        let asked = demo.seen("/auth").await.remove(0);
        assert_eq!(
            (&asked["redirect_uri"], &asked["client_id"]),
            (&json!(callback(&house, "demo")), &json!(CLIENT.0))
        );

        // Once more, from another browser, when the keys have changed and userinfo says what there is to say.
        demo.rotate_keys().await;
        demo.be_brief().await;
        demo.people(json!({ "mia": { "name": "Mia M", "email": "mia@example.com", "email_verified": false, "groups": [] } })).await;
        let other = Browser::new(&house).at_home_in(&demo.origin);
        house.clock.advance(61 * 1000);
        let again = whose(&house, &through(&other, &house, &demo, "mia").await).await;
        assert_eq!(
            (again.id, again.claims.name.as_deref(), again.roles.len()),
            (mia.id, Some("Mia M"), 0)
        );

        // She says no there.
        let third = Browser::new(&house).at_home_in(&demo.origin);
        let page = third.page(leave(&third, &house, "demo", &[("redirect_to", APP)]).await).await;
        let Landing::Away(url) = third.press(&page, "decline", &[]).await else {
            panic!("no answer")
        };
        assert!(url.fragment().unwrap().starts_with("error=access_denied&"), "{url}");
        assert!(!url.as_str().contains("person"), "in our words: {url}");
        there_are(&house, 2, 2).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc6749_2_3_1_a_provider_that_wants_the_secret_in_the_form() {
    let plot = Plot::new().await;
    let more = json!({ "token_endpoint_auth_method": "client_secret_post" });
    let demo = Demo::start_with(&plot.url, more).await;
    let toml = demo.toml("client_auth = \"client_secret_post\"");
    let house = House::open_on(plot, Db::Sqlite, &format!("{SERVER}{toml}")).await;
    let browser = Browser::new(&house).at_home_in(&demo.origin);
    assert_eq!(
        whose(&house, &through(&browser, &house, &demo, "mia").await).await.email,
        "mia@example.com"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_hangs_up_or_dawdles_is_back_when_it_is_back() {
    let plot = Plot::new().await;
    let demo = Demo::start(&plot.url).await;
    let house = House::open_on(plot, Db::Sqlite, &format!("{SERVER}{}", demo.toml(""))).await;
    let browser = Browser::new(&house).at_home_in(&demo.origin);
    let start = super::start(&house, "demo", &[("redirect_to", APP)]);
    demo.is_open(false).await;
    assert_eq!(ask(&browser, start.clone()).await.error(), "upstream_unavailable");
    demo.is_open(true).await;
    demo.delay(std::time::Duration::from_secs(40)).await;
    let began = std::time::Instant::now();
    assert_eq!(ask(&browser, start).await.error(), "upstream_unavailable");
    assert!(began.elapsed() < std::time::Duration::from_secs(30));
    demo.delay(std::time::Duration::ZERO).await;
    house.clock.advance(61 * 1000);
    through(&browser, &house, &demo, "mia").await;
}

for_each_database! {
    async fn an_oauth_provider_as_github_is(db: Db) {
        let forge = Forge::start().await;
        let toml = forge.toml("forge", "trust_email = true");
        let house = House::open_with(db, &format!("{SERVER}{toml}")).await;
        let browser = Browser::new(&house);
        let end = go(&browser, &house, "forge").await;
        let mona = whose(&house, &end).await;
        assert_eq!(
            (mona.email.as_str(), mona.email_verified),
            ("mona@example.com", true),
            "the primary one of the list"
        );
        assert_eq!(mona.claims.name.as_deref(), Some("Mona"));
        assert_eq!(mona.claims.picture.as_deref(), Some("https://avatars.example/u/583231"));
        // By her number: the login is a name that may be given to somebody else.
        forge.user(|it| it["login"] = json!("mona-renamed"));
        assert_eq!(whose(&house, &go(&browser, &house, "forge").await).await.id, mona.id);
        forge.user(|it| {
            it["id"] = json!(583_232);
            it["login"] = json!("octocat");
        });
        forge.emails(json!([{ "email": "other@example.com", "primary": true, "verified": true }]));
        assert_ne!(whose(&house, &go(&browser, &house, "forge").await).await.id, mona.id);
        there_are(&house, 3, 3).await;
        let asked = forge.asked("/login/oauth/authorize").remove(0);
        assert!(
            !asked.contains_key("nonce") && asked["code_challenge_method"] == "S256",
            "{asked:?}"
        );
    }
}

for_each_database! {
    async fn of_its_list_the_primary_address_counts_and_only_as_verified_as_it_is(db: Db) {
        let forge = Forge::start().await;
        let toml = forge.toml("forge", "trust_email = true");
        let house = House::open_with(db, &format!("{SERVER}{toml}")).await;
        let mail = |email: &str, primary: bool, verified: Value| json!({ "email": email, "primary": primary, "verified": verified });
        let browser = Browser::new(&house);
        for (id, list, code) in [
            // Ada's address, by the side or not proven, is nobody's proof.
            (
                1,
                json!([
                    mail("one@example.com", true, json!(true)),
                    mail(EMAIL, false, json!(true))
                ]),
                "",
            ),
            (2, json!([mail(EMAIL, true, json!(false))]), "link_required"),
            (3, json!([mail(EMAIL, true, json!("true"))]), "link_required"),
            (4, json!([]), "email_missing"),
            (5, json!({ "message": "Not Found" }), "email_missing"),
            (6, json!([5, mail("six@example.com", true, json!(true))]), "six"),
        ] {
            forge.user(|it| it["id"] = json!(id));
            forge.emails(list.clone());
            let end = go(&browser, &house, "forge").await;
            match code {
                "" => assert_eq!(whose(&house, &end).await.email, "one@example.com"),
                // What is no address is passed over.
                "six" => {
                    let six = whose(&house, &end).await;
                    assert_eq!((six.email.as_str(), six.email_verified), ("six@example.com", true));
                }
                code => assert_eq!(end.error(), code, "{list}"),
            }
        }
        let ada = house.app.core.find_account(EMAIL).await.unwrap().unwrap();
        assert_eq!(ada.username.as_deref(), Some("ada"));
        // And proven, it is hers.
        forge.user(|it| it["id"] = json!(7));
        forge.emails(json!([mail(EMAIL, true, json!(true))]));
        assert_eq!(whose(&house, &go(&browser, &house, "forge").await).await.id, ada.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r62_an_id_that_is_none_and_a_refusal_with_the_status_200() {
    let forge = Forge::start().await;
    let house = House::open_with(Db::Sqlite, &format!("{SERVER}{}", forge.toml("forge", ""))).await;
    let browser = Browser::new(&house);
    for id in [Value::Null, json!(""), json!(1.5), json!(true), json!([583_231]), json!({ "n": 1 })]
    {
        forge.user(|it| it["id"] = id.clone());
        assert_eq!(go(&browser, &house, "forge").await.error(), "upstream_refused", "{id}");
    }
    forge.user(|it| it["id"] = json!(583_231));
    // RFC 9700 §4.5, for one that has no nonce: the verifier alone.
    let victim = Browser::new(&house);
    let to = [("redirect_to", APP)];
    let stolen = returns(&victim, leave(&victim, &house, "forge", &to).await).await;
    let own = returns(&browser, leave(&browser, &house, "forge", &to).await).await;
    let injected = super::changed(&own, "code", Some(&query(&stolen)["code"]));
    assert_eq!(ask(&browser, injected).await.error(), "upstream_refused");
    there_are(&house, 1, 0).await;
    assert!(matches!(go(&browser, &house, "forge").await, End::In(_)));
    forge.refuse_codes();
    assert_eq!(go(&Browser::new(&house), &house, "forge").await.error(), "upstream_refused");
}

for_each_database! {
    async fn another_countersign(db: Db) {
        // In a browser the two are two hosts.
        let (ours, theirs) = (Plot::new().await, Plot::new().await);
        let issuer = theirs.url.replace("127.0.0.1", "localhost");
        let server = format!("[server]\npublic_url = \"{issuer}\"\n");
        let upstream = House::open_on(theirs, db, &server).await;
        let metadata = json!({
            "client_name": "Ours", "redirect_uris": [format!("{}/auth/callback/theirs", ours.url)],
            "grant_types": ["authorization_code", "refresh_token"],
        });
        let (client_id, secret) = crate::oidc::signer::register(&upstream, metadata).await;
        let toml = format!(
            "{SERVER}[[upstreams]]\nid = \"theirs\"\nname = \"Theirs\"\nkind = \"oidc\"\nissuer = \"{issuer}\"\n\
             client_id = \"{client_id}\"\nclient_secret = \"{secret}\"\ntrust_email = true\n"
        );
        let house = House::open_on(ours, db, &toml).await;
        let browser = Browser::new(&house).at_home_in(&issuer);
        // Ada has an account on both sides, proven on both: she comes to hers.
        let ada = house.app.core.find_account(EMAIL).await.unwrap().unwrap();
        let there = leave(&browser, &house, "theirs", &[("redirect_to", APP)]).await;
        let sign_in = browser.page(there).await;
        assert!(sign_in.url.as_str().starts_with(&issuer), "{}", sign_in.url);
        let Landing::Page(consent) =
            browser.press(&sign_in, "sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await
        else {
            panic!()
        };
        assert_eq!(consent.url.path(), "/consent");
        let Landing::Away(url) = browser.press(&consent, "allow", &[]).await else { panic!() };
        let token = url
            .fragment()
            .unwrap()
            .strip_prefix("session_token=")
            .unwrap_or_else(|| panic!("{url}"))
            .to_owned();
        assert_eq!(whose(&house, &End::In(token)).await.id, ada.id);

        // An app of ours, through both, and she is asked for nothing but ours.
        let landing = browser
            .authorize(&crate::browser::request_with(
                "web",
                &[("upstream", "theirs"), ("prompt", "login")],
            ))
            .await;
        let Landing::Page(page) = landing else { panic!("{landing:?}") };
        assert!(
            page.url.as_str().starts_with(&issuer) && page.url.path() == "/sign-in",
            "prompt=login went along: {}",
            page.url
        );
        let landing =
            browser.press(&page, "sign-in", &[("email", EMAIL), ("password", PASSWORD)]).await;
        let Landing::Page(page) = landing else { panic!("{landing:?}") };
        assert_eq!(page.url.path(), "/consent", "{}", page.html);
        assert!(page.url.as_str().starts_with(&house.issuer), "ours, and not theirs: {}", page.url);
        let landing = browser.press(&page, "allow", &[]).await;
        let Landing::Away(url) = landing else { panic!() };
        assert!(
            url.as_str().starts_with(CALLBACK.split('?').next().unwrap())
                && query(&url).contains_key("code"),
            "{url}"
        );
    }
}
