//! A refresh family under any sequence of events, against a model of twenty lines.

use proptest::prelude::*;
use tokio::runtime::Runtime;

use super::runner;
use crate::browser::{Browser, request_with};
use crate::house::{Db, House, OTHER, WEB, json};
use crate::oidc::code::{claims, redemption};

const GRACE: i64 = 10_000;
const DAY: i64 = 24 * 60 * 60 * 1000;

#[derive(Clone, Copy, Debug)]
enum Event {
    /// The newest refresh token is used.
    Use,
    /// One from so many answers ago is used.
    UseEarlier(usize),
    /// Another client uses the newest.
    UseByAnother,
    Revoke(usize),
    SignOut,
    Wait(i64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => Just(Event::Use),
        4 => (1_usize..4).prop_map(Event::UseEarlier),
        1 => Just(Event::UseByAnother),
        1 => (0_usize..3).prop_map(Event::Revoke),
        1 => Just(Event::SignOut),
        // Never near an end: what lies between two answers may be some seconds of the real clock.
        4 => prop_oneof![Just(1_000), Just(30_000), Just(20 * 60_000), Just(20 * DAY)].prop_map(Event::Wait),
    ]
}

/// What may become of a refresh token that is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The family moves on.
    Rotated,
    /// The answer that may have been lost is given again.
    Again,
    Refused,
    /// Refused, and the family is over.
    Replayed,
}

struct Held {
    generation: i64,
    refresh: String,
    access: String,
    given_at: i64,
}

/// What a family must be: its generation, and what has ended it.
struct Model {
    began_at: i64,
    offline: bool,
    generation: i64,
    /// Between these two moments.
    rotated: (i64, i64),
    used_at: i64,
    ended: bool,
    signed_out: bool,
}

impl Model {
    fn stands(&self, now: i64) -> bool {
        // A family without offline_access lives as long as its session: 30 idle days at most.
        let by_session = self.offline || (!self.signed_out && now - self.used_at < 30 * DAY);
        !self.ended && by_session && now - self.began_at < 90 * DAY
    }

    /// What may become of a token that is used between two moments.
    fn fates(&self, held: &Held, (from, to): (i64, i64)) -> Vec<Fate> {
        if from - held.given_at >= 30 * DAY || !self.stands(from) {
            return vec![Fate::Refused];
        }
        if held.generation == self.generation {
            return vec![Fate::Rotated];
        }
        let mut fates = Vec::new();
        let is_last = held.generation + 1 == self.generation;
        if is_last && from - self.rotated.1 < GRACE {
            fates.push(Fate::Again);
        }
        if !is_last || to - self.rotated.0 >= GRACE {
            fates.push(Fate::Replayed);
        }
        fates
    }
}

struct Family<'h> {
    house: &'h House,
    browser: Browser,
    model: Model,
    held: Vec<Held>,
}

impl<'h> Family<'h> {
    async fn begin(house: &'h House, offline: bool) -> Self {
        let browser = Browser::new(house);
        let scope = if offline { "openid offline_access" } else { "openid" };
        let params = request_with("web", &[("scope", scope), ("prompt", "consent")]);
        let began_at = house.clock.now();
        let code = browser.code(&params).await;
        let tokens = json(house.token(WEB, &redemption(&code)).send().await.unwrap(), 200).await;
        let model = Model {
            began_at,
            offline,
            generation: 1,
            rotated: (began_at, began_at),
            used_at: began_at,
            ended: false,
            signed_out: false,
        };
        let mut family = Self { house, browser, model, held: Vec::new() };
        family.hold(&tokens, began_at);
        assert_eq!(family.held[0].generation, 1);
        family
    }

    fn hold(&mut self, tokens: &serde_json::Value, given_at: i64) {
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        self.held.push(Held {
            generation: claims(&tokens["refresh_token"])["generation"].as_i64().unwrap(),
            refresh: text("refresh_token"),
            access: text("access_token"),
            given_at,
        });
    }

    fn earlier(&self, ago: usize) -> usize {
        self.held.len() - 1 - ago.min(self.held.len() - 1)
    }

