//! The members of a JSON body, or of a query or a form, each read as the type that it must have. What
//! is wrong is gathered, so that one answer says it all.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::wrong::{Flaw, Why, Wrong};
use crate::app::Shared;
use crate::core::{Refusal, Secret};

/// Deeper bodies are nobody's.
const DEEPEST: usize = 64;

/// A body's members, and what was wrong with those read so far.
pub struct Fields {
    members: Map<String, Value>,
    flaws: Vec<Flaw>,
}

impl FromRequest<Shared> for Fields {
    type Rejection = Wrong;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Wrong> {
        if essence(request.headers()) != "application/json" {
            return Err(Wrong::MediaType);
        }
        let body = Bytes::from_request(request, app).await;
        let body = body.map_err(|rejection: BytesRejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Wrong::TooLarge,
            _ => Wrong::Malformed,
        })?;
        Self::parse(&body)
    }
}

/// Of a request that may have no body at all.
impl OptionalFromRequest<Shared> for Fields {
    type Rejection = Wrong;

    async fn from_request(request: Request, app: &Shared) -> Result<Option<Self>, Wrong> {
        if !request.headers().contains_key(header::CONTENT_TYPE) {
            return Ok(None);
        }
        <Self as FromRequest<Shared>>::from_request(request, app).await.map(Some)
    }
}

impl Fields {
    /// Reads the query of a URL; no parameter may stand in it twice.
    pub fn of_query(query: Option<&str>) -> Result<Self, Wrong> {
        Self::of_pairs(form_urlencoded::parse(query.unwrap_or_default().as_bytes()))
    }

    /// The parameters of a query or a form, all of which are texts.
    pub fn of_pairs<N: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, Wrong> {
        let mut members = Map::new();
        for (name, value) in pairs {
            if members.insert(name.into(), Value::String(value.into())).is_some() {
                return Err(Wrong::Malformed);
            }
        }
        Ok(Self { members, flaws: Vec::new() })
    }

    /// Reads a JSON object (RFC 8259); no member may stand in it twice.
    pub fn parse(body: &[u8]) -> Result<Self, Wrong> {
        if depth(body) > DEEPEST {
            return Err(Wrong::Malformed);
        }
        match serde_json::from_slice(body) {
            Ok(Strict(Value::Object(members))) => Ok(Self { members, flaws: Vec::new() }),
            _ => Err(Wrong::Malformed),
        }
    }

    /// A text that must be there.
    pub fn text(&mut self, name: &'static str) -> String {
        if let Some(text) = self.optional_text(name) {
            return text;
        }
        if self.flaws.iter().all(|flaw| flaw.field != name) {
            self.flaw(name, Why::Missing);
        }
        String::new()
    }

    /// A text that must be there and must not be shown.
    pub fn secret(&mut self, name: &'static str) -> Secret {
        Secret::new(self.text(name))
    }

