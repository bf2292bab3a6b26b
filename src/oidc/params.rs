//! The parameters of a request, as RFC 6749 §3.1 and §3.2 want them: form-encoded UTF-8, none
//! repeated, an empty one as good as absent.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Longer values than any parameter of the protocol needs.
const LONGEST: usize = 4096;
/// A whole request, or a list of wishes, may be longer; in bytes.
const LONGEST_DOCUMENT: usize = 16 * 1024;
const DOCUMENTS: [&str; 3] = ["request", "claims", "client_assertion"];
/// More parameters than any request needs: each is compared with all before it, and nobody knows yet
/// who sends them.
const MOST: usize = 100;

/// What is wrong with one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    Repeated,
    /// Not UTF-8 under its percent-encoding, or with control characters.
    Encoding,
    Oversized,
    /// Those before it are as many as are read.
    TooMany,
}

impl Flaw {
    /// For an `error_description`.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Repeated => "must not be repeated",
            Self::Encoding => "must be form-encoded UTF-8 without control characters",
            Self::Oversized => "is longer than allowed",
            Self::TooMany => "is one parameter too many",
        }
    }
}

/// The parameters, in order.
#[derive(Clone, Debug, Default)]
pub struct Params {
    /// All names and values, one after the other.
    text: String,
    list: Vec<Param>,
}

#[derive(Clone, Copy, Debug)]
struct Param {
    name: Span,
    value: Result<Span, Flaw>,
}

/// A part of the text.
#[derive(Clone, Copy, Debug)]
struct Span {
    from: usize,
    to: usize,
}

impl Params {
    /// Reads a query or a form. Nothing is lost: a flaw stays with its parameter until somebody asks;
    /// the first parameter too many is the last one that is read.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        let mut params =
            Self { text: String::with_capacity(text.len()), list: Vec::with_capacity(8) };
        for pair in text.split(|&b| b == b'&').filter(|pair| !pair.is_empty()) {
            let at = pair.iter().position(|&b| b == b'=').unwrap_or(pair.len());
            let (name, value) = (&pair[..at], pair.get(at + 1..).unwrap_or_default());
            let name = decode(name).unwrap_or_else(|_| String::from_utf8_lossy(name));
            let value = decode_value(&name, value);
            let value = value.as_deref().map_err(|&flaw| flaw);
            if value == Ok("") {
                // RFC 6749 §3.1: without a value it is treated as if it were omitted.
                continue;
            }
            match params.position(&name) {
                // RFC 8707 §2: a request may name several.
                Some(known) if name != "resource" => params.list[known].value = Err(Flaw::Repeated),
                _ => params.push(&name, value),
            }
            if params.list.len() > MOST {
                if let Some(last) = params.list.last_mut() {
                    last.value = Err(Flaw::TooMany);
                }
                break;
            }
        }
        params
    }

    /// The parameters of a request object, under which those of the request it came in shine
    /// through where both count.
    #[must_use]
    pub fn layered(inside: &[(String, String)], outside: Option<&Self>) -> Self {
        let mut params = Self::default();
        for (name, value) in inside {
            params.push(name, if has_control(value) { Err(Flaw::Encoding) } else { Ok(value) });
        }
        let is_inside = |name: &str| inside.iter().any(|(known, _)| known == name);
        for (name, value) in outside.into_iter().flat_map(Self::iter) {
            if name != "request" && !is_inside(name) {
                params.push(name, value);
            }
        }
        params
    }

    fn push(&mut self, name: &str, value: Result<&str, Flaw>) {
        let mut span = |part: &str| {
            let from = self.text.len();
            self.text.push_str(part);
            Span { from, to: self.text.len() }
        };
        let param = Param { name: span(name), value: value.map(span) };
        self.list.push(param);
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|param| param.name.of(&self.text) == name)
    }

    /// Every value of a parameter that may stand there several times.
    pub fn all<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p str> {
        self.iter().filter(move |(known, _)| *known == name).filter_map(|(_, value)| value.ok())
    }

    /// A parameter's value.
    pub fn get(&self, name: &str) -> Result<Option<&str>, Flaw> {
        self.iter().find(|(known, _)| *known == name).map(|(_, value)| value).transpose()
    }

    /// Every parameter, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Result<&str, Flaw>)> {
        let of = |span: Span| span.of(&self.text);
        self.list.iter().map(move |param| (of(param.name), param.value.map(of)))
    }

    /// The first parameter that has a flaw. Unknown ones are ignored, but not repeated ones (R4).
    #[must_use]
    pub fn first_flaw(&self) -> Option<(&str, Flaw)> {
        self.iter().find_map(|(name, value)| Some((name, value.err()?)))
    }

    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.position(name).is_some()
    }
}

