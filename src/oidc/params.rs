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

#[derive(Clone, Debug)]
struct Param {
    name: String,
    value: Result<String, Flaw>,
}

/// The parameters, in order.
#[derive(Clone, Debug)]
pub struct Params(Vec<Param>);

impl Params {
    /// Reads a query or a form. Nothing is lost: a flaw stays with its parameter until somebody asks;
    /// the first parameter too many is the last one that is read.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        let mut params: Vec<Param> = Vec::new();
        for pair in text.split(|&b| b == b'&').filter(|pair| !pair.is_empty()) {
            let at = pair.iter().position(|&b| b == b'=').unwrap_or(pair.len());
            let (name, value) = (&pair[..at], pair.get(at + 1..).unwrap_or_default());
            let name = decode(name).unwrap_or_else(|_| String::from_utf8_lossy(name).into_owned());
            let value = decode_value(&name, value);
            if value.as_deref() == Ok("") {
                // RFC 6749 §3.1: without a value it is treated as if it were omitted.
                continue;
            }
            match params.iter_mut().find(|known| known.name == name) {
                // RFC 8707 §2: a request may name several.
                Some(_) if name == "resource" => params.push(Param { name, value }),
                Some(known) => known.value = Err(Flaw::Repeated),
                None => params.push(Param { name, value }),
            }
            if params.len() > MOST {
                if let Some(last) = params.last_mut() {
                    last.value = Err(Flaw::TooMany);
                }
                break;
            }
        }
        Self(params)
    }

    /// The parameters of a request object, under which those of the request it came in shine
    /// through where both count.
    #[must_use]
    pub fn layered(inside: Vec<(String, String)>, outside: Option<Self>) -> Self {
        let of_pair = |(name, value): (String, String)| {
            let value = if has_control(&value) { Err(Flaw::Encoding) } else { Ok(value) };
            Param { name, value }
        };
        let mut params: Vec<Param> = inside.into_iter().map(of_pair).collect();
        for param in outside.map(|outside| outside.0).unwrap_or_default() {
            if !params.iter().any(|known| known.name == param.name) {
                params.push(param);
            }
        }
        Self(params)
    }

    /// These without one.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|param| param.name != name);
        self
    }

    /// Every value of a parameter that may stand there several times.
    pub fn all<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p str> {
        self.0
            .iter()
            .filter(move |param| param.name == name)
            .filter_map(|param| param.value.as_deref().ok())
    }

    /// A parameter's value.
    pub fn get(&self, name: &str) -> Result<Option<&str>, Flaw> {
        match self.0.iter().find(|param| param.name == name) {
            None => Ok(None),
            Some(param) => param.value.as_deref().map(Some).map_err(|&flaw| flaw),
        }
    }

    /// Every parameter, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Result<&str, Flaw>)> {
        self.0
            .iter()
            .map(|param| (param.name.as_str(), param.value.as_deref().map_err(|&flaw| flaw)))
    }

    /// The first parameter that has a flaw. Unknown ones are ignored, but not repeated ones (R4).
    #[must_use]
    pub fn first_flaw(&self) -> Option<(&str, Flaw)> {
        self.0
            .iter()
            .find_map(|param| param.value.as_ref().err().map(|&flaw| (param.name.as_str(), flaw)))
    }

    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|param| param.name == name)
    }
}

fn decode(text: &[u8]) -> Result<String, Flaw> {
    decode_up_to(LONGEST, text)
}

fn decode_value(name: &str, text: &[u8]) -> Result<String, Flaw> {
    let longest = if DOCUMENTS.contains(&name) { LONGEST_DOCUMENT } else { LONGEST };
    decode_up_to(longest, text)
}

fn decode_up_to(longest: usize, text: &[u8]) -> Result<String, Flaw> {
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
    Ok(text.into_owned())
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
    if !text.contains('+') {
        return percent_decode_str(text).decode_utf8().ok();
    }
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(|text| text.into_owned().into())
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
