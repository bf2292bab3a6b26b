//! The least client of HTTP/1.1 that keeps connections alive: blocking, one thread each. It costs
//! the machine little beside the server, and nothing of it counts as the server's.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use url::form_urlencoded::Serializer;

use super::Outcome;
use super::aside::step_aside;

/// Connections that make requests at once, so that the server batches and wakes up as in life.
pub const CONNECTIONS: usize = 4;

pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    polls: bool,
}

pub struct Answer {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024), polls: false })
    }

    /// Looks for the answer again and again instead of sleeping until it is there. On loopback the
    /// kernel has whoever sends pay for waking the receiver; the client of a server in life is on
    /// another machine, so its waking is no CPU time of the server's.
    fn polling(mut self) -> Outcome<Self> {
        self.stream.set_nonblocking(true)?;
        self.polls = true;
        Ok(self)
    }

    /// Sends a request and waits for its answer, whatever its status.
    pub fn ask(&mut self, request: &[u8]) -> Outcome<Answer> {
        self.stream.write_all(request)?;
        self.buffer.clear();
        loop {
            if let Some(answer) = parse(&self.buffer)? {
                return Ok(answer);
            }
            let mut chunk = [0; 8 * 1024];
            let read = match self.stream.read(&mut chunk) {
                Err(error) if error.kind() == ErrorKind::WouldBlock && self.polls => {
                    std::thread::yield_now();
                    continue;
                }
                other => other?,
            };
            if read == 0 {
                return Err("the server closed the connection instead of answering".into());
            }
            self.buffer.extend_from_slice(chunk.get(..read).unwrap_or_default());
        }
    }

    /// As [`Self::ask`]; any other status is an error.
    pub fn expect(&mut self, status: u16, request: &[u8]) -> Outcome<Answer> {
        let answer = self.ask(request)?;
        if answer.status == status {
            return Ok(answer);
        }
        let line = String::from_utf8_lossy(request).lines().next().unwrap_or_default().to_owned();
        Err(format!("{line}: expected {status}, got {}: {}", answer.status, answer.body).into())
    }
}

/// The answer, once the buffer holds all of it.
fn parse(buffer: &[u8]) -> Outcome<Option<Answer>> {
    let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let (head, rest) = buffer.split_at(end);
    let head = std::str::from_utf8(head)?.to_owned();
    let status = head.split(' ').nth(1).ok_or("an answer without a status")?.parse()?;
    let mut answer = Answer { status, head, body: String::new() };
    let length = answer.header("content-length").ok_or("an answer without a length")?.parse()?;
    let Some(body) = rest.get(4..4 + usize::min(length, rest.len())) else { return Ok(None) };
    if body.len() < length {
        return Ok(None);
    }
    answer.body = String::from_utf8(body.to_vec())?;
    Ok(Some(answer))
}

impl Answer {
    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub fn json(&self, member: &str) -> Outcome<String> {
        let json: serde_json::Value = serde_json::from_str(&self.body)?;
        let value = json.get(member).and_then(serde_json::Value::as_str);
        Ok(value.ok_or_else(|| format!("no {member} in {}", self.body))?.to_owned())
    }
}

pub fn get(path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    request("GET", path, headers, "")
}

pub fn post(path: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Vec<u8> {
    let mut headers = headers.to_vec();
    let body = encode(form);
    let length = body.len().to_string();
    headers.push(("content-type", "application/x-www-form-urlencoded"));
    headers.push(("content-length", &length));
    request("POST", path, &headers, &body)
}

pub fn post_json(path: &str, headers: &[(&str, &str)], body: &serde_json::Value) -> Vec<u8> {
    let (mut headers, body) = (headers.to_vec(), body.to_string());
    let length = body.len().to_string();
    headers.push(("content-type", "application/json"));
    headers.push(("content-length", &length));
    request("POST", path, &headers, &body)
}

pub fn encode(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n");
    for (name, value) in headers {
        text.extend([name, ": ", value, "\r\n"]);
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// Several connections, each with a thread and with something of its own to go on from.
pub struct Crowd<S> {
    members: Vec<(Connection, S)>,
}

impl<S: Send> Crowd<S> {
    pub fn open(
        address: SocketAddr,
        mut state: impl FnMut(&mut Connection) -> Outcome<S>,
    ) -> Outcome<Self> {
        let mut members = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut connection = Connection::open(address)?;
            let state = state(&mut connection)?;
            members.push((connection, state));
        }
        Ok(Self { members })
    }

    /// Has them poll, for CPU times; sleep is for times on the clock.
    pub fn polling(self) -> Outcome<Self> {
        let polling = self.members.into_iter().map(|(open, state)| Ok((open.polling()?, state)));
        Ok(Self { members: polling.collect::<Outcome<_>>()? })
    }

    /// What the connections had of their own.
    pub fn into_states(self) -> impl Iterator<Item = S> {
        self.members.into_iter().map(|(_, state)| state)
    }

    /// Every connection does the work `times` times; they all do it at once.
    pub fn each(
        &mut self,
        times: u32,
        work: impl Fn(&mut Connection, &mut S) -> Outcome + Sync,
    ) -> Outcome {
        std::thread::scope(|scope| {
            let work = &work;
            let threads: Vec<_> = self
                .members
                .iter_mut()
                .map(|(connection, state)| {
                    scope.spawn(move || {
                        step_aside()?;
                        (0..times).try_for_each(|_| work(connection, state))
                    })
                })
                .collect();
            threads.into_iter().try_for_each(|thread| {
                thread.join().unwrap_or_else(|_| Err("a client's thread panicked".into()))
            })
        })
    }
}
