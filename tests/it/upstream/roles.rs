//! What groups at an upstream give here (`role_claim`, `roles`, `allow_admin`).

use countersign::config::Config;
use countersign::core::Secret;
use countersign::core::accounts::NewAccount;
use countersign::core::sessions::{Owner, Place};
use serde_json::{Value, json};

use super::peers::Scripted;
use super::{SERVER, go, whose};
use crate::browser::Browser;
use crate::for_each_database;
use crate::house::{Db, House, PASSWORD};

const ROLES: &str = "\n[roles]\nadmin = [\"*\"]\nstaff = [\"users:read\"]\neditor = [\"authentication:*\"]\nall = [\"*\"]\n";

fn mapped(map: &str) -> String {
    format!("trust_email = true\nrole_claim = \"groups\"\nroles = {{ {map} }}")
}

async fn house(db: Db, guild: &Scripted, of_guild: &str) -> House {
    House::open_with(db, &format!("{SERVER}{}{ROLES}", guild.toml("guild", of_guild))).await
}

/// The roles of the person who comes in with those groups.
async fn with_groups(house: &House, guild: &Scripted, groups: Value) -> Vec<String> {
    guild.person(json!({ "sub": "mia", "email": "mia@example.com", "email_verified": true, "groups": groups }));
    let mut roles = whose(house, &go(&Browser::new(house), house, "guild").await).await.roles;
    roles.sort();
    roles
}

for_each_database! {
    async fn groups_give_roles_and_take_them_again(db: Db) {
        let guild = Scripted::start().await;
        let house = house(
            db,
            &guild,
            &mapped("\"Staff\" = \"staff\", \"Web Editors\" = \"editor\", \"ops\" = \"staff\""),
        )
        .await;
        for (groups, roles) in [
            (json!(["Staff", "Somebody"]), vec!["staff"]),
            (json!(["Staff", "Web Editors"]), vec!["editor", "staff"]),
            (json!(["ops", "Staff"]), vec!["staff"]),
            (json!(["Web Editors"]), vec!["editor"]),
            (json!([]), vec![]),
            (json!(["Staff"]), vec!["staff"]),
            // By their very names, and nothing but names.
            (
                json!(["staff", "STAFF", "Staff ", "editor", "admin", 5, { "name": "Staff" }, ["Staff"], null]),
                vec![],
            ),
            (json!(["Staff"]), vec!["staff"]),
            (Value::Null, vec![]),
        ] {
            assert_eq!(with_groups(&house, &guild, groups.clone()).await, roles, "{groups}");
        }
        // A claim that is not there any more gives nothing either.
        assert_eq!(with_groups(&house, &guild, json!(["Staff"])).await, ["staff"]);
        guild.person(json!({ "sub": "mia", "email": "mia@example.com" }));
        assert!(
            whose(&house, &go(&Browser::new(&house), &house, "guild").await).await.roles.is_empty()
        );
    }
}

for_each_database! {
    async fn r14_peer_rauthy_0_32_4_a_group_that_is_gone_opens_nothing_to_a_session_made_later_again(db: Db) {
        let guild = Scripted::start().await;
        let house = house(db, &guild, &mapped("\"Editors\" = \"editor\"")).await;
        let person = |groups: Value| guild.person(json!({ "sub": "mia", "email": "mia@example.com", "groups": groups }));
        person(json!(["Editors"]));
        let before = go(&Browser::new(&house), &house, "guild").await.token().to_owned();
        let list = async |token: &str| {
            let list = house.http.get(house.url("/api/authentication")).bearer_auth(token);
            list.send().await.unwrap().status().as_u16()
        };
        assert_eq!(list(&before).await, 200);
        person(json!([]));
        go(&Browser::new(&house), &house, "guild").await;
        // The session of before goes on, with what its person has now.
        assert_eq!(list(&before).await, 403);
        let later = house.http.post(house.url("/auth/refresh")).bearer_auth(&before).send().await.unwrap();
        let later = crate::house::json(later, 200).await["session"]["token"].as_str().unwrap().to_owned();
        assert_ne!(later, before);
        assert_eq!(list(&later).await, 403);
    }
}