impl Span {
    fn of(self, text: &str) -> &str {
        &text[self.from..self.to]
    }
}

fn decode(text: &[u8]) -> Result<Cow<'_, str>, Flaw> {
    decode_up_to(LONGEST, text)
}

fn decode_value<'t>(name: &str, text: &'t [u8]) -> Result<Cow<'t, str>, Flaw> {
    let longest = if DOCUMENTS.contains(&name) { LONGEST_DOCUMENT } else { LONGEST };
    decode_up_to(longest, text)
}

fn decode_up_to(longest: usize, text: &[u8]) -> Result<Cow<'_, str>, Flaw> {
    if text.len() > longest * 3 {
        return Err(Flaw::Oversized);
    }
    let text = std::str::from_utf8(text).ok().and_then(form_decode).ok_or(Flaw::Encoding)?;
    if text.len() > longest {
        return Err(Flaw::Oversized);
    }
    if has_control(&text) {
        return Err(Flaw::Encoding);
    }
    Ok(text)
}

fn has_control(text: &str) -> bool {
    // Most are ASCII, and octets are looked at faster than characters.
    text.bytes().any(|octet| octet.is_ascii_control())
        || (!text.is_ascii() && text.chars().any(char::is_control))
}

/// What was form-encoded (RFC 6749 appendix B), unless it is no UTF-8. Most values stand for themselves.
pub fn form_decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains(['+', '%']) {
        return Some(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    for (at, part) in text.split('+').enumerate() {
        if at > 0 {
            decoded.push(b' ');
        }
        decoded.extend(percent_decode_str(part));
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc6749_3_1_a_parameter_stands_once_and_an_empty_one_is_absent() {
        let params = Params::parse(b"a=1&b=x+y%20z&b=2&c=&d&%65=%C3%A9&f=%ff&g=%00");
        assert_eq!(params.get("a"), Ok(Some("1")));
        assert_eq!(params.get("b"), Err(Flaw::Repeated));
        assert_eq!(params.get("c"), Ok(None));
        assert_eq!(params.get("d"), Ok(None));
        assert_eq!(params.get("e"), Ok(Some("é")));
        assert_eq!(params.get("f"), Err(Flaw::Encoding));
        assert_eq!(params.get("g"), Err(Flaw::Encoding));
        assert_eq!(params.first_flaw(), Some(("b", Flaw::Repeated)));
    }

    #[test]
    fn rfc6749_appendix_b_a_plus_sign_is_a_space_unless_it_was_encoded() {
        let params = Params::parse(b"a=1+%2B+2%c3%a9+&+b=%2&c=+%ff");
        assert_eq!(params.get("a"), Ok(Some("1 + 2é ")));
        assert_eq!(params.get(" b"), Ok(Some("%2")));
        assert_eq!(params.get("c"), Err(Flaw::Encoding));
    }

    #[test]
    fn rfc8707_2_every_resource_shines_through_a_request_object_that_names_none() {
        let outside = Params::parse(b"resource=a&resource=b&state=x&scope=s&request=y");
        let inside = [("state".to_owned(), "z".to_owned())];
        let both: Vec<_> = Params::layered(&inside, Some(&outside))
            .iter()
            .map(|(name, value)| format!("{name}={}", value.unwrap()))
            .collect();
        assert_eq!(both, ["state=z", "resource=a", "resource=b", "scope=s"]);
    }

    #[test]
    fn a_value_that_is_too_long_is_told_apart() {
        let long = format!("a={}", "x".repeat(LONGEST + 1));
        assert_eq!(Params::parse(long.as_bytes()).get("a"), Err(Flaw::Oversized));
    }

    #[test]
    fn beyond_the_parameters_that_any_request_needs_nothing_is_read() {
        let form =
            |count: usize| (0..count).map(|n| format!("p{n}=x&")).collect::<Vec<_>>().concat();
        let most = Params::parse(form(MOST).as_bytes());
        assert_eq!((most.iter().count(), most.first_flaw()), (MOST, None));
        for more in [MOST + 1, 10 * MOST] {
            let read = Params::parse(form(more).as_bytes());
            assert_eq!(read.iter().count(), MOST + 1);
            assert_eq!(read.first_flaw(), Some(("p100", Flaw::TooMany)));
        }
        let resources = Params::parse("resource=x&".repeat(10 * MOST).as_bytes());
        assert_eq!(resources.iter().count(), MOST + 1);
        assert_eq!(resources.first_flaw(), Some(("resource", Flaw::TooMany)));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>) {
            let read = Params::parse(&bytes);
            let has_flaw = read.iter().any(|(_, value)| value.is_err());
            proptest::prop_assert_eq!(read.first_flaw().is_some(), has_flaw);
        }
    }
}
