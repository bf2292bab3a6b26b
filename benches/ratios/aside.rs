//! The processor of the clients. One that polls is always at work, and in life a server shares its
//! processors with no client: here they share the last one, so that the others are the server's.

use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::Outcome;
use super::http::CONNECTIONS;

/// What the program is told to do nothing but poll.
pub const POLL: &str = "poll";

/// Has this thread, and those that it starts, run on the last processor.
pub fn step_aside() -> Outcome {
    let all = sched_getaffinity(None)?;
    let mut last = CpuSet::new();
    if let Some(cpu) = (0..CpuSet::MAX_CPU).rev().find(|&cpu| all.is_set(cpu)) {
        last.set(cpu);
    }
    Ok(sched_setaffinity(None, &last)?)
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
