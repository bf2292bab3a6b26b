//! Locks that were not asked, factors without one, and accounts that could be told apart.

use countersign::core::accounts::NewAccount;
use countersign::core::sessions::{Kind, Place, SignIn};
use countersign::core::{Failure, Refusal, Secret};
use sea_orm::{ConnectionTrait as _, DbBackend};

use super::{is_active, refresh, text, tokens};
use crate::browser::{Browser, Landing, Page, query, request, request_with};
use crate::house::{EMAIL, House, PASSWORD, WEB, json};
use crate::oidc::code::redemption;
use crate::on_both_databases;
use crate::store::rows;

const EVE: &str = "eve@example.com";
const WRONG: &str = "not the password";

fn place(ip: &str) -> Place {
    Place { ip: ip.to_owned(), ..Place::default() }
}

/// A try from nowhere in particular.
async fn sign_in(house: &House, identifier: &str, password: &str) -> Result<(), Refusal> {
    let (password, now) = (Secret::new(password), house.clock.now());
    let asked = SignIn { identifier, password, kind: Kind::Browser };
    match house.app.core.sign_in(asked, None, place("192.0.2.1"), now).await {
        Ok(_) => Ok(()),
        Err(Failure::Refused(refusal)) => Err(refusal),
        Err(Failure::Fault(fault)) => panic!("{fault}"),
    }
}

async fn count(house: &House, table: &str) -> i64 {
    rows(house).await.into_iter().find(|(name, _)| name == table).unwrap().1
}

/// Something that happens while a password is looked at: a place for the try was reserved just before,
/// and the database does it in the same breath.
async fn while_a_password_is_checked(house: &House, happens: &str) {
    let db = house.database().await;
    let make = match db.get_database_backend() {
        DbBackend::Sqlite => {
            format!("CREATE TRIGGER meanwhile AFTER INSERT ON attempts BEGIN {happens}; END")
        }
        _ => format!(
            "CREATE FUNCTION meanwhile() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN {happens}; RETURN NULL; END $$; \
             CREATE TRIGGER meanwhile AFTER INSERT ON attempts \
             FOR EACH ROW EXECUTE FUNCTION meanwhile()"
        ),
    };
    db.execute_unprepared(&make).await.unwrap();
}

async fn no_more(house: &House) {
    let db = house.database().await;
    let drop = match db.get_database_backend() {
        DbBackend::Sqlite => "DROP TRIGGER meanwhile",
        _ => "DROP TRIGGER meanwhile ON attempts; DROP FUNCTION meanwhile",
    };
    db.execute_unprepared(drop).await.unwrap();
    db.execute_unprepared("DELETE FROM attempts").await.unwrap();
}

async fn page(landing: impl Future<Output = Landing>) -> Page {
    match landing.await {
        Landing::Page(page) => page,
        Landing::Away(url) => panic!("sent to {url}"),
    }
}

/// What an app hears that asks without showing anything.
async fn silently(browser: &Browser) -> String {
    let asked = request_with("web", &[("prompt", "none")]);
    let Landing::Away(url) = browser.authorize(&asked).await else { panic!("a page") };
    query(&url).remove("error").unwrap_or_else(|| "a code".to_owned())
}

on_both_databases! {
    async fn peer_cve_2026_9798_cve_2026_16103_a_lock_that_falls_after_the_password_counts(house: House) {
        let browser = Browser::new(&house);
        let until = house.clock.now() + 900_000;
        let lock = format!("UPDATE attempts SET failed = 10, ends_at = {until} WHERE name = new.name");
        while_a_password_is_checked(&house, &lock).await;
        assert!(matches!(sign_in(&house, "ada", PASSWORD).await, Err(Refusal::Locked { .. })));
        // On the page of a flow, too: no session, no code.
        house.database().await.execute_unprepared("DELETE FROM attempts").await.unwrap();
        let shown = page(browser.authorize(&request("web"))).await;
        let refused = page(browser.press(&shown, "sign-in", &[("email", EMAIL), ("password", PASSWORD)])).await;
        assert_eq!((refused.status, refused.url.path()), (429, "/sign-in"));
        assert_eq!(count(&house, "sessions").await, 0);
        no_more(&house).await;
        assert_eq!(silently(&browser).await, "login_required", "and none waits for the lock to end");
        assert_eq!(sign_in(&house, "ada", PASSWORD).await, Ok(()));
    }
}

