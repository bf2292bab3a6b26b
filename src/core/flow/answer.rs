//! What goes back to the app, and how it travels.

use serde::{Deserialize, Serialize};

use crate::jose::Secret;

/// How an answer reaches the app (OAuth 2.0 Multiple Response Type Encoding Practices §2.1,
/// OAuth 2.0 Form Post Response Mode §2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResponseMode {
    #[default]
    Query,
    FormPost,
}

impl ResponseMode {
    /// All of them, in the order in which metadata lists them.
    pub const ALL: [Self; 2] = [Self::Query, Self::FormPost];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::FormPost => "form_post",
        }
    }
}

/// An answer that goes back to the client.
#[derive(Debug)]
pub struct Answer {
    pub redirect_uri: String,
    pub mode: ResponseMode,
    pub state: Option<String>,
    /// The code, or `error` and `error_description`.
    pub outcome: Result<Secret, (&'static str, String)>,
}

impl Answer {
    /// The parameters of the answer, the issuer among them (RFC 9207).
    #[must_use]
    pub fn parameters<'a>(&'a self, issuer: &'a str) -> Vec<(&'static str, &'a str)> {
        let mut parameters = match &self.outcome {
            Ok(code) => vec![("code", code.expose())],
            Err((error, description)) => {
                vec![("error", *error), ("error_description", description.as_str())]
            }
        };
        parameters.extend(self.state.as_deref().map(|state| ("state", state)));
        parameters.push(("iss", issuer));
        parameters
    }

    /// Where the browser goes: the redirect URI, its own query kept (RFC 6749 §3.1.2), with the
    /// answer added.
    #[must_use]
    pub fn location(&self, issuer: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::with_capacity(256));
        query.extend_pairs(self.parameters(issuer));
        with_query(&self.redirect_uri, &query.finish())
    }
}

/// A URI with more in its query.
pub(in crate::core) fn with_query(uri: &str, query: &str) -> String {
    let joint = match uri.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{uri}{joint}{query}")
}
