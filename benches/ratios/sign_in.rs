//! What a sign-in costs beside the hash of its password, and whether the time that a refused one takes
//! tells whether there is such an account.

use std::time::{Duration, Instant};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use countersign::jose::Algorithm;
use rustix::time::ClockId;
use serde_json::json;

use super::Outcome;
use super::compare::{compare, median, micros};
use super::house::{EMAIL, House, LOCKED_AFTER, PASSWORD};
use super::http::{Answer, CONNECTIONS, Connection, Crowd, post_json};
use super::journey::Cookies;
use super::server::Server;
use super::signatures::clock;
use super::table::{Table, Target};

const SIGN_IN: &str = "/api/auth/sign-in/email";
/// Sign-ins of one connection in one round.
const TIMES: u32 = 10;
/// Refused ones of each kind.
const REFUSED: usize = 1000;
/// None of these accounts fails so often that it is locked.
const KNOWN: usize = REFUSED / LOCKED_AFTER + 1;
const WRONG: &str = "not the password";

pub fn measure(house: &House, table: &mut Table) -> Outcome {
    let mut server = Server::start(house, Algorithm::Es256)?;
    table.heading("A sign-in by password, by CPU time beside its hash, and by the clock");
    cost(&mut server, table)?;
    drop(server);
    duration(house, table)
}

/// Of a person who is known to the browser and has signed out. The clients sleep until they have
/// their answer: a client that polls takes from the hash the memory that it works on, and the raw
/// one has no such company; that the server has to wake a client is nothing beside a hash.
fn cost(server: &mut Server, table: &mut Table) -> Outcome {
    let sign_in =
        |connection: &mut Connection, cookie: &str| connection.expect(200, &right(cookie));
    let mut crowd = Crowd::open(server.address, |connection| {
        let mut cookies = Cookies::default();
        cookies.keep(&sign_in(connection, "")?);
        Ok(cookies.without_session())
    })?;
    let hash = Argon2::default().hash_password(PASSWORD.as_bytes()).map_err(|e| e.to_string())?;
    let hash = hash.to_string();
    let figures = compare(
        server,
        TIMES,
        || raw(&hash),
        || {
            crowd.each(TIMES, |connection, cookie| {
                let answer = sign_in(connection, cookie)?;
                let known = answer.headers("set-cookie").count() == 1;
                if known { Ok(()) } else { Err("the browser was not known".into()) }
            })
        },
    )?;
    let measured = format!(
        "{:5.2} x  ({:.2} of {:.2} ms)",
        figures.ratio,
        figures.request / 1e3,
        figures.raw / 1e3
    );
    let target = Target::AtMost(1.1, "<= 1.1 x".to_owned());
    table.row("sign-in, password right", figures.ratio, measured, target);
    Ok(())
}

/// The CPU time of checking the password with nothing around it, on one thread: on a machine of two
/// cores that is how many the server has for it, and more would be in one another's way.
fn raw(hash: &str) -> Outcome<Duration> {
    let hash = PasswordHash::new(hash).map_err(|error| error.to_string())?;
    let times = TIMES * u32::try_from(CONNECTIONS)?;
    let before = clock(ClockId::ThreadCPUTime);
    for _ in 0..times {
        let checked = Argon2::default().verify_password(PASSWORD.as_bytes(), &hash);
        checked.map_err(|error| error.to_string())?;
    }
    Ok(clock(ClockId::ThreadCPUTime).saturating_sub(before) / times)
}

/// The kinds take turns, so that whatever else the machine does happens to all of them.
fn duration(house: &House, table: &mut Table) -> Outcome {
    let known = (0..KNOWN).map(|n| format!("known.{n}@example.com")).collect::<Vec<_>>();
    let locked = "locked@example.com";
    for email in known.iter().map(String::as_str).chain([locked]) {
        house.add(email)?;
    }
    let server = Server::start(house, Algorithm::Es256)?;
    let mut connection = Connection::open(server.address)?;
    let mut tries = 0_u32;
    let mut refused = |email: &str, status: u16| {
        // Each from another address, as those do who try stolen lists.
        tries += 1;
        let [_, high, middle, low] = tries.to_be_bytes();
        let address = format!("10.{high}.{middle}.{low}");
        let request = request(email, WRONG, &[("x-forwarded-for", &address)]);
        let sent = Instant::now();
        let _: Answer = connection.expect(status, &request)?;
        Outcome::Ok(micros(sent.elapsed()))
    };
    for _ in 0..LOCKED_AFTER {
        refused(locked, 401)?;
    }
    let mut times = [const { Vec::new() }; 3];
    for (number, email) in (0..REFUSED).zip(known.iter().cycle()) {
        let nobody = format!("unknown.{number}@example.com");
        let kinds = [(nobody.as_str(), 401), (email.as_str(), 401), (locked, 429)];
        for (times, (email, status)) in times.iter_mut().zip(kinds) {
            times.push(refused(email, status)?);
        }
    }
    let [nobody, known, locked] = times.map(median);
    for (name, of) in [("known account", known), ("locked account", locked)] {
        let apart = (of / nobody - 1.0).abs() * 100.0;
        let measured = format!("{apart:4.1} % apart  ({of:.0} of {nobody:.0} us)");
        let target = Target::AtMost(5.0, "<= 5 % apart".to_owned());
        table.row(&format!("{name}, beside nobody's"), apart, measured, target);
    }
    Ok(())
}

/// Ada's sign-in, in a browser that has these cookies.
pub fn right(cookie: &str) -> Vec<u8> {
    request(EMAIL, PASSWORD, &[("cookie", cookie)])
}

fn request(email: &str, password: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    post_json(SIGN_IN, headers, &json!({ "email": email, "password": password }))
}
