//! Whose account it is that somebody comes to from an upstream: the rules as a table (R62, R63).

use serde_json::{Value, json};

use super::peers::{Scripted, own, set};
use super::{APP, End, SERVER, ask, go, leave, local, reconfigured, returns, there_are, whose};
use crate::browser::Browser;
use crate::for_each_database;
use crate::house::{Db, House};

/// Who has the address here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Local {
    Nobody,
    Verified,
    Unverified,
    Disabled,
}

/// What comes of it.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// A new account, whose address is verified or not.
    New {
        verified: bool,
    },
    /// The account that was there.
    Joined,
    Refused(&'static str),
}

/// The rule: an account is joined only if the upstream is trusted, says JSON `true`, and the address
/// here is verified as well.
fn expected(trusted: bool, email_verified: &Value, local: Local) -> Outcome {
    let proven = trusted && *email_verified == json!(true);
    match local {
        Local::Nobody => Outcome::New { verified: proven },
        Local::Verified if proven => Outcome::Joined,
        Local::Disabled if proven => Outcome::Refused("account_disabled"),
        Local::Verified | Local::Unverified | Local::Disabled => Outcome::Refused("link_required"),
    }
}

/// An upstream that nobody trusts, and one that is trusted for addresses.
async fn two(db: Db) -> (House, Scripted, Scripted) {
    let (guild, lodge) = (Scripted::start().await, Scripted::start().await);
    let trusted = lodge.toml("lodge", "trust_email = true");
    let house =
        House::open_with(db, &format!("{SERVER}{}{trusted}", guild.toml("guild", ""))).await;
    for upstream in [&guild, &lodge] {
        upstream.keep_time(&house.clock);
    }
    (house, guild, lodge)
}

for_each_database! {
    async fn r63_asvs_6_8_1_the_table_of_linking(db: Db) {
        let (house, guild, lodge) = two(db).await;
        let mut accounts = 1;
        for (upstream, provider, trusted) in [("guild", &guild, false), ("lodge", &lodge, true)] {
            for email_verified in [json!(true), json!("true"), json!(false), Value::Null] {
                for here in [Local::Nobody, Local::Verified, Local::Unverified, Local::Disabled] {
                    let what = format!("{upstream} {email_verified} {here:?}");
                    let sub = format!("sub of {what}");
                    let email = format!("p{accounts}@example.com");
                    let account = match here {
                        Local::Nobody => None,
                        _ => Some(local(&house, &email, here != Local::Unverified).await.id),
                    };
                    accounts += 1;
                    if here == Local::Disabled {
                        house
                            .app
                            .core
                            .disable_account(account.unwrap(), house.clock.now())
                            .await
                            .unwrap();
                    }
                    let mut person = json!({ "sub": sub, "name": "Somebody", "email": email.to_uppercase(), "email_verified": email_verified });
                    if email_verified.is_null() {
                        person.as_object_mut().unwrap().remove("email_verified");
                    }
                    provider.person(person);
                    let end = go(&Browser::new(&house), &house, upstream).await;
                    let outcome = match &end {
                        End::In(_) => {
                            let who = whose(&house, &end).await;
                            match account {
                                None => Outcome::New { verified: who.email_verified },
                                Some(id) if id == who.id => Outcome::Joined,
                                Some(_) => panic!("{what}: another account"),
                            }
                        }
                        End::Refused(code) => Outcome::Refused(match code.as_str() {
                            "link_required" => "link_required",
                            "account_disabled" => "account_disabled",
                            other => panic!("{what}: {other}"),
                        }),
                        other => panic!("{what}: {other:?}"),
                    };
                    assert_eq!(outcome, expected(trusted, &email_verified, here), "{what}");
                    // The same again the second time: a refusal has linked nothing.
                    let again = go(&Browser::new(&house), &house, upstream).await;
                    assert_eq!(matches!(again, End::In(_)), matches!(end, End::In(_)), "{what}");
                    if let End::In(_) = again {
                        assert_eq!(
                            whose(&house, &again).await.id,
                            whose(&house, &end).await.id,
                            "{what}"
                        );
                    }
                }
            }
        }
        // Nobody got an account beside the one that has the address.
        let rows = crate::store::rows(&house).await;
        assert!(rows.contains(&("accounts".to_owned(), accounts)), "{rows:?}");
    }
}

for_each_database! {
    async fn r62_the_same_sub_of_another_upstream_is_somebody_else(db: Db) {
        let (house, guild, lodge) = two(db).await;
        guild.person(json!({ "sub": "1", "email": "one@example.com" }));
        lodge.person(json!({ "sub": "1", "email": "two@example.com" }));
        let one = whose(&house, &go(&Browser::new(&house), &house, "guild").await).await;
        let two = whose(&house, &go(&Browser::new(&house), &house, "lodge").await).await;
        assert_ne!(one.id, two.id);
        // Nor is one whose name differs in any way.
        for sub in ["1 ", "01", "1.0", "\u{ff11}", "A", "a", "\u{e9}", "e\u{301}"] {
            guild.person(json!({ "sub": sub, "email": format!("{}@example.com", sub.escape_unicode().to_string().replace(['\\', '{', '}'], "")) }));
            let other = whose(&house, &go(&Browser::new(&house), &house, "guild").await).await;
            assert!(![one.id, two.id].contains(&other.id), "{sub:?}");
        }
        there_are(&house, 11, 10).await;
    }
}

