//! The release binary in a process of its own, and what the kernel says of it.

use std::collections::HashMap;
use std::fs::File;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use countersign::jose::Algorithm;
use rustix::process::{Pid, Signal, kill_process};

use super::Outcome;
use super::house::House;
use super::http::{Connection, get};

const PATIENCE: Duration = Duration::from_secs(20);

pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// From the start of the process to its first answer.
    pub started_in: Duration,
    /// For its start, and for its end.
    patience: Duration,
    /// What each thread had used when we last looked: a thread that has ended since still counts.
    seen: HashMap<String, u64>,
}

impl Server {
    /// Starts one and waits until it answers.
    pub fn start(house: &House, algorithm: Algorithm) -> Outcome<Self> {
        Self::of(house.countersign(algorithm)?, house, PATIENCE)
    }

    /// The same by another command.
    pub fn of(mut command: Command, house: &House, patience: Duration) -> Outcome<Self> {
        let errors = house.path("stderr");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&errors)?);
        let address = house.address;
        let jwks = get("/jwks", &[]);
        let began = Instant::now();
        let child = command.spawn()?;
        let started_in = Duration::ZERO;
        let mut server = Self { child, address, started_in, patience, seen: HashMap::new() };
        loop {
            let answer = Connection::open(address).and_then(|mut open| open.expect(200, &jwks));
            server.started_in = began.elapsed();
            if answer.is_ok() {
                return Ok(server);
            }
            if server.child.try_wait()?.is_some() || server.started_in > patience {
                let said = std::fs::read_to_string(errors)?;
                return Err(format!("the server did not start: {said}").into());
            }
            sleep(Duration::from_micros(200));
        }
    }

    /// The CPU time of all its threads, in user mode and in the kernel, since the start.
    ///
    /// `/proc/PID/stat` counts in hundredths of a second; `schedstat` of each thread counts in
    /// nanoseconds, and is exact while the thread sleeps. What a thread used between our last look
    /// and its end is lost: Tokio's end after ten seconds without work, so that is nothing.
    pub fn cpu(&mut self) -> Outcome<Duration> {
        // The last answer leaves before its thread has gone to sleep.
        sleep(Duration::from_millis(3));
        for task in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let task = task?;
            let Ok(text) = std::fs::read_to_string(task.path().join("schedstat")) else {
                continue; // It has just ended.
            };
            let used = text.split(' ').next().unwrap_or_default().parse()?;
            self.seen.insert(task.file_name().to_string_lossy().into_owned(), used);
        }
        Ok(Duration::from_nanos(self.seen.values().sum()))
    }

    /// Its resident memory, in KiB.
    pub fn memory(&self) -> Outcome<u32> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let value = line.and_then(|line| line.split_whitespace().next());
        Ok(value.ok_or("no VmRSS")?.parse()?)
    }

    fn pid(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }
}

impl Drop for Server {
    /// An orderly end, so that the next start finds an orderly database.
    fn drop(&mut self) {
        if let Some(pid) = self.pid() {
            kill_process(pid, Signal::TERM).ok();
        }
        let asked = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && asked.elapsed() < self.patience {
            sleep(Duration::from_millis(2));
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
