//! How soon the server answers, and how much memory it holds before anybody came.

use std::thread::sleep;
use std::time::Duration;

use countersign::jose::Algorithm;

use super::Outcome;
use super::compare::median;
use super::house::House;
use super::server::Server;
use super::table::{Table, Target};

const STARTS: usize = 10;

pub fn measure(house: &House, algorithm: Algorithm, table: &mut Table) -> Outcome {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        times.push(Server::start(house, algorithm)?.started_in.as_secs_f64() * 1e3);
    }
    let started = median(times);
    let server = Server::start(house, algorithm)?;
    sleep(Duration::from_secs(2));
    let memory = f64::from(server.memory()?) / 1024.0;

    table.heading("Start on an existing database");
    let target = |most: f64, unit: &str| Target::AtMost(most, format!("<= {most} {unit}"));
    table.row("until /jwks answers", started, format!("{started:.1} ms"), target(80.0, "ms"));
    table.row("idle memory", memory, format!("{memory:.1} MiB"), target(20.0, "MiB"));
    Ok(())
}
