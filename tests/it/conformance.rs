//! Every core item of the certification list has a test that names it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Discovery, registration, authorization, token, userinfo, request objects by value, PAR and logout.
/// Of what belongs to implicit and hybrid answers too (4, 22, 31, 32, 34) the code flow's part.
fn core_items() -> BTreeSet<u32> {
    (1..=8).chain(11..=40).chain(42..=46).chain([52, 53, 56, 58, 59]).collect()
}

/// The numbers in the names of tests: `…conformance_21_29_what_…`.
fn named_in(source: &str) -> BTreeSet<u32> {
    let mut named = BTreeSet::new();
    for line in source.lines().filter(|line| line.contains("fn ")) {
        let Some((_, rest)) = line.split_once("conformance_") else { continue };
        let is_number = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        named
            .extend(rest.split('_').take_while(is_number).map(|part| part.parse::<u32>().unwrap()));
    }
    named
}

/// Every Rust file below a folder of the repository, with its text.
pub fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    found
}

#[test]
fn every_core_item_has_a_test_that_names_it() {
    let texts = sources("tests/it");
    let others = texts.iter().filter(|(path, _)| !path.ends_with(file!()));
    let named: BTreeSet<u32> = others.flat_map(|(_, text)| named_in(text)).collect();
    let missing: Vec<_> = core_items().difference(&named).copied().collect();
    assert!(missing.is_empty(), "no test names {missing:?}");
}

#[test]
fn the_numbers_are_read_from_names_alone() {
    let source = "    async fn rfc6749_4_conformance_21_29_what_is_9(house: House) {\n// conformance_56_in_prose\n";
    assert_eq!(named_in(source), BTreeSet::from([21, 29]));
}
