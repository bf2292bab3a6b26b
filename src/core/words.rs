//! Every word a person reads, in their language. The texts live in `templates/words/*.ftl`; nothing
//! here knows what they say. A missing id falls back to English and then to the id itself, so that a
//! forgotten word is an ugly page and never a failed one; the tests below keep it from happening.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::core::language::Language;

/// What pages and mails say, then what the REST APIs do, then what is wrong with a client's metadata.
const EN: &str = concat!(
    include_str!("../../templates/words/en.ftl"),
    include_str!("../../templates/words/api.en.ftl"),
    include_str!("../../templates/words/metadata.en.ftl")
);
const FR: &str = concat!(
    include_str!("../../templates/words/fr.ftl"),
    include_str!("../../templates/words/api.fr.ftl"),
    include_str!("../../templates/words/metadata.fr.ftl")
);

static ENGLISH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Language::En, EN));
static FRENCH: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| bundle(Language::Fr, FR));

/// The text of `id`.
#[must_use]
pub fn say(language: Language, id: &str) -> String {
    say_with(language, id, &[])
}

/// The text of `id` with its `{ $name }` places filled. Values are plain text: templates escape the
/// result, so a client's name cannot bring markup along.
#[must_use]
pub fn say_with(language: Language, id: &str, args: &[(&str, &str)]) -> String {
    find(language, id, args)
        .or_else(|| find(Language::En, id, args))
        .unwrap_or_else(|| id.to_owned())
}

fn find(language: Language, id: &str, args: &[(&str, &str)]) -> Option<String> {
    let bundle = match language {
        Language::En => &*ENGLISH,
        Language::Fr => &*FRENCH,
    };
    let pattern = bundle.get_message(id)?.value()?;
    let args: FluentArgs<'_> = args.iter().copied().collect();
    // An argument nobody gave shows as its name; the text around it is still worth having.
    let mut gaps = Vec::new();
    Some(bundle.format_pattern(pattern, Some(&args), &mut gaps).into_owned())
}

fn bundle(language: Language, source: &str) -> FluentBundle<FluentResource> {
    // What could be parsed is kept; `both_files_parse` holds that this is everything.
    let resource =
        FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
    let tag: LanguageIdentifier = language.tag().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Isolation marks would end up in titles and in text people copy.
    bundle.set_use_isolating(false);
    bundle.add_resource_overriding(resource);
    bundle
}

