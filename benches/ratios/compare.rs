//! A request beside what is raw in it: in turns, so that a processor that changes its speed changes
//! both, and medians, so that what else the machine did in a turn does not count.

use std::time::Duration;

use super::Outcome;
use super::aside::Pollers;
use super::http::CONNECTIONS;
use super::server::Server;

const ROUNDS: usize = 15;

/// In microseconds of CPU.
pub struct Comparison {
    pub request: f64,
    pub raw: f64,
    pub ratio: f64,
    pub above: f64,
}

/// `raw` is the CPU time of one request's raw parts; `requests` has every connection make `times`
/// requests.
pub fn compare(
    server: &mut Server,
    times: u32,
    mut raw: impl FnMut() -> Outcome<Duration>,
    mut requests: impl FnMut() -> Outcome,
) -> Outcome<Comparison> {
    let mut rounds = Vec::new();
    for round in 0..=ROUNDS {
        let pollers = Pollers::start()?;
        let raw = micros(raw()?);
        drop(pollers);
        let before = server.cpu()?;
        requests()?;
        let used = server.cpu()?.saturating_sub(before);
        let request = micros(used) / f64::from(times * u32::try_from(CONNECTIONS)?);
        // The first is for connections, caches and prepared statements.
        if round > 0 {
            rounds.push((request, raw));
        }
    }
    let of = |figure: fn(&(f64, f64)) -> f64| median(rounds.iter().map(figure).collect());
    Ok(Comparison {
        request: of(|(request, _)| *request),
        raw: of(|(_, raw)| *raw),
        ratio: of(|(request, raw)| request / raw),
        above: of(|(request, raw)| request - raw),
    })
}

pub fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
