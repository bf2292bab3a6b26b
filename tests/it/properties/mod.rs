//! What holds of every input and of every sequence of events, not only of the examples.

use std::path::Path;

use countersign::core::redirect::is_registered;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

// The functions that the fuzz targets call.
#[path = "../../fuzz/src/lib.rs"]
mod checks;
mod family;
mod grants;

/// Runs that write no file when they find something: what they found is told, and becomes a test.
fn runner(cases: u32) -> TestRunner {
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    TestRunner::new(config)
}

#[test]
fn every_file_of_every_corpus_is_read_as_it_should_be() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
    for (name, check) in checks::TARGETS {
        let files = std::fs::read_dir(corpus.join(name)).unwrap();
        let mut count = 0;
        for file in files {
            let path = file.unwrap().path();
            let data = std::fs::read(&path).unwrap();
            let outcome = std::panic::catch_unwind(|| check(&data));
            assert!(outcome.is_ok(), "{} does not hold", path.display());
            count += 1;
        }
        assert!(count >= 3, "{name} has seeds");
    }
}

#[test]
fn every_target_has_a_program_and_every_program_is_a_target() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    let mut programs: Vec<String> = std::fs::read_dir(fuzz.join("fuzz_targets"))
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    programs.sort_unstable();
    let mut names = checks::TARGETS.map(|(name, _)| name);
    names.sort_unstable();
    assert_eq!(programs, names);
    let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    for name in names {
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is in no manifest");
        let program =
            std::fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(program.contains(&format!("checks::{name}(data)")), "{name} calls its own check");
    }
}

#[test]
fn whatever_bytes_come_nothing_panics_and_nothing_is_believed() {
    let bytes = proptest::collection::vec(any::<u8>(), 0..200);
    let texts = "[ -~\\n]{0,200}".prop_map(String::into_bytes);
    let urls = "(https?|com\\.a|javascript)://[a-z0-9@.:\\[\\]%]{0,20}(/[ -~]{0,12})?\n[ -~]{0,40}";
    let tokens = "\\{\"alg\":\"(none|HS256|RS256|ES256|EdDSA)\",\"typ\":\"(at\\+jwt|JWT)\",\"kid\":\"KID\"\\}\n\\{[ -~]{0,30}\\}\n[ -~]{0,64}";
    let forms = "([a-z_%+]{0,6}=?[a-z%0-9+]{0,9}&?){0,8}";
    let jars = "(countersign_session=[A-Za-z0-9_;\" -]{0,50}[;\n] ?){0,3}";
    let any_of = prop_oneof![
        bytes,
        texts,
        urls.prop_map(String::into_bytes),
        tokens.prop_map(String::into_bytes),
        forms.prop_map(String::into_bytes),
        jars.prop_map(String::into_bytes),
    ];
    runner(600)
        .run(&any_of, |data| {
            for (_, check) in checks::TARGETS {
                check(&data);
            }
            Ok(())
        })
        .unwrap();
}

/// One edit of one byte, anywhere.
#[test]
fn r84_a_sealed_value_or_a_token_that_is_altered_anywhere_is_refused() {
    let edit = (0_u8..4, any::<u16>(), any::<u8>());
    runner(600)
        .run(&edit, |(kind, at, new)| {
            let [high, low] = at.to_be_bytes();
            let edit = [kind, high, low, new];
            checks::sealed(&edit);
            checks::jwt(&edit);
            Ok(())
        })
        .unwrap();
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn rfc9700_2_1_no_edit_of_a_registered_uri_matches(
        path in "/[a-z]{0,8}(\\?[a-z]=[0-9])?", edits in proptest::collection::vec(any::<u8>(), 4..12)
    ) {
        for host in ["https://app.example.com", "http://127.0.0.1:8080", "http://[::1]", "http://localhost:3000"] {
            let known = format!("{host}{path}");
            let asked = checks::edited(&known, &edits);
            checks::redirect_uri(format!("{known}\n{asked}").as_bytes());
            let is_same = known == asked;
            prop_assert_eq!(is_registered(std::slice::from_ref(&known), &asked, false), is_same);
            if host.contains("app.") || host.contains("localhost") {
                prop_assert_eq!(is_registered(&[known], &asked, true), is_same);
            }
        }
    }

    #[test]
    fn rfc8252_7_3_of_a_loopback_address_the_port_and_nothing_else_may_differ(
        port: Option<u16>, other: Option<u16>, path in "/[a-z]{0,8}", wrong in "[!-~]{1,8}"
    ) {
        let uri = |host: &str, port: Option<u16>| match port {
            Some(port) => format!("http://{host}:{port}{path}"),
            None => format!("http://{host}{path}"),
        };
        for host in ["127.0.0.1", "[::1]"] {
            let (known, asked) = (uri(host, port), uri(host, other));
            prop_assert!(is_registered(std::slice::from_ref(&known), &asked, true));
            prop_assert_eq!(is_registered(std::slice::from_ref(&known), &asked, false), port == other);
            prop_assert!(!is_registered(std::slice::from_ref(&known), &(asked + &wrong), true));
        }
        let elsewhere = [uri("localhost", other), uri("127.0.0.2", other), uri("[::2]", other)];
        for asked in elsewhere {
            prop_assert!(!is_registered(&[uri("127.0.0.1", port)], &asked, true));
        }
    }
}
