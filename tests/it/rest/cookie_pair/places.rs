//! Where the account is signed in: devices, and places of a file that the test writes.

use std::net::Ipv4Addr;
use std::path::Path;

use countersign::app::App;
use countersign::config::Config;
use serde_json::json;

use super::{LOGIN, LOGOUT, Pair, REGISTER, SESSIONS, bare, get, john};
use crate::house::{Db, House};
use crate::rest::{post, told};

const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36";

/// A value of MaxMind's DB format, version 2.0.
enum Datum {
    Text(&'static str),
    U16(u16),
    U32(u32),
    U64(u64),
    Map(Vec<(&'static str, Datum)>),
    Texts(Vec<&'static str>),
}

impl Datum {
    fn write(&self, to: &mut Vec<u8>) {
        let control = |to: &mut Vec<u8>, kind: u8, size: usize| {
            let size = u8::try_from(size).unwrap();
            assert!(size < 29, "sizes beyond take more bytes");
            if kind > 7 {
                to.extend([size, kind - 7]);
            } else {
                to.push(kind << 5 | size);
            }
        };
        match self {
            Self::Text(text) => {
                control(to, 2, text.len());
                to.extend(text.as_bytes());
            }
            Self::U16(number) => {
                control(to, 5, 2);
                to.extend(number.to_be_bytes());
            }
            Self::U32(number) => {
                control(to, 6, 4);
                to.extend(number.to_be_bytes());
            }
            Self::U64(number) => {
                control(to, 9, 8);
                to.extend(number.to_be_bytes());
            }
            Self::Map(members) => {
                control(to, 7, members.len());
                for (name, value) in members {
                    Self::Text(name).write(to);
                    value.write(to);
                }
            }
            Self::Texts(texts) => {
                control(to, 11, texts.len());
                for text in texts {
                    Self::Text(text).write(to);
                }
            }
        }
    }
}

/// A file that knows one IPv4 network of 24 bits.
fn write_database(path: &Path, network: Ipv4Addr) {
    const NODES: u32 = 24;
    let bits = u32::from(network);
    let mut file = Vec::new();
    for bit in 0..NODES {
        // Records below the count lead to a node, the count is nothing, beyond it lie data.
        let on = if bit + 1 < NODES { bit + 1 } else { NODES + 16 };
        let is_right = bits >> (31 - bit) & 1 == 1;
        for record in if is_right { [NODES, on] } else { [on, NODES] } {
            file.extend(&record.to_be_bytes()[1..]);
        }
    }
    file.extend([0; 16]);
    let names = |name| Datum::Map(vec![("names", Datum::Map(vec![("en", Datum::Text(name))]))]);
    Datum::Map(vec![
        ("city", names("New York")),
        ("country", Datum::Map(vec![("iso_code", Datum::Text("US"))])),
        ("location", Datum::Map(vec![("time_zone", Datum::Text("America/New_York"))])),
    ])
    .write(&mut file);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    Datum::Map(vec![
        ("binary_format_major_version", Datum::U16(2)),
        ("binary_format_minor_version", Datum::U16(0)),
        ("build_epoch", Datum::U64(0)),
        ("database_type", Datum::Text("Test-City")),
        ("description", Datum::Map(vec![("en", Datum::Text("test"))])),
        ("ip_version", Datum::U16(4)),
        ("languages", Datum::Texts(vec!["en"])),
        ("node_count", Datum::U32(NODES)),
        ("record_size", Datum::U16(24)),
    ])
    .write(&mut file);
    std::fs::write(path, file).unwrap();
}

async fn open(db: Db, folder: &Path) -> House {
    let file = folder.join("city.mmdb");
    write_database(&file, Ipv4Addr::new(192, 168, 1, 0));
    let more = format!(
        "[server]\ntrusted_proxies = [\"127.0.0.1/32\"]\n[geoip]\ndatabase = \"{}\"\n",
        file.display()
    );
    House::open_with(db, &more).await
}

async fn sessions_with_device_and_place(db: Db) {
    let folder = tempfile::tempdir().unwrap();
    let house = open(db, folder.path()).await;
    let mut pairs = Vec::new();
    post(&house, REGISTER, &john()).send().await.unwrap();
    for (ip, agent) in [
        ("192.168.1.100", CHROME),
        ("192.168.2.1", "curl/8.5.0"),
        ("2001:db8::1", "Acme/1.0 (Android 15)"),
    ] {
        house.clock.advance(1000);
        let body = json!({ "identifier": "johndoe", "password": "securePassword123" });
        let request = post(&house, LOGIN, &body).header("x-forwarded-for", ip);
        pairs.push(Pair::of(&request.header("user-agent", agent).send().await.unwrap()));
    }
    let (status, body) = told(pairs[0].with(get(&house, SESSIONS))).await;
    assert_eq!(status, 200, "{body}");
    let all = body["data"].as_array().unwrap();
    assert_eq!(all.len(), 4, "the one of the registration, too: {body}");
    let found = |ip: &str| all.iter().find(|session| session["ipAddress"] == ip).unwrap();
    let chrome = found("192.168.1.100");
    assert_eq!(
        chrome["deviceInfo"],
        json!({ "userAgent": CHROME, "platform": "Web", "browser": "Chrome" })
    );
    assert_eq!(
        chrome["location"],
        json!({ "country": "US", "city": "New York", "timezone": "America/New_York" })
    );
    let nowhere = json!({ "country": null, "city": null, "timezone": null });
    assert_eq!(found("192.168.2.1")["location"], nowhere);
    assert_eq!(found("192.168.2.1")["deviceInfo"]["browser"], "curl");
    assert_eq!(found("2001:db8::1")["location"], nowhere, "the file knows IPv4 alone");
    assert_eq!(found("2001:db8::1")["deviceInfo"]["platform"], "Android");
    let current: Vec<_> = all.iter().filter(|session| session["isCurrent"] == true).collect();
    assert_eq!(current, [chrome], "the one that asks");
    // An ended session is none, and another person's never was.
    told(pairs[1].with(bare(&house, LOGOUT))).await;
    let (_, body) = told(pairs[2].with(get(&house, SESSIONS))).await;
    let ips: Vec<_> = body["data"].as_array().unwrap().iter().map(|it| &it["ipAddress"]).collect();
    assert_eq!(ips, ["2001:db8::1", "192.168.1.100", "127.0.0.1"], "the one used last first");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sessions_have_their_device_and_place_sqlite() {
    sessions_with_device_and_place(Db::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sessions_have_their_device_and_place_postgres() {
    sessions_with_device_and_place(Db::Postgres).await;
}

#[test]
fn a_file_that_is_none_stops_the_start_with_the_keys_name() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("readme.txt");
    std::fs::write(&text, "this is no database of places").unwrap();
    let (empty, absent) = (folder.path().join("empty"), folder.path().join("absent"));
    std::fs::write(&empty, "").unwrap();
    for path in [text, empty, absent] {
        let config = format!("[geoip]\ndatabase = \"{}\"\n", path.display());
        let error = App::check(&Config::from_toml(&config).unwrap()).unwrap_err().to_string();
        assert!(error.starts_with("configuration key `geoip.database`: expected"), "{error}");
    }
}