on_both_databases! {
    async fn peer_cve_2026_9798_cve_2026_16103_an_account_disabled_after_the_password_gets_nothing(house: House) {
        let (core, now) = (&house.app.core, house.clock.now());
        let ada = core.find_account(EMAIL).await.unwrap().unwrap().id;
        while_a_password_is_checked(&house, &format!("UPDATE accounts SET disabled_at = {now}")).await;
        let browser = Browser::new(&house);
        let shown = page(browser.authorize(&request("web"))).await;
        let refused = page(browser.press(&shown, "sign-in", &[("email", EMAIL), ("password", PASSWORD)])).await;
        assert_eq!(refused.url.path(), "/sign-in", "{}", refused.html);
        assert_eq!(sign_in(&house, EMAIL, PASSWORD).await, Err(Refusal::AccountDisabled));
        no_more(&house).await;
        assert!(core.enable_account(ada, now).await.unwrap());
        assert_eq!(silently(&browser).await, "login_required", "nothing lay in wait");
        assert_eq!(count(&house, "sessions").await, 0);
        // Another password, likewise (R31).
        while_a_password_is_checked(&house, "UPDATE accounts SET password_hash = 'another'").await;
        assert_eq!(sign_in(&house, EMAIL, PASSWORD).await, Err(Refusal::WrongCredentials));
        assert_eq!(count(&house, "sessions").await, 0);
        no_more(&house).await;
    }
}

on_both_databases! {
    async fn peer_cve_2026_9798_cve_2025_53942_disabled_ends_every_way_that_is_under_way(house: House) {
        let now = house.clock.now();
        let [consenting, waiting, using] = [(); 3].map(|()| Browser::new(&house));
        let given = tokens(&house, &using, "openid").await;
        let offline = tokens(&house, &using, "openid offline_access").await;
        let code = waiting.code(&request_with("web", &[("prompt", "consent")])).await;
        consenting.sign_in(&house).await;
        let asked = [("prompt", "consent")];
        let consent = page(consenting.authorize(&request_with("web", &asked))).await;
        let pushed = house.post("/par", WEB, &request_with("web", &asked)).send().await.unwrap();
        let pushed = json(pushed, 201).await;
        let reference = [("client_id", "web".to_owned()), ("request_uri", text(&pushed, "request_uri").to_owned())];
        let opened = page(consenting.authorize(&reference)).await;
        assert_eq!((consent.url.path(), opened.url.path()), ("/consent", "/consent"));
        let ada = house.app.core.find_account(EMAIL).await.unwrap().unwrap().id;
        let nothing_comes = async || {
            for open in [&consent, &opened] {
                assert_eq!(page(consenting.press(open, "allow", &[])).await.url.path(), "/sign-in");
            }
            for browser in [&consenting, &waiting, &using] {
                assert_eq!(silently(browser).await, "login_required");
            }
            let refused = house.token(WEB, &redemption(&code)).send().await.unwrap();
            assert_eq!(json(refused, 400).await["error"], "invalid_grant");
            for set in [&given, &offline] {
                assert_eq!(refresh(&house, WEB, text(set, "refresh_token")).await.1["error"], "invalid_grant");
                assert_eq!(house.userinfo(text(set, "access_token")).await.status(), 401);
                assert!(!is_active(&house, text(set, "access_token")).await);
                assert!(!is_active(&house, text(set, "refresh_token")).await);
            }
        };
        assert!(house.app.core.disable_account(ada, now).await.unwrap());
        nothing_comes().await;
        assert_eq!(sign_in(&house, EMAIL, PASSWORD).await, Err(Refusal::AccountDisabled));
        assert!(house.app.core.enable_account(ada, now).await.unwrap());
        nothing_comes().await;
    }
}