for_each_database! {
    async fn what_was_given_here_stays(db: Db) {
        let guild = Scripted::start().await;
        let house =
            house(db, &guild, &mapped("\"Staff\" = \"staff\", \"Editors\" = \"editor\"")).await;
        let new = NewAccount {
            email: "mia@example.com".to_owned(),
            email_verified: true,
            roles: vec!["admin".to_owned(), "staff".to_owned()],
            ..NewAccount::default()
        };
        house.app.core.create_account(new, house.clock.now()).await.unwrap();
        for (groups, roles) in [
            (json!(["Editors", "Staff"]), vec!["admin", "editor", "staff"]),
            (json!(["Editors"]), vec!["admin", "editor", "staff"]),
            (json!([]), vec!["admin", "staff"]),
        ] {
            assert_eq!(with_groups(&house, &guild, groups.clone()).await, roles, "{groups}");
        }
    }
}

for_each_database! {
    async fn without_a_map_groups_give_nothing(db: Db) {
        let guild = Scripted::start().await;
        let house = house(db, &guild, "trust_email = true").await;
        for groups in [json!(["admin", "staff"]), json!("admin")] {
            assert!(with_groups(&house, &guild, groups).await.is_empty());
        }
        guild.person(json!({ "sub": "eve", "email": "eve@example.com", "role": "admin", "roles": ["admin"], "permissions": ["*"] }));
        assert!(
            whose(&house, &go(&Browser::new(&house), &house, "guild").await).await.roles.is_empty()
        );
    }
}

for_each_database! {
    async fn everything_is_given_only_where_the_operator_allows_it_twice(db: Db) {
        let guild = Scripted::start().await;
        let all = format!(
            "{}\nallow_admin = true",
            mapped("\"Bosses\" = \"admin\", \"Everything\" = \"all\"")
        );
        let house = house(db, &guild, &all).await;
        // Somebody else rules as well: the last one who does would stay.
        let new = NewAccount {
            email: "root@example.com".to_owned(),
            roles: vec!["admin".to_owned()],
            ..NewAccount::default()
        };
        house.app.core.create_account(new, house.clock.now()).await.unwrap();
        assert_eq!(with_groups(&house, &guild, json!(["Bosses"])).await, ["admin"]);
        assert_eq!(with_groups(&house, &guild, json!(["Everything"])).await, ["all"]);
        let browser = Browser::new(&house);
        guild.person(json!({ "sub": "mia", "email": "mia@example.com", "groups": ["Bosses"] }));
        let end = go(&browser, &house, "guild").await;
        let users = async || {
            let asked = house.http.get(house.url("/v1/users")).bearer_auth(end.token()).send();
            asked.await.unwrap().status().as_u16()
        };
        assert_eq!(users().await, 200);
        // It bites at the next sign-in, and then in every session.
        assert!(with_groups(&house, &guild, json!([])).await.is_empty());
        assert_eq!(users().await, 403);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_map_to_everything_without_allow_admin_stops_the_start() {
    let guild = Scripted::start().await;
    for (map, key) in [
        ("\"Bosses\" = \"admin\"", "roles"),
        ("\"Everything\" = \"all\"", "roles"),
        ("\"Staff\" = \"nobody_has_heard_of_it\"", "roles"),
    ] {
        let text = format!("{SERVER}{}{ROLES}", guild.toml("guild", &mapped(map)));
        let error = Config::from_toml(&text).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("upstreams") && error.contains(key), "{map}: {error}");
    }
}

for_each_database! {
    async fn r76_of_administrators_by_a_group_who_unlink_at_once_one_stays(db: Db) {
        let guild = Scripted::start().await;
        let bosses = format!("{}\nallow_admin = true", mapped("\"Bosses\" = \"admin\""));
        let house = house(db, &guild, &bosses).await;
        let (core, now, place) = (&house.app.core, house.clock.now(), Place::default());
        let mut bosses = Vec::new();
        for name in ["mia", "noor", "olu", "pia"] {
            let email = format!("{name}@example.com");
            guild.person(json!({ "sub": name, "email": email, "groups": ["Bosses"] }));
            let boss = whose(&house, &go(&Browser::new(&house), &house, "guild").await).await;
            assert_eq!(boss.roles, ["admin"]);
            // Another way in, so that the link may go.
            core.set_password(boss.id, Secret::new(PASSWORD), now).await.unwrap();
            let link = core.links(boss.id).await.unwrap()[0].id;
            bosses.push((boss, link));
        }
        let unlinked = bosses.iter().map(|(boss, link)| {
            let owner = Owner { account: boss, session_id: core.new_id(now), auth_time: now };
            core.unlink(owner, *link, &place, now)
        });
        for result in futures_util::future::join_all(unlinked).await {
            result.unwrap();
        }
        let mut left = Vec::new();
        for (boss, _) in &bosses {
            left.extend(core.account_now(boss.id, now).await.unwrap().roles);
        }
        assert_eq!(left, ["admin"]);
    }
}
