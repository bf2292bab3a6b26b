//! Federation: people who sign in here with an account that they have elsewhere.

mod accounts;
mod endpoints;
mod example;
mod flow;
mod hijacking;
mod id_token;
mod leak;
mod linking;
mod links;
mod logout;
mod no_password;
mod operation;
mod peers;
mod proofs;
mod races;
mod redirect_to;
mod roles;
mod sign_out;
mod start;
mod state;
mod the_way;
mod triangle;

use countersign::config::Config;
use countersign::core::accounts::{Account, NewAccount};
use countersign::core::{Refusal, Secret};
use reqwest::Url;
use reqwest::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};

use self::peers::Scripted;
use crate::browser::{Browser, query};
use crate::house::{CLIENTS, Db, House, PASSWORD};
use crate::oidc::code::claims;
use crate::store::rows;

/// Where the app of these tests is; nobody listens there.
pub const APP: &str = "http://127.0.0.1:9/app";
/// `[server]`, with two apps.
pub const SERVER: &str =
    "[server]\nfrontend_urls = [\"http://127.0.0.1:9/app\", \"https://front.example\"]\n";

/// How a sign-in ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// At the app, with the token of a session.
    In(String),
    /// At the app, with an error of the fixed list.
    Refused(String),
    /// Elsewhere in the house.
    Goes(Url),
    /// Nowhere: an answer of ours with this status.
    Stays(u16, String),
}

impl End {
    /// The token.
    pub fn token(&self) -> &str {
        match self {
            Self::In(token) => token,
            other => panic!("nobody came in: {other:?}"),
        }
    }

    /// The error.
    pub fn error(&self) -> &str {
        match self {
            Self::Refused(error) => error,
            other => panic!("not refused: {other:?}"),
        }
    }

    /// The status of an answer that sends nobody anywhere.
    pub fn status(&self) -> u16 {
        match self {
            Self::Stays(status, _) => *status,
            other => panic!("sent on: {other:?}"),
        }
    }
}

/// What a browser was answered; it follows nothing.
pub async fn ask(browser: &Browser, url: Url) -> End {
    let response = browser.http.get(url).send().await.unwrap();
    let status = response.status().as_u16();
    let mut cookies = response.headers().get_all(SET_COOKIE).iter().map(|it| it.to_str().unwrap());
    let is_in = cookies.any(|it| it.contains("countersign_session=") && !it.contains("Max-Age=0"));
    if status != 303 {
        assert!(!response.headers().contains_key(LOCATION), "{status} and sent on");
        assert!(!is_in, "{status} and a session");
        return End::Stays(status, response.text().await.unwrap());
    }
    // R65
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    let to = response.url().join(response.headers()[LOCATION].to_str().unwrap()).unwrap();
    let said = to.fragment().map(|it| form_urlencoded::parse(it.as_bytes()).into_owned());
    let said: std::collections::HashMap<_, _> = said.into_iter().flatten().collect();
    if let Some(token) = said.get("session_token") {
        assert!(is_in, "the app has a session and the browser has none");
        return End::In(token.clone());
    }
    if let Some(error) = said.get("error") {
        assert!(!is_in, "{error}, and a session");
        assert!(!said["error_description"].is_empty());
        return End::Refused(error.clone());
    }
    End::Goes(to)
}

/// Sets out for an upstream, and is there.
pub async fn leave(browser: &Browser, house: &House, upstream: &str, to: &[(&str, &str)]) -> Url {
    match ask(browser, start(house, upstream, to)).await {
        End::Goes(there) => there,
        other => panic!("did not leave: {other:?}"),
    }
}

/// Where one sets out.
pub fn start(house: &House, upstream: &str, to: &[(&str, &str)]) -> Url {
    let mut url = house.url(&format!("/auth/sign-in/{upstream}"));
    if !to.is_empty() {
        url.query_pairs_mut().extend_pairs(to);
    }
    url
}

/// With what an upstream that asks nothing sends the person back.
pub async fn returns(browser: &Browser, there: Url) -> Url {
    let response = browser.http.get(there.clone()).send().await.unwrap();
    let location = response.headers().get(LOCATION);
    let location = location.unwrap_or_else(|| panic!("{there} answered {}", response.status()));
    there.join(location.to_str().unwrap()).unwrap()
}

