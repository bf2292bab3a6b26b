//! The ID token (OpenID Connect Core §3.1.3.7, R61), userinfo beside it (§5.3.2), and the keys (R68).

use serde_json::{Value, json};

use super::peers::{CLIENT, Edit, Scripted, Signature, own, set, without};
use super::{End, Scene, go, there_are, whose};
use crate::browser::Browser;
use crate::host::Host;
use crate::house::Db;

const HOUR: i64 = 60 * 60;

/// One test for each lie: whoever brings such a token is refused, and leaves no trace.
macro_rules! refused {
    ($($name:ident: |$script:ident| $lie:expr;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let scene = Scene::open(Db::Sqlite).await;
            scene.guild.lie(|$script| $lie);
            scene.refuses("upstream_refused").await;
        }
    )*};
}

/// A time claim, so many seconds from now.
fn in_seconds(name: &'static str, seconds: i64) -> Edit {
    own(move |claims| {
        let now = claims["auth_time"].as_i64().unwrap();
        claims[name] = json!(now + seconds);
    })
}

refused! {
    oidc_core_3_1_3_7_2_another_iss: |script| script.claims = set("iss", "https://other.example");
    oidc_core_3_1_3_7_2_an_iss_without_its_slash: |script| script.claims = own(|it| {
        it["iss"] = json!(it["iss"].as_str().unwrap().trim_end_matches('/'));
    });
    oidc_core_3_1_3_7_2_no_iss: |script| script.claims = without("iss");
    oidc_core_3_1_3_7_3_another_aud: |script| script.claims = set("aud", "another");
    oidc_core_3_1_3_7_3_peer_cve_2026_55669_no_aud: |script| script.claims = without("aud");
    oidc_core_3_1_3_7_3_an_empty_aud: |script| script.claims = set("aud", json!([]));
    oidc_core_3_1_3_7_3_aud_in_other_letters: |script| script.claims = set("aud", "Countersign Here");
    oidc_core_3_1_3_7_3_an_aud_beside_ours_that_nobody_trusts: |script| script.claims = set("aud", json!([CLIENT.0, "another"]));
    oidc_core_3_1_3_7_4_two_aud_and_another_azp: |script| script.claims = own(|it| {
        it["aud"] = json!([CLIENT.0, "another"]);
        it["azp"] = json!("another");
    });
    oidc_core_3_1_3_7_5_another_azp: |script| script.claims = set("azp", "another");
    oidc_core_3_1_3_7_6_a_signature_of_a_stranger: |script| script.signature = Signature::Stranger;
    oidc_core_3_1_3_7_6_claims_changed_after_they_were_signed: |script| script.signature = Signature::Broken;
    oidc_core_3_1_3_7_6_peer_no_signature_at_all: |script| script.signature = Signature::None;
    oidc_core_3_1_3_7_7_rfc8725_2_1_an_hmac_keyed_with_the_public_key: |script| {
        script.signature = Signature::Hmac(Scripted::public_pem());
    };
    oidc_core_3_1_3_7_8_rfc8725_3_1_an_hmac_keyed_with_the_client_secret: |script| {
        script.signature = Signature::Hmac(CLIENT.1.as_bytes().to_vec());
    };
    rfc7517_4_4_a_key_for_another_algorithm: |script| script.jwks = own(|it| it["keys"][0]["alg"] = json!("PS256"));
    rfc7517_4_2_a_key_for_encryption: |script| script.jwks = own(|it| it["keys"][0]["use"] = json!("enc"));
    oidc_core_3_1_3_7_9_an_exp_an_hour_ago: |script| script.claims = in_seconds("exp", -HOUR);
    oidc_core_3_1_3_7_9_peer_ghsa_wxg7_w2v3_w38g_no_exp: |script| script.claims = without("exp");
    oidc_core_3_1_3_7_9_an_exp_in_words: |script| script.claims = set("exp", "9999999999");
    oidc_core_3_1_3_7_10_peer_ghsa_wxg7_w2v3_w38g_no_iat: |script| script.claims = without("iat");
    oidc_core_3_1_3_7_10_an_iat_an_hour_ago: |script| script.claims = in_seconds("iat", -HOUR);
    oidc_core_3_1_3_7_10_an_iat_in_an_hour: |script| script.claims = in_seconds("iat", HOUR);
    rfc7519_4_1_5_not_before_an_hour_from_now: |script| script.claims = in_seconds("nbf", HOUR);
    oidc_core_2_no_sub: |script| script.claims = without("sub");
    r62_an_empty_sub: |script| script.claims = set("sub", "");
    r62_a_sub_of_spaces: |script| script.claims = set("sub", "   ");
    r62_a_sub_that_is_a_number: |script| script.claims = set("sub", 5);
    r62_a_sub_that_is_null: |script| script.claims = set("sub", Value::Null);
    r62_a_sub_that_is_a_list: |script| script.claims = set("sub", json!(["mia"]));
    oidc_core_2_a_sub_of_more_than_255_characters: |script| script.claims = set("sub", "x".repeat(256));
    oidc_core_3_1_3_8_another_at_hash: |script| script.claims = set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA");
    oidc_core_3_1_3_8_an_at_hash_that_is_a_number: |script| script.claims = set("at_hash", 5);
    oidc_core_5_3_2_userinfo_of_another_sub: |script| script.userinfo = set("sub", "noah");
    oidc_core_5_3_2_userinfo_without_a_sub: |script| script.userinfo = without("sub");
    rfc7515_4_1_11_an_extension_that_must_be_understood: |script| script.header = own(|it| {
        it["crit"] = json!(["https://example.com/x"]);
        it["https://example.com/x"] = json!(true);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn oidc_core_3_1_3_7_what_is_right_in_another_way() {
    let scene = Scene::open(Db::Sqlite).await;
    for lie in [
        set("aud", json!([CLIENT.0])),
        set("azp", CLIENT.0),
        // Optional in this flow (§3.1.3.6).
        without("at_hash"),
        without("auth_time"),
        // Clocks differ by some seconds.
        own(|it| it["iat"] = json!(it["iat"].as_i64().unwrap() + 20)),
    ] {
        scene.guild.lie(|script| script.claims = lie);
        assert_eq!(whose(&scene.house, &scene.go().await).await.email, "mia@example.com");
    }
    there_are(&scene.house, 2, 5).await;
}

/// RFC 8725 §3.10, RFC 7515 §4.1.2: what a token says about where its key is leads nowhere.
#[tokio::test(flavor = "multi_thread")]
async fn rfc8725_3_10_a_key_that_the_token_brings_along_or_points_to() {
    let elsewhere = Host::http();
    let jwks = elsewhere.put("/jwks", "{\"keys\":[]}");
    let scene = Scene::open(Db::Sqlite).await;
    let asked = elsewhere.asked();
    scene.guild.lie(|script| {
        script.signature = Signature::Stranger;
        script.header = own(move |it| {
            it["jku"] = json!(jwks);
            it["x5u"] = json!(jwks);
            it["jwk"] = json!({ "kty": "oct", "k": "AAAA" });
        });
    });
    assert_eq!(scene.go().await.error(), "upstream_refused");
    assert_eq!(elsewhere.asked(), asked);
    there_are(&scene.house, 1, 0).await;
}

/// RFC 7517 §5: keys that are not understood are passed over.
#[tokio::test(flavor = "multi_thread")]
async fn rfc7517_5_one_good_key_among_others() {
    let scene = Scene::open(Db::Sqlite).await;
    scene.guild.lie(|script| {
        script.jwks = own(|it| {
            let good = it["keys"][0].clone();
            it["keys"] = json!([
                { "kty": "RSA" }, { "kty": "quantum", "kid": "first" }, { "kty": "EC", "crv": "P-521", "x": "AA", "y": "AA" },
                { "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "e" }, good,
            ]);
        });
    });
    assert!(matches!(scene.go().await, End::In(_)));
}

/// OpenID Connect Core §10.1: a token without `kid` is of the only key there is.
#[tokio::test(flavor = "multi_thread")]
async fn oidc_core_10_1_no_kid_where_there_is_one_key() {
    let scene = Scene::open(Db::Sqlite).await;
    scene.guild.lie(|script| {
        script.header = without("kid");
        script.jwks = own(|it| {
            it["keys"][0].as_object_mut().unwrap().remove("kid");
        });
    });
    assert!(matches!(scene.go().await, End::In(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_and_keys_are_kept() {
    let scene = Scene::open(Db::Sqlite).await;
    for _ in 0..4 {
        assert!(matches!(scene.go().await, End::In(_)));
    }
    assert_eq!((scene.guild.asked("discovery"), scene.guild.asked("jwks")), (1, 1));
    assert_eq!(scene.guild.asked("token"), 4);
    there_are(&scene.house, 2, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r68_rfc8725_3_10_an_unknown_kid_fetches_the_keys_again_once_a_minute() {
    let Scene { house, guild } = Scene::open(Db::Sqlite).await;
    let go = || async { go(&Browser::new(&house), &house, "guild").await };
    assert!(matches!(go().await, End::In(_)));
    assert_eq!(guild.asked("jwks"), 1);
    // A key that was made a moment ago.
    guild.lie(|script| script.key = ("second".to_owned(), 1));
    assert!(matches!(go().await, End::In(_)));
    assert_eq!(guild.asked("jwks"), 2, "fetched again");
    // Names that nobody made.
    for n in 0..5 {
        guild.lie(|script| script.header = set("kid", format!("none-{n}")));
        assert_eq!(go().await.error(), "upstream_refused");
    }
    assert_eq!(guild.asked("jwks"), 2, "and not again in the same minute");
    guild.repent();
    assert!(matches!(go().await, End::In(_)), "who is in order is not held up by that");
    house.clock.advance(61 * 1000);
    guild.lie(|script| script.header = set("kid", "none"));
    assert_eq!(go().await.error(), "upstream_refused");
    assert_eq!(guild.asked("jwks"), 3);
    assert_eq!(go().await.error(), "upstream_refused");
    assert_eq!(guild.asked("jwks"), 3);
}
