//! Looks at an upstream as a sign-in would, and says in plain words what is wrong with its
//! configuration, here or there.

use chrono::DateTime;
use openidconnect::core::CoreJwsSigningAlgorithm;
use serde_json::Value;

use super::code::{self, OAUTH_ERROR};
use super::id_token::{ALGORITHMS, TOLERANCE};
use super::provider::{self, Known};
use super::{Trouble, Upstream};
use crate::config::UpstreamKind;
use crate::jose::random;
use crate::outbox::Fetcher;

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Which one: `discovery`, `clock`, `keys`, `signatures`, `pkce`, `client`, `sign_out`.
    pub what: &'static str,
    pub is_good: bool,
    pub words: String,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Probe {
    pub findings: Vec<Finding>,
    /// To be registered there.
    pub redirect_uri: String,
}

impl Probe {
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.findings.iter().all(|finding| finding.is_good)
    }

    fn note(&mut self, what: &'static str, is_good: bool, words: impl Into<String>) {
        self.findings.push(Finding { what, is_good, words: words.into() });
    }
}

impl Upstream {
    /// Asks the upstream everything that can be asked without a person.
    pub async fn probe(&self, fetcher: &Fetcher, now: i64) -> Probe {
        let redirect_uri = self.redirect_uri().to_owned();
        let mut probe = Probe { findings: Vec::new(), redirect_uri };
        let known = match (self.config().kind, &self.config().issuer) {
            (UpstreamKind::Oidc, Some(issuer)) => {
                let Some(known) = self.probe_discovery(fetcher, issuer, now, &mut probe).await
                else {
                    return probe;
                };
                Some(known)
            }
            _ => None,
        };
        self.probe_client(fetcher, known.as_deref(), now, &mut probe).await;
        probe
    }

    async fn probe_discovery(
        &self,
        fetcher: &Fetcher,
        issuer: &str,
        now: i64,
        probe: &mut Probe,
    ) -> Option<std::sync::Arc<Known>> {
        let http = self.http(fetcher);
        let url = provider::metadata_url(issuer);
        let (document, date) = match http.dated_json(&url, None).await {
            Ok(found) => found,
            Err(trouble) => {
                probe.note("discovery", false, format!("{trouble}. Is the issuer right, and up?"));
                return None;
            }
        };
        let named = document.get("issuer").and_then(Value::as_str).unwrap_or_default();
        if named != issuer {
            let words = format!(
                "{url} says that its issuer is {named:?}: write exactly that, the slash at its end \
                 included, as `issuer`"
            );
            probe.note("discovery", false, words);
            return None;
        }
        let known = match self.provider.known(&http, issuer, now).await {
            Ok(known) => known,
            Err(trouble) => {
                probe.note("discovery", false, trouble.to_string());
                return None;
            }
        };
        probe.note("discovery", true, format!("{url} is there, and of this issuer"));
        note_clock(date.as_deref(), now, probe);
        let count = known.keys.keys().len();
        probe.note(
            "keys",
            count > 0,
            match count {
                0 => format!(
                    "{} has no key: has a signing key been chosen there?",
                    known.metadata.jwks_uri().as_str()
                ),
                _ => format!("{count} at {}", known.metadata.jwks_uri().as_str()),
            },
        );
        note_signatures(&known, probe);
        let methods = &known.metadata.additional_metadata().code_challenge_methods_supported;
        let has_s256 = methods.is_empty() || methods.iter().any(|method| method == "S256");
        probe.note(
            "pkce",
            has_s256,
            match (methods.is_empty(), has_s256) {
                (true, _) => "the metadata say nothing of PKCE; S256 is sent all the same",
                (_, true) => "S256 is taken",
                (_, false) => "S256 is not among the methods there: PKCE may be refused",
            },
        );
        if self.config().sign_out {
            let end = &known.metadata.additional_metadata().end_session_endpoint;
            probe.note(
                "sign_out",
                end.is_some(),
                match end {
                    Some(url) => format!("people are signed out at {url}"),
                    None => "sign_out is set, but there is no end_session_endpoint".to_owned(),
                },
            );
        }
        Some(known)
    }

    /// A code that nobody gave out is refused either way: how, tells whether the client is known.
    async fn probe_client(
        &self,
        fetcher: &Fetcher,
        known: Option<&Known>,
        now: i64,
        probe: &mut Probe,
    ) {
        let (code, verifier) = (random::token(), random::token());
        let http = self.http(fetcher);
        let answer = code::exchange(self, known, &http, &code, &verifier, now).await;
        let told = match &answer {
            Err(Trouble::Refused(words)) => words.strip_prefix(OAUTH_ERROR).map(str::to_owned),
            _ => None,
        };
        match (told.as_deref(), answer) {
            (Some("invalid_grant" | "bad_verification_code"), _) => {
                probe.note("client", true, "client_id and client_secret are known there");
            }
            (Some("redirect_uri_mismatch"), _) => {
                let words = "the redirect URI below is not registered there";
                probe.note("client", false, words);
            }
            (
                Some("invalid_client" | "unauthorized_client" | "incorrect_client_credentials"),
                _,
            ) => {
                // Some call a redirect URI that they do not know a client that they do not know.
                let words = format!(
                    "client_id or client_secret is wrong, or client_auth is another one, or {} is not \
                     registered there",
                    probe.redirect_uri
                );
                probe.note("client", false, words);
            }
            (Some(other), _) => {
                let words = format!(
                    "the token endpoint answers {other}, which says of no client that it is known"
                );
                probe.note("client", false, words);
            }
            (None, Err(trouble)) => probe.note("client", false, trouble.to_string()),
            (None, Ok(_)) => {
                let words = "the token endpoint gives tokens for a code that nobody gave out";
                probe.note("client", false, words);
            }
        }
    }
}

fn note_clock(date: Option<&str>, now: i64, probe: &mut Probe) {
    let theirs = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let Some(theirs) = theirs else { return };
    let ahead = theirs.timestamp() - now / 1000;
    let words = match ahead {
        0 => "both clocks agree".to_owned(),
        seconds if seconds > 0 => format!("the clock there is {seconds} s ahead of ours"),
        seconds => format!("the clock there is {} s behind ours", -seconds),
    };
    let is_good = ahead.abs() < TOLERANCE;
    let mend = if is_good { "" } else { ": set them by NTP, or ID tokens are refused" };
    probe.note("clock", is_good, format!("{words}{mend}"));
}

fn note_signatures(known: &Known, probe: &mut Probe) {
    let offered = known.metadata.id_token_signing_alg_values_supported();
    let is_taken = |algorithm: &&CoreJwsSigningAlgorithm| ALGORITHMS.contains(algorithm);
    let names = |all: Vec<&CoreJwsSigningAlgorithm>| {
        let names = all.into_iter().filter_map(|it| serde_json::to_value(it).ok());
        let names: Vec<_> = names.filter_map(|it| it.as_str().map(str::to_owned)).collect();
        names.join(", ")
    };
    let taken: Vec<_> = offered.iter().filter(is_taken).collect();
    if taken.is_empty() {
        let words = format!(
            "ID tokens are signed with {}, which whoever knows the secret can do: choose a signing \
             key (RS256 or ES256) there",
            names(offered.iter().collect())
        );
        probe.note("signatures", false, words);
    } else {
        probe.note("signatures", true, format!("ID tokens may be signed with {}", names(taken)));
    }
}
