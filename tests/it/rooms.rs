//! Who may open whose door: reads every `use` line and path of `src/` and fails on any other arrow.

use std::fs;
use std::path::{Path, PathBuf};

/// A room, the rooms it may open, and the libraries that are its own.
const ROOMS: &[(&str, &[&str], &[&str])] = &[
    ("config", &[], &["figment"]),
    ("jose", &[], &["jsonwebtoken", "josekit", "aws_lc_rs"]),
    ("store", &[], &["sea_orm", "sqlx", "migrations"]),
    (
        "outbox",
        &[],
        &[
            "reqwest",
            "lettre",
            "aws_sdk_s3",
            "aws_smithy_http_client",
            "redis",
            "rustls_native_certs",
        ],
    ),
    ("metrics", &[], &["prometheus_client"]),
    ("upstream", &["config", "jose", "outbox"], &["openidconnect", "oauth2", "chrono"]),
    (
        "core",
        &["config", "store", "jose", "outbox", "metrics", "upstream"],
        &["argon2", "moka", "askama", "fluent_bundle", "fluent_syntax", "image", "maxminddb"],
    ),
    ("app", &["config", "core"], &[]),
    ("oidc", &["core", "app"], &[]),
    (
        "rest",
        &["core", "app"],
        &["utoipa", "utoipa_axum", "utoipa_swagger_ui", "csv", "rust_xlsxwriter"],
    ),
    ("web", &["core", "app"], &[]),
    ("router", &["app", "oidc", "rest", "web"], &["tower_http"]),
    ("serve", &["app", "metrics"], &["hyper", "hyper_util", "tokio_rustls"]),
    ("cli", &["config", "core", "app", "oidc", "router", "serve"], &["clap"]),
    ("main", &["cli"], &[]),
    // Told to the linker before there is a house.
    ("build", &[], &[]),
    ("lib", &[], &[]),
];

/// Libraries that several rooms share, by name.
const SHARED: &[(&str, &[&str])] = &[
    ("askama", &["core", "web"]),
    ("axum", &["app", "oidc", "rest", "web", "router", "serve"]),
    ("tower_http", &["oidc", "rest", "web", "router"]),
];

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The code without comments and without its own tests.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]").next().unwrap();
    body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn mentions(code: &str, path: &str) -> bool {
    code.match_indices(path).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + path.len()..].chars().next();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
            && !after.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

#[test]
fn arrows_only_point_down() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&source, &mut all);
    let mut wrong = Vec::new();
    for path in all {
        let relative = path.strip_prefix(&source).unwrap();
        let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
        let room = first.trim_end_matches(".rs");
        let (_, may_open, _) = ROOMS
            .iter()
            .find(|(name, ..)| *name == room)
            .unwrap_or_else(|| panic!("{room} is on no map"));
        let code = code(&fs::read_to_string(&path).unwrap());
        for (other, ..) in ROOMS.iter().filter(|(other, ..)| *other != room && *other != "lib") {
            let opens = mentions(&code, &format!("crate::{other}"))
                || code.contains("use crate::{") && grouped(&code).iter().any(|name| name == other);
            if opens && !may_open.contains(other) {
                wrong.push(format!("{} opens {other}", relative.display()));
            }
        }
        for (owner, _, libraries) in ROOMS {
            for library in libraries.iter().filter(|_| *owner != room) {
                let shared =
                    SHARED.iter().any(|(name, rooms)| name == library && rooms.contains(&room));
                let used = mentions(&code, &format!("{library}::"))
                    || mentions(&code, &format!("use {library}"));
                if used && !shared {
                    wrong
                        .push(format!("{} uses {library}, which is {owner}'s", relative.display()));
                }
            }
        }
        for (library, rooms) in SHARED {
            if mentions(&code, &format!("{library}::")) && !rooms.contains(&room) {
                wrong.push(format!("{} uses {library}", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The names in `use crate::{a, b::c};`.
fn grouped(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for group in code.split("use crate::{").skip(1) {
        let group = group.split("};").next().unwrap();
        let mut depth = 0;
        let mut start = String::new();
        for c in group.chars().chain(",".chars()) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    names.push(start.trim().split("::").next().unwrap().trim().to_owned());
                    start.clear();
                }
                c if depth == 0 => start.push(c),
                _ => {}
            }
        }
    }
    names
}

#[test]
fn every_room_is_on_the_map_of_the_house() {
    let map = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    for (room, ..) in ROOMS.iter().filter(|(room, ..)| !["main", "lib", "build"].contains(room)) {
        assert!(map.contains(&format!("| [`{room}`]")), "{room} is missing in src/lib.rs");
    }
}

#[test]
fn the_test_sees_an_arrow_that_points_up() {
    assert!(mentions("use crate::web::page;", "crate::web"));
    assert!(mentions("fn f() { crate::web::page() }", "crate::web"));
    assert!(!mentions("use crate::webby;", "crate::web"));
    assert_eq!(grouped("use crate::{oidc, router, serve};\n"), ["oidc", "router", "serve"]);
    assert_eq!(grouped("use crate::{app::{A, B}, web::x};\n"), ["app", "web"]);
}
