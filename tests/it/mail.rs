//! Mail, as it arrives: in the outbox folder, and at a real mail server.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use countersign::core::accounts::SignUp;
use countersign::core::sessions::Place;
use countersign::core::{Refusal, Secret};
use mail_parser::MessageParser;
use reqwest::Url;
use sea_orm::ConnectionTrait as _;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::house::{Db, House, env, free_port};
use crate::on_both_databases;

/// Longer than anything here should take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A mail that somebody got.
#[derive(Debug)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub raw: String,
}

impl Mail {
    pub fn read(raw: &[u8]) -> Self {
        let message = MessageParser::default().parse(raw).expect("a message (RFC 5322)");
        Self {
            to: message.to().unwrap().first().unwrap().address().unwrap().to_owned(),
            subject: message.subject().unwrap().to_owned(),
            text: message.body_text(0).unwrap().into_owned(),
            html: message.body_html(0).unwrap().into_owned(),
            raw: String::from_utf8_lossy(raw).into_owned(),
        }
    }

    /// The link, which stands in both bodies.
    pub fn link(&self) -> Url {
        let mut lines = self.text.lines().map(str::trim);
        let link = lines.find(|line| line.starts_with("http")).expect("a link").to_owned();
        assert!(self.html.replace("&#38;", "&").contains(&link), "{}", self.html);
        link.parse().unwrap()
    }
}

impl House {
    fn outbox(&self) -> PathBuf {
        self.directory.path().join("outbox")
    }