/// The whole way, for an upstream that asks nothing.
pub async fn go(browser: &Browser, house: &House, upstream: &str) -> End {
    let there = match ask(browser, start(house, upstream, &[("redirect_to", APP)])).await {
        End::Goes(there) => there,
        refused => return refused,
    };
    let back = returns(browser, there).await;
    assert!(back.as_str().starts_with(&callback(house, upstream)), "{back}");
    ask(browser, back).await
}

/// Where an upstream sends people back to.
pub fn callback(house: &House, upstream: &str) -> String {
    format!("{}/auth/callback/{upstream}", house.config.server.public_url)
}

/// The address of a callback with one parameter set or, where there is no value, left out.
pub fn changed(back: &Url, name: &str, value: Option<&str>) -> Url {
    let mut url = back.clone();
    url.set_query(None);
    for (known, kept) in query(back) {
        if known != name {
            url.query_pairs_mut().append_pair(&known, &kept);
        }
    }
    if let Some(value) = value {
        url.query_pairs_mut().append_pair(name, value);
    }
    url
}

/// Whose session a token is about.
pub async fn whose(house: &House, end: &End) -> Account {
    let token = serde_json::Value::from(end.token());
    let id = claims(&token)["sub"].as_str().unwrap().parse().unwrap();
    house.app.core.account_now(id, house.clock.now()).await.unwrap()
}

/// Whether a token is good for anything.
pub async fn is_live(house: &House, token: &str) -> bool {
    let answer = house.http.get(house.url("/auth/session")).bearer_auth(token).send();
    answer.await.unwrap().status() == 200
}

/// So many accounts and sessions are there.
pub async fn there_are(house: &House, accounts: i64, sessions: i64) {
    let rows = rows(house).await;
    let count = |table: &str| rows.iter().find(|(name, _)| name == table).unwrap().1;
    assert_eq!((count("accounts"), count("sessions")), (accounts, sessions));
}

/// Somebody who has an account here already.
pub async fn local(house: &House, email: &str, email_verified: bool) -> Account {
    let new = NewAccount {
        email: email.to_owned(),
        email_verified,
        password: Some(Secret::new(PASSWORD)),
        ..NewAccount::default()
    };
    house.app.core.create_account(new, house.clock.now()).await.unwrap()
}

/// Whether that is somebody's password here.
pub async fn signs_in(house: &House, email: &str, password: &str) -> bool {
    let body = serde_json::json!({ "email": email, "password": password });
    let answer = house.http.post(house.url("/auth/sign-in")).json(&body).send().await.unwrap();
    answer.status() == 200
}

/// A house, and the one upstream that it knows.
pub struct Scene {
    pub house: House,
    pub guild: Scripted,
}

impl Scene {
    pub async fn open(db: Db) -> Self {
        Self::with(db, "", "").await
    }

    /// With more lines in the upstream's table, and more tables.
    pub async fn with(db: Db, of_guild: &str, more: &str) -> Self {
        let guild = Scripted::start().await;
        let more = format!("{SERVER}{}{more}", guild.toml("guild", of_guild));
        let house = House::open_with(db, &more).await;
        guild.keep_time(&house.clock);
        Self { house, guild }
    }

    /// Somebody with a browser of their own comes from the guild.
    pub async fn go(&self) -> End {
        go(&Browser::new(&self.house), &self.house, "guild").await
    }

    /// They are refused with this code and leave no trace; and would not be if that lie were not told.
    pub async fn refuses(&self, code: &str) {
        assert_eq!(self.go().await.error(), code);
        there_are(&self.house, 1, 0).await;
        self.guild.repent();
        // What was fetched may be kept for as long as that.
        self.house.clock.advance(24 * 60 * 60 * 1000);
        assert_eq!(whose(&self.house, &self.go().await).await.email, "mia@example.com");
        there_are(&self.house, 2, 1).await;
    }
}

/// The configuration of a house, but for these tables.
pub fn reconfigured(house: &House, more: &str) -> Config {
    let mut config = Config::from_toml(&format!("{CLIENTS}{more}")).unwrap();
    let Config { database, keys, mail, storage, rate_limits, .. } = house.config.clone();
    config.server.public_url.clone_from(&house.config.server.public_url);
    Config { database, keys, mail, storage, rate_limits, ..config }
}

/// An account that is not there.
pub async fn is_gone(house: &House, id: uuid::Uuid) -> bool {
    let found = house.app.core.account_now(id, house.clock.now()).await;
    matches!(found, Err(countersign::core::Failure::Refused(Refusal::AccountGone)))
}