on_both_databases! {
    async fn r42_a_lock_is_about_passwords_and_strangers_end_no_session_by_it(house: House) {
        let browser = Browser::new(&house);
        let given = tokens(&house, &browser, "openid").await;
        let consent = page(browser.authorize(&request_with("web", &[("prompt", "consent")]))).await;
        for _ in 0..10 {
            assert_eq!(sign_in(&house, EMAIL, WRONG).await, Err(Refusal::WrongCredentials));
        }
        assert!(matches!(sign_in(&house, EMAIL, PASSWORD).await, Err(Refusal::Locked { .. })));
        assert_eq!(refresh(&house, WEB, text(&given, "refresh_token")).await.0, 200);
        let Landing::Away(url) = browser.press(&consent, "allow", &[]).await else { panic!("a page") };
        let code = query(&url).remove("code").unwrap();
        assert_eq!(house.token(WEB, &redemption(&code)).send().await.unwrap().status(), 200);
        // Whoever has to prove a factor again is asked about the lock (prompt=login).
        let stranger = Browser::new(&house);
        let shown = page(stranger.authorize(&request_with("web", &[("prompt", "login")]))).await;
        let refused = page(stranger.press(&shown, "sign-in", &[("email", EMAIL), ("password", PASSWORD)])).await;
        assert_eq!(refused.status, 429);
    }
}

on_both_databases! {
    async fn peer_cve_2024_32868_cve_2025_64102_every_place_that_takes_a_password_counts_to_one_lock(house: House) {
        let browser = Browser::new(&house);
        browser.sign_in(&house).await;
        let (password, email) = (browser.page(house.url("/password")).await, browser.page(house.url("/email")).await);
        let other = "an entirely new password";
        let change = async |current: &str| page(browser.press(&password, "go", &[("current", current), ("password", other)])).await;
        let move_on = async |current: &str| page(browser.press(&email, "go", &[("current", current), ("email", EVE)])).await;
        // Ten guesses in this browser, wherever they are made: it is known and counts for itself.
        for n in 0..10 {
            let told = match n % 3 {
                0 => change(WRONG).await,
                1 => move_on(WRONG).await,
                _ => {
                    let shown = page(browser.authorize(&request_with("web", &[("prompt", "login")]))).await;
                    page(browser.press(&shown, "sign-in", &[("email", EMAIL), ("password", WRONG)])).await
                }
            };
            assert_eq!(told.status, 422, "{n}: {}", told.html);
        }
        let shown = page(browser.authorize(&request_with("web", &[("prompt", "login")]))).await;
        let again = page(browser.press(&shown, "sign-in", &[("email", EMAIL), ("password", PASSWORD)])).await;
        for told in [change(PASSWORD).await, move_on(PASSWORD).await, again] {
            assert_eq!(told.status, 429, "the right one is not looked at: {}", told.html);
        }
        assert!(house.mails_now(EVE).is_empty());
        // Where nobody has signed in before, a stolen session counts to the account's own lock.
        let asked = SignIn { identifier: EMAIL, password: Secret::new(PASSWORD), kind: Kind::Browser };
        let thief = house.app.core.sign_in(asked, None, place("192.0.2.7"), house.clock.now()).await.unwrap();
        for n in 0..10 {
            let (core, now, elsewhere) = (&house.app.core, house.clock.now(), place("192.0.2.8"));
            let outcome = match n % 3 {
                0 => core.change_password(thief.owner(), (Secret::new(WRONG), Secret::new(other)), elsewhere, now).await.map(drop),
                1 => core.ask_email_change(thief.owner(), (Some(Secret::new(WRONG)), EVE), elsewhere, now).await,
                _ => core.sign_in(SignIn { identifier: EMAIL, password: Secret::new(WRONG), kind: Kind::Browser }, None, elsewhere, now).await.map(drop),
            };
            assert!(matches!(outcome, Err(Failure::Refused(Refusal::PasswordWrong | Refusal::WrongCredentials))), "{n}");
        }
        let now = house.clock.now();
        let asked = house.app.core.ask_email_change(thief.owner(), (Some(Secret::new(PASSWORD)), EVE), place("192.0.2.9"), now);
        assert!(matches!(asked.await, Err(Failure::Refused(Refusal::Locked { .. }))));
        assert!(matches!(sign_in(&house, "ada", PASSWORD).await, Err(Refusal::Locked { .. })));
        assert!(house.mails_now(EVE).is_empty());
        // A link of a mail is no factor to guess: 256 bits.
        let shown = browser.page(house.url("/forgot-password")).await;
        browser.press(&shown, "go", &[("email", EMAIL)]).await;
        let link = house.mail(EMAIL, "Choose a new password").await.link();
        let token = query(&link).remove("token").unwrap();
        assert_eq!(token.len(), 43, "{token}");
        for near in [&token[..42], &token.to_ascii_lowercase(), &format!("{token}A")] {
            let mut guess = link.clone();
            guess.set_query(Some(&format!("token={near}")));
            assert_eq!(browser.page(guess).await.status, 400, "{near}");
        }
        assert_eq!(browser.page(link).await.status, 200);
    }
}

