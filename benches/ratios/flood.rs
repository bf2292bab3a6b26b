//! How long a token takes while more people try to sign in than passwords can be hashed for.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use countersign::jose::Algorithm;

use super::Outcome;
use super::aside::{leave_clients_theirs, step_aside};
use super::compare::{median, micros};
use super::house::{House, MACHINE};
use super::http::{Connection, Crowd, get, post};
use super::journey::{Cookies, client_credentials, field};
use super::server::Server;
use super::table::{Table, Target};

/// Token requests: a modest rate, on each connection one every 20 ms.
const PERIOD: Duration = Duration::from_millis(20);
const REQUESTS: u32 = 150;
/// Idle and flooded in turns; a p99 is at the mercy of whatever else the machine does meanwhile.
const ROUNDS: usize = 5;
/// More than wait in the pool's queue (64) and in its threads.
const PEOPLE: usize = 80;

/// The clients' clock also tells how late a client wakes: the server, whose password threads never
/// rest here, stays off their processor.
pub fn measure(house: &House, table: &mut Table) -> Outcome {
    let server = leave_clients_theirs(|| Server::start(house, Algorithm::Es256))?;
    let (mut idle, mut flooded) = (Vec::new(), Vec::new());
    tokens(&server)?;
    for _ in 0..ROUNDS {
        idle.push(tokens(&server)?);
        flooded.push(tokens_in_a_flood(&server)?);
    }
    let (idle, flooded) = (median(idle), median(flooded));
    let ratio = flooded / idle;
    table.heading("Token p99 while sign-ins saturate the password threads, beside its idle p99");
    let measured = format!("{ratio:5.2} x  ({flooded:.0} of {idle:.0} us)");
    let target = Target::AtMost(3.0, "<= 3 x".to_owned());
    table.row("client credentials, ES256", ratio, measured, target);
    Ok(())
}

fn tokens_in_a_flood(server: &Server) -> Outcome<f64> {
    let (stop, wrong, busy) = (AtomicBool::new(false), AtomicU32::new(0), AtomicU32::new(0));
    let flooded = scope(|scope| {
        let counts = (&stop, &wrong, &busy);
        let start = |person| {
            let (stop, wrong, busy) = counts;
            scope.spawn(move || try_to_sign_in(server, person, stop, wrong, busy))
        };
        let people: Vec<_> = (0..PEOPLE).map(start).collect();
        sleep(Duration::from_secs(1));
        let flooded = tokens(server);
        stop.store(true, Ordering::Relaxed);
        for person in people {
            person.join().map_err(|_| "a person's thread panicked")??;
        }
        flooded
    })?;
    let (wrong, busy) = (wrong.into_inner(), busy.into_inner());
    if wrong == 0 || busy == 0 {
        return Err(format!("the pool was not full: {wrong} hashed, {busy} refused").into());
    }
    Ok(flooded)
}

/// The p99 of token requests, in microseconds from sending to having read the answer.
fn tokens(server: &Server) -> Outcome<f64> {
    let request = client_credentials(MACHINE);
    let began = Instant::now();
    let mut later = Duration::ZERO;
    let mut crowd = Crowd::open(server.address, |_| {
        // The connections take turns.
        later += PERIOD / 4;
        Ok((began + later, Vec::new()))
    })?;
    crowd.each(REQUESTS, |connection, (next, times)| {
        sleep(next.saturating_duration_since(Instant::now()));
        *next += PERIOD;
        let sent = Instant::now();
        connection.expect(200, &request)?;
        times.push(micros(sent.elapsed()));
        Ok(())
    })?;
    let mut times: Vec<f64> = crowd.into_states().flat_map(|(_, times)| times).collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() * 99 / 100).copied().ok_or_else(|| "no request".into())
}

/// Sends passwords for accounts that are none, each from another address, as those do who try stolen
/// lists: no lock and no budget stops the next. Who is told to come back later waits as told.
fn try_to_sign_in(
    server: &Server,
    person: usize,
    stop: &AtomicBool,
    wrong: &AtomicU32,
    busy: &AtomicU32,
) -> Outcome {
    step_aside()?;
    let mut connection = Connection::open(server.address)?;
    let page = connection.expect(200, &get("/sign-in", &[]))?;
    let mut cookies = Cookies::default();
    cookies.keep(&page);
    let csrf = field(&page, "csrf")?;
    let cookie = cookies.header();
    for number in 0_u32.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let email = format!("{person}.{number}@example.com");
        let [.., high, low] = number.to_be_bytes();
        let address = format!("10.{person}.{high}.{low}");
        let form = [
            ("csrf", csrf.as_str()),
            ("action", "sign-in"),
            ("email", &email),
            ("password", "not a password"),
        ];
        let headers = [("cookie", cookie.as_str()), ("x-forwarded-for", &address)];
        let answer = connection.ask(&post("/sign-in", &headers, &form))?;
        match answer.status {
            422 => wrong.fetch_add(1, Ordering::Relaxed),
            503 => {
                let wait =
                    answer.header("retry-after").ok_or("503 without Retry-After")?.parse()?;
                sleep(Duration::from_secs(wait));
                busy.fetch_add(1, Ordering::Relaxed)
            }
            other => return Err(format!("sign-in: {other}: {}", answer.body).into()),
        };
    }
    Ok(())
}