    async fn take(&mut self, event: Event) {
        match event {
            Event::Use => self.spend(self.earlier(0)).await,
            Event::UseEarlier(ago) => self.spend(self.earlier(ago)).await,
            Event::UseByAnother => {
                let form = [
                    ("grant_type", "refresh_token"),
                    ("refresh_token", &self.held[self.earlier(0)].refresh),
                ];
                let refused = json(self.house.token(OTHER, &form).send().await.unwrap(), 400).await;
                assert_eq!(refused["error"], "invalid_grant");
            }
            Event::Revoke(ago) => {
                let form = [("token", &self.held[self.earlier(ago)].refresh)];
                let answer = self.house.post("/revoke", WEB, &form).send().await.unwrap();
                assert_eq!(answer.status(), 200);
                self.model.ended = true;
            }
            Event::SignOut => {
                if self.model.signed_out {
                    return;
                }
                let page = self.browser.page(self.house.url("/sign-out")).await;
                if page.html.contains("id=\"sign-out\"") {
                    self.browser.press(&page, "sign-out", &[]).await;
                }
                self.model.signed_out = true;
            }
            Event::Wait(milliseconds) => self.house.clock.advance(milliseconds),
        }
    }

    async fn spend(&mut self, at: usize) {
        let held = &self.held[at];
        let form = [("grant_type", "refresh_token"), ("refresh_token", held.refresh.as_str())];
        let from = self.house.clock.now();
        let answer = self.house.token(WEB, &form).send().await.unwrap();
        let to = self.house.clock.now();
        let status = answer.status().as_u16();
        let body: serde_json::Value = answer.json().await.unwrap();
        let is_given = |fate: &Fate| matches!(fate, Fate::Rotated | Fate::Again);
        let fates = self.model.fates(held, (from, to));
        let fate = fates.iter().find(|fate| is_given(fate) == (status == 200));
        let fate = *fate.unwrap_or_else(|| panic!("expected {fates:?}, was told {status} {body}"));
        if !is_given(&fate) {
            assert_eq!((status, &body["error"]), (400, &"invalid_grant".into()), "{body}");
        }
        match fate {
            Fate::Rotated => {
                self.model.generation += 1;
                self.model.rotated = (from, to);
            }
            Fate::Replayed => self.model.ended = true,
            Fate::Again | Fate::Refused => {}
        }
        if is_given(&fate) {
            self.model.used_at = from;
            self.hold(&body, from);
            let given = self.held.last().unwrap().generation;
            assert_eq!(given, self.model.generation, "one generation, whoever is given it");
        }
    }

    async fn is_active(&self, token: &str) -> bool {
        let answer = self.house.post("/introspect", WEB, &[("token", token)]).send().await.unwrap();
        json(answer, 200).await["active"] == true
    }

    /// What introspection says of these tokens is what the model says.
    async fn agrees(&self, which: impl Iterator<Item = usize>) {
        for held in which.map(|at| &self.held[at]) {
            let from = self.house.clock.now();
            let refresh = self.is_active(&held.refresh).await;
            let access = self.is_active(&held.access).await;
            let span = (from, self.house.clock.now());
            let fates = self.model.fates(held, span);
            let live = |fate: &Fate| matches!(fate, Fate::Rotated | Fate::Again);
            assert!(fates.iter().any(|fate| live(fate) == refresh), "{fates:?}, {refresh}");
            if !self.model.stands(from) {
                assert!(!access, "an access token of a family that is over");
            }
        }
    }
}

/// R15, R30: never two living generations, a replay ends the family, nothing is resurrected.
#[test]
fn rfc9700_4_14_2_any_sequence_of_events_leaves_one_generation_or_none() {
    let runtime = Runtime::new().unwrap();
    for db in [Db::Sqlite, Db::Postgres] {
        let house = runtime.block_on(House::open(db));
        let sequences = (any::<bool>(), proptest::collection::vec(event(), 1..14));
        runner(40)
            .run(&sequences, |(offline, events)| {
                runtime.block_on(async {
                    let mut family = Family::begin(&house, offline).await;
                    for event in events {
                        family.take(event).await;
                        let newest = family.held.len() - 1;
                        family.agrees([0, newest].into_iter()).await;
                    }
                    family.agrees(0..family.held.len()).await;
                });
                Ok(())
            })
            .unwrap();
    }
}