/// A moment (milliseconds since the Unix epoch) in words, with its zone: the reader's is not known.
#[must_use]
pub fn moment(language: Language, at: i64) -> String {
    const MONTHS: [&str; 12] = [
        "month-1", "month-2", "month-3", "month-4", "month-5", "month-6", "month-7", "month-8",
        "month-9", "month-10", "month-11", "month-12",
    ];
    let Ok(at) = time::OffsetDateTime::from_unix_timestamp(at.div_euclid(1000)) else {
        return String::new();
    };
    let month = MONTHS.get(usize::from(u8::from(at.month())) - 1).copied().unwrap_or_default();
    let (day, year) = (at.day().to_string(), at.year().to_string());
    let clock = format!("{:02}:{:02}", at.hour(), at.minute());
    let args = [
        ("day", day.as_str()),
        ("month", &say(language, month)),
        ("year", &year),
        ("clock", &clock),
    ];
    say_with(language, "moment", &args)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::{Path, PathBuf};

    use super::*;

    /// Looked up by an id put together at run time.
    const DYNAMIC: [&str; 7] = ["api-", "error-", "problem-", "claim-", "next-", "mail-", "month-"];

    /// id → the arguments its text names.
    fn messages(source: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut all = BTreeMap::new();
        let mut id = String::new();
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if let Some((name, _)) = line.split_once(" =").filter(|_| !line.starts_with(' ')) {
                name.clone_into(&mut id);
                assert!(all.insert(id.clone(), BTreeSet::new()).is_none(), "{id} is written twice");
            }
            for part in line.split('$').skip(1) {
                let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                all.entry(id.clone())
                    .or_default()
                    .insert(part[..end.unwrap_or(part.len())].to_owned());
            }
        }
        all
    }

    fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, ending, found);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                found.push(path);
            }
        }
    }

    /// The text of every template and every file of this room (`src`: of the whole crate).
    fn sources(rust: &str) -> String {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = Vec::new();
        files(&root.join("templates"), "html", &mut found);
        files(&root.join(rust), "rs", &mut found);
        found.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }

    /// Ids in calls of `say`, `say_with`, `w` and `pattern`: the first literal after the bracket.
    fn called(source: &str) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        for call in ["say(", "say_with(", "w(", "pattern("] {
            for (at, _) in source.match_indices(call) {
                let inside_a_name = source[..at]
                    .ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '"');
                let after = &source[at + call.len()..];
                let mut quotes = after.match_indices('"').map(|(quote, _)| quote);
                let (Some(open), Some(close)) = (quotes.next(), quotes.next()) else { continue };
                // Further away, or past the end of a statement, it is somebody else's literal.
                if !inside_a_name
                    && open < 60
                    && !after[..open].contains([';', '{', '}', '[', '!', '\''])
                {
                    ids.insert(after[open + 1..close].to_owned());
                }
            }
        }
        ids
    }

    #[test]
    fn both_files_parse() {
        for source in [EN, FR] {
            assert_eq!(
                fluent_syntax::parser::parse(source).map_err(|(_, errors)| errors).err(),
                None
            );
        }
    }

    #[test]
    fn both_languages_say_the_same_things_about_the_same_arguments() {
        assert_eq!(messages(EN), messages(FR));
    }

    #[test]
    fn every_id_in_use_exists() {
        let known = messages(EN);
        let sources = sources("src/web");
        let mut called = called(&sources);
        // Ids that travel as data before somebody says them.
        let whole = |id: &&str| id.bytes().all(|c| c.is_ascii_lowercase() || b"-_".contains(&c));
        let literals = sources.split('"').filter(|id| DYNAMIC.iter().any(|it| id.starts_with(it)));
        called.extend(literals.filter(whole).filter(|id| !id.ends_with('-')).map(str::to_owned));
        let core = self::sources("src/core");
        let literals = core.split('"').filter(|id| id.starts_with("metadata-"));
        called.extend(literals.filter(|id| !id.ends_with('-')).map(str::to_owned));
        let missing: Vec<_> = called.iter().filter(|id| !known.contains_key(*id)).collect();
        assert!(!called.is_empty());
        assert!(missing.is_empty(), "no words for {missing:?}");
    }

    #[test]
    fn no_id_is_left_over() {
        let sources = sources("src");
        let idle: Vec<_> = messages(EN)
            .into_keys()
            .filter(|id| !DYNAMIC.iter().any(|prefix| id.starts_with(prefix)))
            .filter(|id| !sources.contains(&format!("\"{id}\"")))
            .collect();
        assert!(idle.is_empty(), "nobody says {idle:?}");
    }

    #[test]
    fn every_argument_is_given_by_the_name_the_text_uses() {
        for (id, arguments) in messages(EN) {
            for argument in arguments {
                for language in [Language::En, Language::Fr] {
                    let said = say_with(language, &id, &[(&argument, "Acme")]);
                    assert!(said.contains("Acme"), "{id} in {language:?}: {said}");
                }
            }
        }
    }

    #[test]
    fn french_spaces_its_punctuation() {
        // A space that may break, or none at all, before these is a mistake in French.
        for line in FR.lines().filter(|line| !line.starts_with('#')) {
            let text = line.split_once(" =").map_or(line, |(_, text)| text);
            let mut before = ' ';
            for (at, letter) in text.char_indices() {
                let rest = &text[at..];
                let spaced = match letter {
                    ';' | '!' | '?' | '»' => before == '\u{202f}' || before == '\u{a0}',
                    ':' => before == '\u{a0}' || rest.starts_with("://"),
                    '\'' => false,
                    _ => true,
                };
                assert!(spaced, "before {letter} in: {line}");
                before = letter;
            }
        }
    }

    #[test]
    fn a_moment_is_zone_safe() {
        assert_eq!(moment(Language::En, 1_763_731_440_000), "21 November 2025, 13:24 UTC");
        assert_eq!(moment(Language::Fr, 1_763_731_440_000), "21 novembre 2025 à 13:24 UTC");
    }

    #[test]
    fn an_unknown_id_is_its_own_text() {
        let id = "nobody-wrote-this";
        assert_eq!(say(Language::Fr, id), id);
    }
}