on_both_databases! {
    async fn peer_ghsa_qgqp_xh8r_v73r_who_gets_a_mail_is_said_by_the_account(house: House) {
        let browser = Browser::new(&house);
        let shown = browser.page(house.url("/forgot-password")).await;
        let csrf = shown.value("input[name=csrf]").unwrap();
        let send = async |fields: &[(&str, &str)]| {
            let form: Vec<(&str, &str)> = [("csrf", csrf.as_str()), ("action", "go")].into_iter().chain(fields.iter().copied()).collect();
            browser.http.post(house.url("/forgot-password")).form(&form).send().await.unwrap().status().as_u16()
        };
        // Two, in one field or in two, are none.
        for twice in [&[("email", EMAIL), ("email", EVE)][..], &[("email", EVE), ("email", EMAIL)]] {
            assert!((400..500).contains(&send(twice).await));
        }
        for both in [format!("{EMAIL},{EVE}"), format!("{EMAIL};{EVE}"), format!("{EMAIL}\r\nTo: {EVE}"), format!("{EMAIL} {EVE}"), format!("{EVE}<{EMAIL}>")] {
            assert!((400..500).contains(&send(&[("email", &both)]).await), "{both}");
        }
        // What else is said of where it should go is not read; however it is written, it goes to what the account has.
        let more = [("email", " ADA@example.COM "), ("to", EVE), ("recipient", EVE), ("cc", EVE), ("email[]", EVE), ("user_email", EVE), ("token", EVE)];
        assert_eq!(send(&more).await, 303);
        let mail = house.mail(EMAIL, "Choose a new password").await;
        assert!(mail.raw.contains(EMAIL) && !mail.raw.to_lowercase().contains("eve@"), "{}", mail.raw);
        // The other mails that a person asks for or causes.
        let zoe = Browser::new(&house);
        let shown = zoe.page(house.url("/sign-up")).await;
        let fields = [("name", "Zoe"), ("email", "zoe@example.com"), ("password", PASSWORD), ("to", EVE)];
        let home = page(zoe.press(&shown, "sign-up", &fields)).await;
        page(zoe.press(&home, "verify", &[("email", EVE), ("to", EVE)])).await;
        house.mails("zoe@example.com", "Confirm your email address", 2).await;
        let shown = zoe.page(house.url("/password")).await;
        page(zoe.press(&shown, "go", &[("current", PASSWORD), ("password", "an entirely new password"), ("email", EVE)])).await;
        house.mail("zoe@example.com", "has changed").await;
        let shown = browser.page(house.url("/sign-in")).await;
        page(browser.press(&shown, "sign-in", &[("email", EMAIL), ("password", PASSWORD), ("to", EVE)])).await;
        house.mail(EMAIL, "New sign-in").await;
        for _ in 0..10 {
            sign_in(&house, EMAIL, WRONG).await.unwrap_err();
        }
        house.mail(EMAIL, "is paused").await;
        assert!(house.mails_now(EVE).is_empty());
    }
}

