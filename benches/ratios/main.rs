//! What requests cost, as ratios: `cargo bench` prints, for SQLite and for PostgreSQL, each request's SQL
//! statements, its CPU time beside that of the raw signatures and statements it makes, what a sign-in costs
//! and whether its duration tells anything, and how the server holds up and starts. A figure over its target
//! is marked, and fails nothing: times depend on the machine. A part that cannot run does fail. Statements are
//! always counted; of the other parts `cargo bench -- flood` measures the one that is named.
//!
//! The server is the release binary in a process of its own, so that its CPU time is its own, and the clients
//! run on one processor; where the clock is theirs and the server never rests, it is kept off that one.

use std::error::Error;
use std::path::Path;

use countersign::jose::Algorithm;
use tokio::runtime::Runtime;

use house::House;
use postgres::Postgres;
use table::Table;

mod aside;
mod compare;
mod cpu;
mod flood;
mod house;
mod http;
mod journey;
mod order;
mod postgres;
mod server;
mod sign_in;
mod signatures;
mod sql;
mod start;
mod statements;
mod table;

/// What is measured, or why it could not be.
type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

enum Part {
    Cpu,
    SignIn,
    Flood,
    Start,
}

const PARTS: [(&str, Part); 4] =
    [("cpu", Part::Cpu), ("sign-in", Part::SignIn), ("flood", Part::Flood), ("start", Part::Start)];

fn main() -> Outcome {
    if cfg!(debug_assertions) {
        return Err("figures of a debug build mean nothing: run cargo bench".into());
    }
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let deed = arguments.next();
    if deed.as_deref() == Some(aside::POLL) {
        return aside::poll();
    }
    let runtime = Runtime::new()?;
    if deed.as_deref() == Some("order") {
        let program = arguments.next().ok_or("order: which program?")?;
        let found = Path::new(&program).canonicalize();
        let found = found.map_err(|error| format!("order: {program}: {error}"))?;
        return order::write(&runtime, &found);
    }
    let parts: Vec<Part> = PARTS
        .into_iter()
        .filter(|(name, _)| deed.as_ref().is_none_or(|wanted| wanted == name))
        .map(|(_, part)| part)
        .collect();
    if parts.is_empty() {
        return Err(format!("no such part; there are {:?}", PARTS.map(|(name, _)| name)).into());
    }
    let postgres = Postgres::start()?;
    let database = runtime.block_on(postgres.new_database())?;
    measure(&runtime, "SQLite", &House::on_sqlite()?, &parts)?;
    measure(&runtime, "PostgreSQL", &House::on(database.clone())?, &parts)?;
    runtime.block_on(postgres.drop_database(&database))
}

fn measure(runtime: &Runtime, name: &str, house: &House, parts: &[Part]) -> Outcome {
    house.add_ada()?;
    let mut table = Table::new(name);
    let cookie = statements::count(runtime, house, &mut table)?;
    for part in parts {
        match part {
            Part::Cpu => cpu::measure(runtime, house, &cookie, &mut table)?,
            Part::SignIn => sign_in::measure(house, &mut table)?,
            Part::Flood => flood::measure(house, &mut table)?,
            Part::Start => start::measure(house, Algorithm::Es256, &mut table)?,
        }
    }
    table.print();
    Ok(())
}
