//! The processor of the clients. One that polls is always at work, and in life a server shares its
//! processors with no client: here clients share the last one, so that the others are the server's.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::Outcome;
use super::http::CONNECTIONS;

/// What the program is told to do nothing but poll.
pub const POLL: &str = "poll";

/// Has this thread, and what it starts, run on the last processor.
pub fn step_aside() -> Outcome {
    let all = sched_getaffinity(None)?;
    let mut clients = CpuSet::new();
    if let Some(last) = last(&all) {
        clients.set(last);
    }
    Ok(sched_setaffinity(None, &clients)?)
}

/// Starts a process on the processors that are not the clients', where there is more than one. By
/// itself a server goes wherever nobody is at work, and a client that sleeps leaves its processor so.
pub fn leave_clients_theirs<T: Send>(start: impl FnOnce() -> Outcome<T> + Send) -> Outcome<T> {
    let apart = || {
        let mut others = sched_getaffinity(None)?;
        if let Some(last) = last(&others).filter(|_| others.count() > 1) {
            others.unset(last);
        }
        sched_setaffinity(None, &others)?;
        start()
    };
    // A process starts where the thread may run that starts it: not this one, which is a client's.
    let started = thread::scope(|scope| scope.spawn(apart).join());
    started.map_err(|_| "the thread that starts a process panicked")?
}

fn last(cpus: &CpuSet) -> Option<usize> {
    (0..CpuSet::MAX_CPU).rev().find(|&cpu| cpus.is_set(cpu))
}

/// As many clients as there are connections, which wait for nothing: what is raw is measured beside
/// them, since requests are. In a process of their own, so that their CPU time is nobody's here.
pub struct Pollers(Child);

impl Pollers {
    pub fn start() -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg(POLL).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut pollers = Self(command.spawn()?);
        let said = pollers.0.stdout.as_mut().ok_or("no pipe")?.read(&mut [0])?;
        if said == 1 { Ok(pollers) } else { Err("nobody polls".into()) }
    }
}

impl Drop for Pollers {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// What they do, until the program that started them is gone.
pub fn poll() -> Outcome {
    step_aside()?;
    for _ in 0..CONNECTIONS {
        thread::spawn(|| {
            loop {
                thread::yield_now();
            }
        });
    }
    std::io::stdout().write_all(b".")?;
    std::io::stdout().flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