on_both_databases! {
    async fn peer_cve_2025_22234_cve_2025_54999_every_outcome_of_a_password_is_the_same_work(house: House) {
        let (core, now) = (&house.app.core, house.clock.now());
        let new = |email: &str, password: Option<&str>| NewAccount {
            email: email.to_owned(), password: password.map(Secret::new), ..NewAccount::default()
        };
        core.create_account(new("without@example.com", None), now).await.unwrap();
        core.create_account(new("locked@example.com", Some(PASSWORD)), now).await.unwrap();
        let disabled = core.create_account(new("disabled@example.com", Some(PASSWORD)), now).await.unwrap();
        core.disable_account(disabled.id, now).await.unwrap();
        for _ in 0..10 {
            sign_in(&house, "locked@example.com", WRONG).await.unwrap_err();
            sign_in(&house, "nobody.locked@example.com", WRONG).await.unwrap_err();
        }
        let too_long = "x".repeat(129);
        let far_too_long = "x".repeat(60_000);
        let failing = [
            (EMAIL, WRONG), (EMAIL, &too_long), (EMAIL, &far_too_long), (EMAIL, ""), ("ada", WRONG),
            ("nobody@example.com", WRONG), ("nobody@example.com", &too_long), ("nobody", WRONG),
            ("without@example.com", WRONG), ("disabled@example.com", WRONG),
        ];
        let others = [
            (EMAIL, PASSWORD), ("disabled@example.com", PASSWORD), ("locked@example.com", PASSWORD),
            ("locked@example.com", WRONG), ("nobody.locked@example.com", WRONG), ("not@an@address", WRONG),
        ];
        let mut statements = Vec::new();
        for (who, password) in failing.into_iter().chain(others) {
            let mut counts = [0; 3];
            for count in &mut counts {
                let before = core.hashes();
                *count = Box::pin(house.statements(sign_in(&house, who, password))).await.1;
                assert_eq!(core.hashes() - before, 1, "hashes for {who}");
            }
            house.database().await.execute_unprepared("DELETE FROM attempts WHERE name LIKE 'address:%' OR failed < 10").await.unwrap();
            statements.push((who, counts));
        }
        let (alike, rest) = statements.split_at(failing.len());
        assert!(alike.iter().all(|(_, counts)| *counts == alike[0].1), "{alike:?}");
        let locked: Vec<_> = rest[2..5].iter().map(|(_, counts)| *counts).collect();
        assert!(locked.iter().all(|counts| *counts == locked[0]), "{rest:?}");
    }
}

on_both_databases! {
    async fn r37_what_a_lock_costs_us_is_bounded_by_the_address_it_comes_from(house: House) {
        for _ in 0..10 {
            assert_eq!(sign_in(&house, EMAIL, WRONG).await, Err(Refusal::WrongCredentials));
        }
        for _ in 10..100 {
            assert!(matches!(sign_in(&house, EMAIL, PASSWORD).await, Err(Refusal::Locked { .. })));
        }
        let before = house.app.core.hashes();
        assert!(matches!(sign_in(&house, EMAIL, PASSWORD).await, Err(Refusal::SlowDown { .. })));
        assert_eq!(house.app.core.hashes(), before);
    }
}
