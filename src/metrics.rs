//! What is counted, for Prometheus (OpenMetrics 1.0). Everybody may count; nobody else renders.
//! Opens no other room.
//!
//! Counting allocates nothing. Labels have few values: route templates, never paths; names of rules,
//! never of people or clients.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
pub use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Of an answer, in seconds: from one signature to the limit of a request.
const BUCKETS: [f64; 11] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0];

/// Requests that no route is for.
const NO_ROUTE: &str = "none";

/// A route template, held once.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
struct Template(Arc<str>);

impl EncodeLabelValue for Template {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), std::fmt::Error> {
        encoder.write_str(&self.0)
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfRequest {
    route: Template,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfRoute {
    route: Template,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfGrant {
    grant_type: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfOutcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfRule {
    rule: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfKey {
    alg: String,
    phase: &'static str,
}

#[derive(Clone)]
struct InBuckets;

impl MetricConstructor<Histogram> for InBuckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(BUCKETS)
    }
}

/// What is counted of one route, at hand: looking it up by its labels, each time, costs more than to
/// count it.
struct Counts {
    route: Template,
    durations: Histogram,
    /// By status, of which a route has few.
    answers: Vec<(u16, Counter)>,
}

impl Counts {
    /// False if there was no answer with that status yet.
    fn count(&self, status: u16, seconds: f64) -> bool {
        let Some((_, answers)) = self.answers.iter().find(|(known, _)| *known == status) else {
            return false;
        };
        answers.inc();
        self.durations.observe(seconds);
        true
    }
}

/// What a node has counted since it started.
pub struct Metrics {
    registry: Registry,
    routes: RwLock<HashMap<Box<str>, Counts>>,
    requests: Family<OfRequest, Counter>,
    durations: Family<OfRoute, Histogram, InBuckets>,
    tokens: Family<OfGrant, Counter>,
    sign_ins: Family<OfOutcome, Counter>,
    client_failures: Counter,
    rate_refusals: Family<OfRule, Counter>,
    counted_alone: Counter,
    rate_store_up: Gauge,
    rate_windows: Gauge,
    statements: Counter,
    keys: Family<OfKey, Gauge>,
    database_up: Gauge,
    clock_ahead: Gauge,
    hashes_waiting: Gauge,
    /// Connections open now.
    pub connections: Gauge,
}

/// What is looked up when somebody asks, rather than counted.
pub struct Standing {
    pub statements: u64,
    pub database_up: bool,
    /// In seconds.
    pub clock_ahead: i64,
    pub hashes_waiting: usize,
    pub rate_limit_store_up: bool,
    pub rate_limit_windows: u64,
    /// Algorithm and phase of each key.
    pub keys: Vec<(String, &'static str)>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("countersign");
        macro_rules! register {
            ($metric:expr, $name:literal, $help:literal) => {{
                let metric = $metric;
                registry.register($name, $help, metric.clone());
                metric
            }};
        }
        Self {
            requests: register!(
                Family::default(),
                "requests",
                "Answers by route template and status"
            ),
            durations: register!(
                Family::new_with_constructor(InBuckets),
                "request_duration_seconds",
                "From the end of a request's head to its answer"
            ),
            tokens: register!(Family::default(), "token_responses", "Token answers by grant type"),
            sign_ins: register!(Family::default(), "sign_ins", "Sign-ins by outcome"),
            client_failures: register!(
                Counter::default(),
                "client_authentication_failures",
                "Clients that did not prove who they are"
            ),
            rate_refusals: register!(
                Family::default(),
                "rate_limit_refusals",
                "Requests beyond a rate limit, by rule"
            ),
            counted_alone: register!(
                Counter::default(),
                "rate_limit_counted_alone",
                "Requests that this node counted for itself while the shared store was away"
            ),
            rate_store_up: register!(
                Gauge::default(),
                "rate_limit_store_up",
                "Whether the store of rate limits was there when it was last asked"
            ),
            rate_windows: register!(
                Gauge::default(),
                "rate_limit_windows",
                "Windows of rate limits that this node remembers"
            ),
            statements: register!(Counter::default(), "database_statements", "SQL statements sent"),
            keys: register!(Family::default(), "signing_keys", "Keys by algorithm and phase"),
            database_up: register!(
                Gauge::default(),
                "database_up",
                "Whether the database was there when it was last asked"
            ),
            clock_ahead: register!(
                Gauge::default(),
                "clock_ahead_seconds",
                "How far this node's clock is ahead of the database's"
            ),
            hashes_waiting: register!(
                Gauge::default(),
                "password_hashes_waiting",
                "Passwords that wait for a hashing thread"
            ),
            connections: register!(Gauge::default(), "connections", "Connections open now"),
            routes: RwLock::default(),
            registry,
        }
    }
}

impl Metrics {
    /// An answer of the route with that template; `None` where there is no route.
    pub fn request(&self, route: Option<&str>, status: u16, took: Duration) {
        let (route, seconds) = (route.unwrap_or(NO_ROUTE), took.as_secs_f64());
        let known = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        if known.get(route).is_some_and(|counts| counts.count(status, seconds)) {
            return;
        }
        drop(known);
        let mut known = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        let counts = known.entry(route.into()).or_insert_with(|| {
            let route = Template(route.into());
            let durations = self.durations.get_or_create_owned(&OfRoute { route: route.clone() });
            Counts { route, durations, answers: Vec::new() }
        });
        // Another thread may have been faster.
        if !counts.count(status, seconds) {
            let labels = OfRequest { route: counts.route.clone(), status };
            counts.answers.push((status, self.requests.get_or_create_owned(&labels)));
            counts.count(status, seconds);
        }
    }

    /// Tokens were given for a grant of that type.
    pub fn tokens(&self, grant_type: &'static str) {
        self.tokens.get_or_create(&OfGrant { grant_type }).inc();
    }

    /// Somebody tried to sign in.
    pub fn sign_in(&self, outcome: &'static str) {
        self.sign_ins.get_or_create(&OfOutcome { outcome }).inc();
    }

    /// A client did not prove who it is.
    pub fn client_failed(&self) {
        self.client_failures.inc();
    }

    /// A request was beyond the limit of that rule.
    pub fn refused_by_rate(&self, rule: &'static str) {
        self.rate_refusals.get_or_create(&OfRule { rule }).inc();
    }

    /// This node counted a request for itself, which nodes should have counted together.
    pub fn counted_alone(&self) {
        self.counted_alone.inc();
    }

    /// All of it, as OpenMetrics text.
    #[must_use]
    pub fn render(&self, standing: Standing) -> String {
        self.statements.inner().store(standing.statements, Ordering::Relaxed);
        self.database_up.set(i64::from(standing.database_up));
        self.clock_ahead.set(standing.clock_ahead);
        self.hashes_waiting.set(i64::try_from(standing.hashes_waiting).unwrap_or(i64::MAX));
        self.rate_store_up.set(i64::from(standing.rate_limit_store_up));
        self.rate_windows.set(i64::try_from(standing.rate_limit_windows).unwrap_or(i64::MAX));
        self.keys.clear();
        for (alg, phase) in standing.keys {
            self.keys.get_or_create(&OfKey { alg, phase }).inc();
        }
        let mut text = String::new();
        // Writing to a string does not fail.
        encode(&mut text, &self.registry).ok();
        text
    }
}