for_each_database! {
    async fn r62_the_same_sub_of_another_issuer_is_somebody_else(db: Db) {
        let (house, _guild, _lodge) = two(db).await;
        let mia = whose(&house, &go(&Browser::new(&house), &house, "guild").await).await;
        // The operator points the upstream at another server, where another Mia is the first one.
        let moved = Scripted::start().await;
        let elsewhere = format!("{SERVER}{}", moved.toml("guild", "trust_email = true"));
        let later = house.restart(&reconfigured(&house, &elsewhere)).await;
        let browser = Browser::new(&later);
        let mut back =
            returns(&browser, leave(&browser, &later, "guild", &[("redirect_to", APP)]).await)
                .await;
        back.set_port(later.url("/").port()).unwrap();
        assert_eq!(
            ask(&browser, back).await.error(),
            "link_required",
            "her address is not proven here"
        );
        moved.person(
            json!({ "sub": "mia", "email": "another@example.com", "email_verified": true }),
        );
        let mut back =
            returns(&browser, leave(&browser, &later, "guild", &[("redirect_to", APP)]).await)
                .await;
        back.set_port(later.url("/").port()).unwrap();
        let other = whose(&later, &ask(&browser, back).await).await;
        assert_ne!(other.id, mia.id);
    }
}

for_each_database! {
    async fn r62_asvs_10_5_2_another_address_there_moves_nobody_here(db: Db) {
        let (house, _guild, lodge) = two(db).await;
        let first = whose(&house, &go(&Browser::new(&house), &house, "lodge").await).await;
        // Mia takes Ada's address there, and the upstream swears that it is hers.
        for (email, name) in [(crate::house::EMAIL, "Ada Lovelace"), ("mia@new.example", "Mia New")]
        {
            lodge.person(json!({ "sub": "mia", "name": name, "email": email, "email_verified": true, "preferred_username": "ada" }));
            let now = whose(&house, &go(&Browser::new(&house), &house, "lodge").await).await;
            assert_eq!(now.id, first.id);
        }
        let ada = house.app.core.find_account(crate::house::EMAIL).await.unwrap().unwrap();
        assert_ne!(ada.id, first.id);
        assert_eq!(ada.claims.name.as_deref(), Some("Ada Lovelace"));
        assert_eq!(ada.username.as_deref(), Some("ada"));
        // Without her address at the upstream she is still herself, and still comes in.
        lodge.person(json!({ "sub": "mia", "name": "Mia" }));
        assert_eq!(
            whose(&house, &go(&Browser::new(&house), &house, "lodge").await).await.id,
            first.id
        );
    }
}

for_each_database! {
    async fn an_address_that_is_missing_or_none_opens_no_account(db: Db) {
        let (house, guild, lodge) = two(db).await;
        for (upstream, provider) in [("guild", &guild), ("lodge", &lodge)] {
            for email in [
                Value::Null,
                json!(""),
                json!("mia"),
                json!("a@x.example,b@y.example"),
                json!("mia@example.com\r\nBcc: x@y.example"),
            ] {
                provider.person(json!({ "sub": "mia", "email": email, "email_verified": true }));
                assert_eq!(
                    go(&Browser::new(&house), &house, upstream).await.error(),
                    "email_missing",
                    "{email}"
                );
            }
        }
        there_are(&house, 1, 0).await;
    }
}

for_each_database! {
    async fn where_sign_up_is_closed_only_those_come_in_who_are_known(db: Db) {
        let lodge = Scripted::start().await;
        let closed = lodge.toml("lodge", "trust_email = true\nsign_up = false");
        let house = House::open_with(db, &format!("{SERVER}{closed}")).await;
        assert_eq!(go(&Browser::new(&house), &house, "lodge").await.error(), "sign_up_closed");
        there_are(&house, 1, 0).await;
        lodge.person(json!({ "sub": "ada", "email": crate::house::EMAIL, "email_verified": true }));
        let ada = whose(&house, &go(&Browser::new(&house), &house, "lodge").await).await;
        assert_eq!(ada.email, crate::house::EMAIL);
        there_are(&house, 1, 1).await;
        // From now on by who she is there.
        lodge.lie(|script| {
            script.claims = own(|it| {
                it.as_object_mut().unwrap().remove("email");
            });
        });
        lodge.lie(|script| script.userinfo = set("email", Value::Null));
        assert_eq!(
            whose(&house, &go(&Browser::new(&house), &house, "lodge").await).await.id,
            ada.id
        );
    }
}

for_each_database! {
    async fn of_ten_first_sign_ins_at_once_comes_one_account(db: Db) {
        let (house, guild, _lodge) = two(db).await;
        let second = house.another_node().await;
        let browsers: Vec<_> = (0..10).map(|_| Browser::new(&house)).collect();
        let mut callbacks = Vec::new();
        for (n, browser) in browsers.iter().enumerate() {
            let mut back =
                returns(browser, leave(browser, &house, "guild", &[("redirect_to", APP)]).await)
                    .await;
            if n % 2 == 1 {
                back.set_port(second.url("/").port()).unwrap();
            }
            callbacks.push(ask(browser, back));
        }
        let ends = futures_util::future::join_all(callbacks).await;
        for end in &ends {
            assert_eq!(whose(&house, end).await.email, "mia@example.com");
        }
        there_are(&house, 2, 10).await;
        assert_eq!(guild.asked("token"), 10);
    }
}
