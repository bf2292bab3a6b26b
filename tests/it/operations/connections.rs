//! What connections have to keep to, and what becomes of those that do not.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::client::TlsStream;

use super::node::{Node, rest, say};
use super::tls::{self, Authority};

const HALF: &str = "GET /jwks HTTP/1.1\r\nhost: localhost\r\nx-half: ";

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_15_5_9_who_is_too_slow_is_told_so_or_let_go() {
    let directory = tempfile::tempdir().unwrap();
    let limits = [
        ("COUNTERSIGN__SERVER__HEADER_TIMEOUT", "1s"),
        ("COUNTERSIGN__SERVER__IDLE_TIMEOUT", "8s"),
        ("COUNTERSIGN__SERVER__REQUEST_TIMEOUT", "2s"),
    ];
    let node = Node::start(directory.path(), &limits).await;
    let timed = async |bytes: String| {
        let started = Instant::now();
        let mut stream = node.connect().await;
        let answer = say(&mut stream, &bytes).await;
        (answer, started.elapsed().as_secs_f64())
    };
    let ask = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let slow = |path: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 900\r\n\
             content-type: application/x-www-form-urlencoded\r\n\r\na=b&"
        )
    };
    let second_half = async {
        let mut stream = node.connect().await;
        stream.write_all(ask.as_bytes()).await.unwrap();
        let mut first = [0; 4096];
        let length = stream.read(&mut first).await.unwrap();
        assert!(first[..length].starts_with(b"HTTP/1.1 200 OK"));
        let started = Instant::now();
        assert_eq!(say(&mut stream, HALF).await, "");
        started.elapsed().as_secs_f64()
    };
    let with_half = |ask: &str| timed(format!("{ask}{HALF}"));
    let post = "POST /token HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\n\
                content-type: application/x-www-form-urlencoded\r\n\r\na=b";
    let together =
        futures_util::future::join3(with_half(ask), with_half(post), with_half(&ask.repeat(2)));
    let (silent, half, second_half, idle, token, page, together) = tokio::join!(
        timed(String::new()),
        timed(HALF.to_owned()),
        second_half,
        timed(ask.to_owned()),
        timed(slow("/token")),
        timed(slow("/sign-in")),
        together,
    );
    for (what, (answer, seconds)) in [("silent", silent), ("half a head", half)] {
        assert!(answer.is_empty(), "{what}: {answer}");
        assert!((0.9..7.0).contains(&seconds), "{what}: {seconds} s");
    }
    assert!((0.9..7.0).contains(&second_half), "half of a second head: {second_half} s");
    for (answers, (answer, seconds)) in [(1, together.0), (1, together.1), (2, together.2)] {
        assert_eq!(answer.matches("HTTP/1.1 ").count(), answers, "{answer}");
        assert!(
            (0.9..7.0).contains(&seconds),
            "half of a head in one piece with what came before: {seconds} s"
        );
    }
    assert_eq!(idle.0.matches("200 OK").count(), 1, "{}", idle.0);
    assert!((7.9..20.0).contains(&idle.1), "idle: {} s", idle.1);
    assert!(token.0.starts_with("HTTP/1.1 408 "), "{}", token.0);
    assert!(token.0.contains("{\"error\":\"invalid_request\""), "{}", token.0);
    assert!(page.0.starts_with("HTTP/1.1 408 ") && page.0.contains("<html"), "{}", page.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn r86_half_a_head_has_its_time_over_http_2_as_well() {
    let directory = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    authority.certify(directory.path());
    let limits = [("COUNTERSIGN__SERVER__IDLE_TIMEOUT", "8s")];
    let node = tls::start_with(directory.path(), &limits).await;
    // RFC 9113 §4.1: length, type, flags, stream. A ping, and of a head its first frame, which says that there is
    // more to come.
    let ping = [&[0, 0, 8, 6, 0, 0, 0, 0, 0], [1; 8].as_slice()].concat();
    let half_a_head = vec![0, 0, 1, 1, 0, 0, 0, 0, 3, 0x82];
    let after_a_request = |said: Vec<u8>| {
        let (authority, node) = (&authority, &node);
        async move {
            let mut stream = authority.h2(node).await;
            // RFC 7541 §6.1: GET, https, /; then the authority, as it is (§6.2.2).
            let mut head = vec![0x82, 0x87, 0x84, 0x01, 9];
            head.extend(b"localhost");
            let length = u8::try_from(head.len()).unwrap();
            let begin = [
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(),
                &[0, 0, 0, 4, 0, 0, 0, 0, 0],
                &[0, 0, length, 1, 5, 0, 0, 0, 1],
                &head,
            ];
            stream.write_all(&begin.concat()).await.unwrap();
            // The answer is over with the end of its stream.
            let mut frames = Frames { stream, left: Vec::new() };
            while !frames.next().await.is_some_and(|(kind, flags)| kind <= 1 && flags & 1 == 1) {}
            let started = Instant::now();
            frames.stream.write_all(&said).await.unwrap();
            while frames.next().await.is_some() {}
            started.elapsed().as_secs_f64()
        }
    };
    let (half_a_frame, half_a_head, ping, silent) = tokio::join!(
        after_a_request(vec![0, 0, 40, 1, 5, 0, 0, 0, 3, 0x82]),
        after_a_request(half_a_head),
        after_a_request(ping),
        after_a_request(Vec::new()),
    );
    for (what, seconds) in [("half a frame", half_a_frame), ("half a head", half_a_head)] {
        assert!((0.9..7.0).contains(&seconds), "{what}: {seconds} s");
    }
    for (what, seconds) in [("a ping", ping), ("nothing", silent)] {
        assert!((7.9..20.0).contains(&seconds), "{what}: {seconds} s");
    }
}

/// What comes of an HTTP/2 connection.
struct Frames {
    stream: TlsStream<TcpStream>,
    left: Vec<u8>,
}

impl Frames {
    /// The type and the flags of the next frame, until the connection ends.
    async fn next(&mut self) -> Option<(u8, u8)> {
        loop {
            if let Some(&[high, middle, low, kind, flags, ..]) = self.left.get(..9) {
                let length = u32::from_be_bytes([0, high, middle, low]);
                let end = 9 + usize::try_from(length).unwrap();
                if self.left.len() >= end {
                    self.left.drain(..end);
                    return Some((kind, flags));
                }
            }
            let mut more = [0; 4096];
            match self.stream.read(&mut more).await {
                Ok(0) | Err(_) => return None,
                Ok(length) => self.left.extend(&more[..length]),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_15_5_14_a_body_too_large_is_answered_while_it_is_still_being_sent() {
    let directory = tempfile::tempdir().unwrap();
    let node = Node::start(directory.path(), &[]).await;
    for (path, shape) in [("/token", "{\"error\":\"invalid_request\""), ("/sign-in", "<html")] {
        let stream = node.connect().await;
        let (mut from, mut to) = stream.into_split();
        let length = 4 * 1024 * 1024;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\
             content-type: application/x-www-form-urlencoded\r\n\r\n"
        );
        to.write_all(head.as_bytes()).await.unwrap();
        // The whole body, before anything is read: who sends in one piece looks at the answer last.
        to.write_all(&vec![b'a'; length]).await.unwrap();
        // The connection goes on afterwards.
        to.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        from.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.contains(shape), "{answer}");
        assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 1, "{answer}");
    }
    // Who asks before sending is refused before sending (RFC 9110 §10.1.1).
    let mut stream = node.connect().await;
    let asked = "POST /token HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999\r\n\
                 content-type: application/x-www-form-urlencoded\r\nexpect: 100-continue\r\n\
                 connection: close\r\n\r\n";
    let answer = say(&mut stream, asked).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9110_15_5_16_a_compressed_body_is_refused_in_each_faces_shape() {
    let directory = tempfile::tempdir().unwrap();
    let node = Node::start(directory.path(), &[]).await;
    let http = reqwest::Client::new();
    for (path, shape) in [("/token", "\"invalid_request\""), ("/sign-in", "<html")] {
        let request =
            http.post(format!("{}{path}", node.issuer)).header("content-encoding", "gzip");
        let response = request.form(&[("a", "b")]).send().await.unwrap();
        assert_eq!(response.status(), 415);
        assert!(response.headers().contains_key("x-request-id"));
        let text = response.text().await.unwrap();
        assert!(text.contains(shape), "{text}");
    }
}

/// So many connections that say half of something, from several addresses.
async fn half_open(port: u16, many: usize) -> Vec<TcpStream> {
    let to = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut open = Vec::with_capacity(many);
    for n in 0..many {
        let socket = TcpSocket::new_v4().unwrap();
        let from = Ipv4Addr::new(127, 0, 0, u8::try_from(2 + n % 8).unwrap());
        socket.bind(SocketAddr::from((from, 0))).unwrap();
        let mut stream = socket.connect(to).await.unwrap();
        // One that was let go already is as good.
        stream.write_all(HALF.as_bytes()).await.ok();
        open.push(stream);
    }
    open
}

/// Requests on connections of their own, one after the other: the slowest but one in a hundred.
async fn p99(node: &Node, requests: usize) -> Duration {
    let ask = "GET /jwks HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let mut times = Vec::with_capacity(requests);
    for _ in 0..requests {
        let started = Instant::now();
        let answer = say(&mut node.connect().await, ask).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        times.push(started.elapsed());
    }
    times.sort();
    times[times.len() * 99 / 100]
}

/// How long others may wait for their answers in a flood.
const SOON: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread")]
async fn slowloris_ten_thousand_half_open_connections_leave_others_their_answers() {
    let limit = getrlimit(Resource::Nofile);
    let most = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, most).unwrap();
    let files = limit.maximum.map_or(usize::MAX, |most| usize::try_from(most).unwrap());
    // Each is one open file here and one there; other tests of this run have theirs.
    let many = 10_000.min(files.saturating_sub(4000));
    let directory = tempfile::tempdir().unwrap();
    let node = Node::start(directory.path(), &[]).await;
    let open = half_open(node.port, many).await;
    let p99 = p99(&node, 300).await;
    eprintln!("{many} half-open connections: p99 {p99:?}");
    assert!(p99 < SOON, "{many} half-open connections: p99 {p99:?}");
    drop(open);
}

#[tokio::test(flavor = "multi_thread")]
async fn slowloris_beyond_the_cap_the_longest_waiting_make_room() {
    let directory = tempfile::tempdir().unwrap();
    let cap = [
        ("COUNTERSIGN__SERVER__MAX_CONNECTIONS", "40"),
        ("COUNTERSIGN__SERVER__HEADER_TIMEOUT", "15s"),
    ];
    let node = Node::start(directory.path(), &cap).await;
    // Somebody whose request is under way keeps the place, however many come.
    let mut busy = node.connect().await;
    let head = "POST /token HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\nconnection: close\r\n\
                content-type: application/x-www-form-urlencoded\r\n\r\n";
    busy.write_all(head.as_bytes()).await.unwrap();
    let mut open = half_open(node.port, 400).await;
    let first = tokio::time::timeout(Duration::from_secs(12), rest(&mut open[0])).await.unwrap();
    assert_eq!(first, "", "the first was let go before its time");
    let p99 = p99(&node, 100).await;
    assert!(p99 < SOON, "{p99:?}");
    let answer = say(&mut busy, "a=b").await;
    assert!(answer.starts_with("HTTP/1.1 401 ") || answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_finishes_what_is_under_way_and_a_second_one_does_not_wait() {
    let directory = tempfile::tempdir().unwrap();
    let mut node = Node::start(directory.path(), &[]).await;
    let head = "POST /token HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\n\
                content-type: application/x-www-form-urlencoded\r\n\r\n";
    let mut streams = join_all((0..8).map(|_| node.connect())).await;
    for stream in &mut streams {
        stream.write_all(head.as_bytes()).await.unwrap();
    }
    let mut idle = node.connect().await;
    // All heads are in once one that came later is answered.
    p99(&node, 3).await;
    node.signal(Signal::TERM);
    assert_eq!(rest(&mut idle).await, "", "who asks for nothing is let go");
    assert!(TcpStream::connect(("127.0.0.1", node.port)).await.is_err(), "nobody new is let in");
    for stream in &mut streams {
        let answer = say(stream, "a=b").await;
        assert!(answer.starts_with("HTTP/1.1 40") && answer.contains("\"error\""), "{answer}");
    }
    let status = node.ends_within(Duration::from_secs(30)).await;
    assert!(status.success(), "{status}: {}", node.log());

    let mut node = Node::start(directory.path(), &[]).await;
    let mut stream = node.connect().await;
    stream.write_all(head.as_bytes()).await.unwrap();
    p99(&node, 3).await;
    node.signal(Signal::TERM);
    while !node.log().contains("stopping") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    node.signal(Signal::TERM);
    // Sooner than the 23 s that requests under way have.
    let status = node.ends_within(Duration::from_secs(15)).await;
    assert!(status.success(), "{status}");
    assert_eq!(rest(&mut stream).await, "");
}