    /// A text that may be there; `null` is none.
    pub fn optional_text(&mut self, name: &'static str) -> Option<String> {
        match self.members.remove(name) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(_) => {
                self.flaw(name, Why::NotText);
                None
            }
        }
    }

    /// Whether something stands there that is not `null`.
    pub fn has(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| !value.is_null())
    }

    /// A boolean that may be there; `null` is none.
    pub fn optional_boolean(&mut self, name: &'static str) -> Option<bool> {
        match self.members.remove(name) {
            None | Some(Value::Null) => None,
            Some(Value::Bool(value)) => Some(value),
            Some(_) => {
                self.flaw(name, Why::NotBoolean);
                None
            }
        }
    }

    /// The same, of a query.
    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        let text = self.optional_text(name)?;
        match text.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                self.flaw(name, Why::NotBoolean);
                None
            }
        }
    }

    /// A whole number of a query, which may be there.
    pub fn number(&mut self, name: &'static str, within: RangeInclusive<u32>) -> Option<u32> {
        let text = self.optional_text(name)?;
        let is_plain = text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|number| is_plain && within.contains(number));
        if number.is_none() {
            self.flaw(name, Why::Words("api-out-of-range"));
        }
        number
    }

    /// An id, which may be there.
    pub fn optional_id(&mut self, name: &'static str) -> Option<Uuid> {
        let text = self.optional_text(name)?;
        let id = Uuid::try_parse(&text).ok();
        if id.is_none() {
            self.flaw(name, Why::Words("api-not-id"));
        }
        id
    }

    /// What a word stands for, which may be there.
    pub fn one_of<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.optional_text(name)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            self.flaw(name, Why::Words("api-not-listed"));
        }
        found
    }

    /// What goes by either of two names.
    pub fn either<T>(
        &mut self,
        [first, second]: [&'static str; 2],
        read: fn(&mut Self, &'static str) -> Option<T>,
    ) -> Option<T> {
        let (one, other) = (read(self, first), read(self, second));
        one.or(other)
    }

    /// What nobody has read is nothing that can be asked for.
    pub fn refuse_the_rest(&mut self) {
        for (name, _) in std::mem::take(&mut self.members) {
            self.flaws.push(Flaw { field: name.into(), why: Why::Words("api-unknown-field") });
        }
    }

    /// A member that must be there, whatever it is.
    pub fn any(&mut self, name: &'static str) -> Value {
        let value = self.members.remove(name).filter(|value| !value.is_null());
        value.unwrap_or_else(|| {
            self.flaw(name, Why::Missing);
            Value::Null
        })
    }

    /// Whether that member is there and `null`.
    pub fn is_null(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(Value::is_null)
    }

    /// The members of an object that is a part of a body.
    pub fn of(members: Map<String, Value>) -> Self {
        Self { members, flaws: Vec::new() }
    }

    /// The members that nobody has read yet.
    pub fn rest(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.members)
    }

    /// What else is wrong with a field.
    pub fn wrong(&mut self, name: impl Into<Cow<'static, str>>, why: Why) {
        self.flaws.push(Flaw { field: name.into(), why });
    }

    /// What the core says of a field.
    pub fn refuse(&mut self, name: &'static str, refusal: Refusal) {
        // What is missing or no text is not also too short.
        if self.flaws.iter().all(|flaw| flaw.field != name) {
            self.flaw(name, Why::Refused(refusal));
        }
    }

    fn flaw(&mut self, name: &'static str, why: Why) {
        self.flaws.push(Flaw { field: Cow::Borrowed(name), why });
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// What is wrong with the fields read.
    pub fn done(self) -> Result<(), Wrong> {
        if self.flaws.is_empty() { Ok(()) } else { Err(Wrong::Invalid(self.flaws)) }
    }
}

/// The content type, whatever its parameters; empty where there is none.
pub fn essence(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// How deeply a body is nested, without reading it.
fn depth(body: &[u8]) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for &byte in body {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// A JSON value no object of which has a member twice: two readers would take different ones
/// (RFC 8259 §4, RFC 8725 §3.2 for the same reason).
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Strict(value)) = seq.next_element()? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, Strict(value))) = map.next_entry::<String, Strict>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member stands there twice"));
            }
        }
        Ok(members.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Option<Map<String, Value>> {
        Fields::parse(body.as_bytes()).ok().map(|fields| fields.members)
    }

    #[test]
    fn asvs_1_5_3_a_member_that_stands_there_twice_is_refused_at_every_depth() {
        assert!(parse(r#"{"a": 1, "b": {"a": 2}}"#).is_some());
        assert!(parse(r#"{"a": 1, "a": 1}"#).is_none());
        assert!(parse(r#"{"b": [{"a": 1, "\u0061": 1}]}"#).is_none());
    }

    #[test]
    fn peer_kanidm_1_10_nesting_has_an_end() {
        let nested =
            |depth: usize| format!("{{\"a\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(&nested(63)).is_some());
        assert!(parse(&nested(64)).is_none());
        assert!(parse(&nested(200_000)).is_none());
        assert!(parse(r#"{"a": "[[[[[\"[[[["}"#).is_some());
    }

    #[test]
    fn a_body_is_an_object() {
        for body in ["", "null", "[]", "1", "\"a\"", "{", "{} {}", "{'a': 1}", "{\"a\": NaN}"] {
            assert!(parse(body).is_none(), "{body}");
        }
    }
}
