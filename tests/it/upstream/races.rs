//! What somebody else does between a look and the write that follows it.

use countersign::core::Failure;
use countersign::core::Refusal;
use countersign::core::links::Astray;
use countersign::core::sessions::{Owner, Place};
use sea_orm::{ConnectionTrait as _, DbBackend};
use serde_json::{Value, json};

use super::peers::Scripted;
use super::{APP, End, SERVER, ask, go, leave, reconfigured, returns, there_are, whose};
use crate::browser::{Browser, query};
use crate::for_each_database;
use crate::house::{Db, EMAIL, House};

const ROLES: &str = "\n[roles]\nadmin = [\"*\"]\nstaff = [\"users:read\"]\n";
const MIA: &str = "mia@example.com";

/// A house whose upstream's group gives a role.
async fn house(db: Db, guild: &Scripted) -> House {
    let staff = "role_claim = \"groups\"\nroles = { \"Staff\" = \"staff\" }";
    House::open_with(db, &format!("{SERVER}{}{ROLES}", guild.toml("guild", staff))).await
}

fn comes_with(guild: &Scripted, groups: &Value) {
    guild.person(json!({ "sub": "mia", "email": MIA, "groups": groups }));
}

/// Something that was done just before an account was held that has this: the database does it in the
/// same breath.
async fn before_an_account_is_held(house: &House, when: &str, happens: &str) {
    let db = house.database().await;
    let make = match db.get_database_backend() {
        DbBackend::Sqlite => format!(
            "CREATE TRIGGER meanwhile AFTER UPDATE ON accounts WHEN {when} BEGIN {happens}; END"
        ),
        _ => format!(
            "CREATE FUNCTION meanwhile() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN {happens}; RETURN NULL; END $$; \
             CREATE TRIGGER meanwhile AFTER UPDATE ON accounts \
             FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION meanwhile()"
        ),
    };
    db.execute_unprepared(&make).await.unwrap();
}

async fn no_more(house: &House) {
    let db = house.database().await;
    let drop = match db.get_database_backend() {
        DbBackend::Sqlite => "DROP TRIGGER meanwhile",
        _ => "DROP TRIGGER meanwhile ON accounts; DROP FUNCTION meanwhile",
    };
    db.execute_unprepared(drop).await.unwrap();
}

for_each_database! {
    async fn a_role_that_two_sign_ins_at_once_bring_goes_with_its_group(db: Db) {
        let guild = Scripted::start().await;
        let house = house(db, &guild).await;
        comes_with(&guild, &json!([]));
        assert!(whose(&house, &go(&Browser::new(&house), &house, "guild").await).await.roles.is_empty());
        // She is of the group now, and comes in twice at once: the other one was faster by a little.
        comes_with(&guild, &json!(["Staff"]));
        let faster = "UPDATE links SET roles = '[\"staff\"]'; \
            UPDATE accounts SET roles = '[\"staff\"]' WHERE id = new.id";
        before_an_account_is_held(&house, "new.roles = '[]'", faster).await;
        let mia = whose(&house, &go(&Browser::new(&house), &house, "guild").await).await;
        assert_eq!(mia.roles, ["staff"]);
        no_more(&house).await;
        comes_with(&guild, &json!([]));
        let mia = whose(&house, &go(&Browser::new(&house), &house, "guild").await).await;
        assert!(mia.roles.is_empty(), "her group is gone: {:?}", mia.roles);
    }
}

for_each_database! {
    async fn a_link_that_ends_meanwhile_gives_no_role(db: Db) {
        let guild = Scripted::start().await;
        let house = house(db, &guild).await;
        comes_with(&guild, &json!([]));
        go(&Browser::new(&house), &house, "guild").await;
        comes_with(&guild, &json!(["Staff"]));
        before_an_account_is_held(&house, "new.roles = '[]'", "DELETE FROM links").await;
        assert_eq!(go(&Browser::new(&house), &house, "guild").await.error(), "link_required");
        let mia = house.app.core.find_account(MIA).await.unwrap().unwrap();
        assert!(mia.roles.is_empty(), "{:?}", mia.roles);
        there_are(&house, 2, 1).await;
    }
}

for_each_database! {
    async fn a_session_that_ends_meanwhile_links_nothing(db: Db) {
        let guild = Scripted::start().await;
        let house = house(db, &guild).await;
        let browser = Browser::new(&house);
        browser.sign_in(&house).await;
        let page = browser.page(house.url("/account/links")).await;
        let csrf = page.value("input[name=csrf]").unwrap();
        let form = [("csrf", csrf.as_str()), ("action", "add"), ("upstream", "guild")];
        let response = browser.http.post(page.url).form(&form).send().await.unwrap();
        let there = response.headers()["location"].to_str().unwrap().parse().unwrap();
        let back = returns(&browser, there).await;
        // She has it cut off from elsewhere.
        let cut_off = "UPDATE sessions SET ended_at = 1";
        before_an_account_is_held(&house, "new.username = 'ada'", cut_off).await;
        let end = ask(&browser, back).await;
        let End::Goes(to) = &end else { panic!("{end:?}") };
        assert_eq!(query(to)["problem"], "not_signed_in");
        let ada = house.app.core.find_account(EMAIL).await.unwrap().unwrap();
        assert!(house.app.core.links(ada.id).await.unwrap().is_empty());
    }
}

for_each_database! {
    async fn a_link_to_an_issuer_that_is_no_longer_asked_is_no_way_in(db: Db) {
        let (guild, lodge, moved) =
            (Scripted::start().await, Scripted::start().await, Scripted::start().await);
        let trusted = "trust_email = true";
        let lodge_toml = lodge.toml("lodge", trusted);
        let more = format!("{SERVER}{}{lodge_toml}", guild.toml("guild", trusted));
        let house = House::open_with(db, &more).await;
        go(&Browser::new(&house), &house, "guild").await;
        let mia = whose(&house, &go(&Browser::new(&house), &house, "lodge").await).await;
        let links = house.app.core.links(mia.id).await.unwrap();
        assert_eq!(links.len(), 2);
        let elsewhere = format!("{SERVER}{}{lodge_toml}", moved.toml("guild", trusted));
        let later = house.restart(&reconfigured(&house, &elsewhere)).await;
        let (core, now) = (&later.app.core, later.clock.now());
        let owner = Owner { account: &mia, session_id: core.new_id(now), auth_time: now };
        let unlink = async |upstream: &str| {
            let link = links.iter().find(|it| it.upstream == upstream).unwrap();
            core.unlink(owner, link.id, &Place::default(), now).await
        };
        assert!(matches!(
            unlink("lodge").await,
            Err(Failure::Refused(Refusal::Astray(Astray::LastWayIn)))
        ));
        unlink("guild").await.unwrap();
        let left = core.links(mia.id).await.unwrap();
        assert_eq!(left.iter().map(|it| it.upstream.as_str()).collect::<Vec<_>>(), ["lodge"]);
        // And she still comes in by it.
        let browser = Browser::new(&later);
        let there = leave(&browser, &later, "lodge", &[("redirect_to", APP)]).await;
        let mut back = returns(&browser, there).await;
        back.set_port(later.url("/").port()).unwrap();
        assert_eq!(whose(&later, &ask(&browser, back).await).await.id, mia.id);
    }
}