    /// What lies in the outbox folder for an address, oldest first.
    pub fn mails_now(&self, to: &str) -> Vec<Mail> {
        let Ok(folder) = std::fs::read_dir(self.outbox()) else { return Vec::new() };
        let mut paths: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.extension().is_some_and(|it| it == "eml"));
        paths.retain(|path| !path.file_name().unwrap().to_str().unwrap().starts_with('.'));
        paths.sort();
        let mails = paths.iter().map(|path| Mail::read(&std::fs::read(path).unwrap()));
        mails.filter(|mail| mail.to == to).collect()
    }

    /// The mails with this subject to an address, once there are so many.
    pub async fn mails(&self, to: &str, subject: &str, count: usize) -> Vec<Mail> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let mut mails = self.mails_now(to);
            mails.retain(|mail| mail.subject.contains(subject));
            if mails.len() >= count {
                assert_eq!(mails.len(), count, "too many: {mails:?}");
                return mails;
            }
            let seen: Vec<_> = self.mails_now(to).into_iter().map(|mail| mail.subject).collect();
            assert!(tokio::time::Instant::now() < deadline, "no {subject:?} among {seen:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn mail(&self, to: &str, subject: &str) -> Mail {
        self.mails(to, subject, 1).await.remove(0)
    }

    /// A connection of the test's own.
    pub async fn database(&self) -> sea_orm::DatabaseConnection {
        let mut options = sea_orm::ConnectOptions::new(&self.config.database.url);
        options.max_connections(1).sqlx_logging(false);
        sea_orm::Database::connect(options).await.unwrap()
    }

    /// A number that the database is asked for, polled until it is as expected.
    async fn until(&self, sql: &str, expected: i64) {
        let db = self.database().await;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let statement = sea_orm::Statement::from_string(db.get_database_backend(), sql);
            let row = db.query_one_raw(statement).await.unwrap().unwrap();
            let found: i64 = row.try_get_by_index(0).unwrap();
            if found == expected {
                return;
            }
            assert!(tokio::time::Instant::now() < deadline, "{sql}: {found}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// A mail server (aiosmtpd) that tells what it was handed.
struct Sink {
    _child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Sink {
    async fn start(port: u16) -> Self {
        Self::with(&[&port.to_string()]).await
    }

    async fn with(arguments: &[&str]) -> Self {
        let program = format!("{}/tests/tools/smtp_sink.py", env!("CARGO_MANIFEST_DIR"));
        let mut child = Command::new(env("COUNTERSIGN_TEST_PYTHON"))
            .arg(program)
            .args(arguments)
            .kill_on_drop(true)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = tokio::time::timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap();
        assert_eq!(first.as_deref(), Some("listening"));
        Self { _child: child, lines }
    }

    async fn next(&mut self) -> (Value, Mail) {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
        let told: Value = serde_json::from_str(&line.unwrap().unwrap().unwrap()).unwrap();
        let mail = Mail::read(told["content"].as_str().unwrap().as_bytes());
        (told, mail)
    }

    /// Whether it is handed nothing while a node looks for mail three times.
    async fn is_quiet(&mut self) -> bool {
        let more = tokio::time::timeout(Duration::from_secs(3), self.lines.next_line()).await;
        more.is_err()
    }
}

pub async fn sign_up(house: &House, email: &str) {
    let asked = SignUp {
        name: Some("Zoë".to_owned()),
        ..SignUp::new(email, Secret::new("a quiet analytical engine"))
    };
    house.app.core.sign_up(asked, None, Place::default(), house.clock.now()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_waits_for_its_server_and_then_arrives_once() {
    for db in [Db::Sqlite, Db::Postgres] {
        let port = free_port();
        let url = format!("smtp://mailer:a%20secret@127.0.0.1:{port}");
        let from = "Acme ID <no-reply@id.example.com>";
        let more =
            format!("[mail]\nurl = \"{url}\"\nfrom = \"{from}\"\n[branding]\nname = \"Acmé\"\n");
        let house = House::open_with(db, &more).await;
        let node = house.another_node().await;
        sign_up(&house, "zoe@example.com").await;
        house.until("SELECT MAX(tries) FROM mails", 1).await;
        // What waits is sealed: it holds a link that opens the account.
        house.until("SELECT COUNT(*) FROM mails WHERE sealed LIKE '%token=%'", 0).await;
        // A node that went away in the middle of sending it has it for two minutes.
        let until = house.clock.now() + 120_000;
        let taken = format!("UPDATE mails SET due_at = 0, taken_until = {until}");
        house.database().await.execute_unprepared(&taken).await.unwrap();
        let mut sink = Sink::start(port).await;
        assert!(sink.is_quiet().await);
        house.clock.advance(121_000);
        let (told, mail) = sink.next().await;
        assert_eq!(told["to"], serde_json::json!(["zoe@example.com"]));
        assert_eq!(told["from"], "no-reply@id.example.com");
        assert_eq!(told["user"], "mailer");
        assert_eq!(mail.subject, "Confirm your email address for Acmé");
        assert!(mail.text.contains("Hello Zoë,") && mail.html.contains("Hello Zoë,"));
        assert!(mail.raw.contains("From: \"Acme ID\" <no-reply@id.example.com>"), "{}", mail.raw);
        assert!(mail.raw.contains("Auto-Submitted: auto-generated"));
        assert!(mail.link().as_str().starts_with(&format!("{}/verify-email?token=", house.issuer)));
        house.until("SELECT COUNT(*) FROM mails", 0).await;
        // Two nodes share the work and never send a mail twice.
        let people: Vec<_> = (0..10).map(|n| format!("p{n}@example.com")).collect();
        for person in &people {
            sign_up(&house, person).await;
        }
        let mut told = Vec::new();
        for _ in &people {
            told.push(sink.next().await.1.to);
        }
        told.sort();
        assert_eq!(told, people);
        assert!(sink.is_quiet().await);
        drop(node);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc3207_a_mail_server_gets_a_password_over_starttls_with_a_certificate_we_trust_alone() {
    let directory = tempfile::tempdir().unwrap();
    let authority = directory.path().join("ca.pem");
    let port = free_port();
    let mut sink = Sink::with(&[&port.to_string(), authority.to_str().unwrap()]).await;
    let url = format!("smtp://mailer:a%20secret@localhost:{port}?tls=required");
    let mail = format!("[mail]\nurl = \"{url}\"\n");
    let stranger = House::open_with(Db::Sqlite, &mail).await;
    sign_up(&stranger, "zoe@example.com").await;
    stranger.until("SELECT MAX(tries) FROM mails", 1).await;
    let trusted = format!("{mail}[outbound]\nextra_ca = \"{}\"\n", authority.display());
    let house = House::open_with(Db::Sqlite, &trusted).await;
    sign_up(&house, "trusting@example.com").await;
    let (told, mail) = sink.next().await;
    assert_eq!((told["tls"].as_bool(), told["user"].as_str()), (Some(true), Some("mailer")));
    assert_eq!(mail.to, "trusting@example.com");
    assert!(sink.is_quiet().await, "the other one was not handed over");
}

on_both_databases! {
    async fn a_mail_that_cannot_be_handed_over_is_given_up_after_three_days(house: House) {
        let more = format!("[mail]\nurl = \"smtp://127.0.0.1:{}\"\n", free_port());
        let db = if house.config.database.url.starts_with("sqlite") { Db::Sqlite } else { Db::Postgres };
        let house = House::open_with(db, &more).await;
        sign_up(&house, "zoe@example.com").await;
        // Put back: a try has begun as soon as it is counted, and how long to wait is told from when
        // it ends.
        let put_back = |tries| format!("SELECT COUNT(*) FROM mails WHERE taken_until = 0 AND tries = {tries}");
        house.until(&put_back(1), 1).await;
        house.clock.advance(31_000);
        house.until(&put_back(2), 1).await;
        house.clock.advance(31_000);
        tokio::time::sleep(Duration::from_secs(2)).await; // a node looks every second
        house.until(&put_back(2), 1).await;
        house.clock.advance(3 * 24 * 60 * 60 * 1000);
        house.until("SELECT COUNT(*) FROM mails", 0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn peer_cve_2025_70948_cve_2025_25198_the_host_of_a_request_never_reaches_a_link() {
    let house = House::open(Db::Sqlite).await;
    let forged = |request: reqwest::RequestBuilder| {
        request
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example")
            .header("forwarded", "host=evil.example")
    };
    let page = forged(house.http.get(house.url("/forgot-password"))).send().await.unwrap();
    let cookie =
        page.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let html = page.text().await.unwrap();
    let csrf = html.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = [("csrf", csrf), ("email", crate::house::EMAIL)];
    let sent = forged(house.http.post(house.url("/forgot-password")).form(&form));
    let sent = sent.header("cookie", cookie).send().await.unwrap();
    assert_eq!(sent.status(), 303);
    let mail = house.mail(crate::house::EMAIL, "Choose a new password").await;
    assert!(mail.link().as_str().starts_with(&house.issuer));
    assert!(!mail.raw.contains("evil"), "{}", mail.raw);
}

#[tokio::test(flavor = "multi_thread")]
async fn asvs_6_2_4_the_commonest_passwords_are_refused_where_it_is_on() {
    let asked = |password: &str| SignUp {
        name: Some("Zoë Quartermain".to_owned()),
        ..SignUp::new("zoe.quartermain@example.com", Secret::new(password))
    };
    let on = "[passwords]\nrefuse_common = true\n";
    let house = House::open_with(Db::Sqlite, on).await;
    let now = house.clock.now();
    for bad in ["Password123", "iloveyou", "zoe.quartermain", "ZOË QUARTERMAIN"] {
        let made = house.app.core.sign_up(asked(bad), None, Place::default(), now).await;
        let refused = made.err().unwrap();
        let countersign::core::Failure::Refused(refusal) = refused else { panic!("{refused:?}") };
        assert_eq!(refusal, Refusal::PasswordCommon, "{bad}");
    }
    // Off while the issuer is a loopback address.
    let house = House::open(Db::Sqlite).await;
    let made = house.app.core.sign_up(asked("Password123"), None, Place::default(), now).await;
    assert!(made.is_ok());
}
