//! What the house is built from, by its lock file (R83). `.deny.toml` says the same to cargo-deny.

use std::path::Path;

/// A package of the lock file: its name, its version, and what it needs.
struct Package {
    name: String,
    version: Vec<u64>,
    needs: Vec<String>,
}

fn packages() -> Vec<Package> {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock");
    let lock = std::fs::read_to_string(lock).unwrap();
    let read = |text: &str| {
        let value = |key: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            line.trim_matches('"').to_owned()
        };
        let numbers = value("version = ");
        let numbers = numbers.split(['-', '+']).next().unwrap().split('.');
        let needed = text.split_once("dependencies = [").map_or("", |(_, list)| list);
        let needed = needed.split('"').skip(1).step_by(2);
        Package {
            name: value("name = "),
            version: numbers.map(|number| number.parse().unwrap()).collect(),
            needs: needed.map(|need| need.split(' ').next().unwrap().to_owned()).collect(),
        }
    };
    lock.split("[[package]]\n").skip(1).map(read).collect()
}

#[test]
fn r83_nothing_is_as_old_as_what_was_wrong_with_it() {
    let packages = packages();
    for (name, least, why) in [
        ("url", [2, 5, 4], "RUSTSEC-2024-0421"),
        ("time", [0, 3, 47], "RUSTSEC-2026-0009"),
        ("h2", [0, 4, 16], "RUSTSEC-2026-0258"),
        ("sqlx", [0, 8, 1], "RUSTSEC-2024-0363"),
        ("jsonwebtoken", [10, 3, 0], "CVE-2026-25537"),
    ] {
        let versions: Vec<_> = packages.iter().filter(|package| package.name == name).collect();
        assert!(!versions.is_empty(), "{name} is not there");
        for package in versions {
            assert!(package.version[..] >= least[..], "{name} {:?}: {why}", package.version);
        }
    }
}

#[test]
fn r83_the_crate_rsa_signs_nothing_and_tls_is_rustls() {
    let packages = packages();
    let who_needs = |name: &str| {
        let needing = packages.iter().filter(|package| package.needs.iter().any(|it| it == name));
        needing.map(|package| package.name.as_str()).collect::<Vec<_>>()
    };
    // RUSTSEC-2023-0071 is about private keys; openidconnect has public ones alone.
    assert_eq!(who_needs("rsa"), ["openidconnect"]);
    for other in ["native-tls", "boring", "boring-sys"] {
        assert!(packages.iter().all(|package| package.name != other), "RUSTSEC-2026-0141: {other}");
    }
    let needs = |name: &str, need: &str| who_needs(need).contains(&name);
    assert!(needs("lettre", "rustls") && needs("reqwest", "rustls"));
}
