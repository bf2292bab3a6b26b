//! TLS in the process, with a certificate authority of the test's own.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use futures_util::future::join_all;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustix::process::Signal;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::node::Node;

pub struct Authority {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// Puts a certificate for `localhost` and its key into a folder.
    pub fn certify(&self, directory: &Path) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(directory.join("cert.pem"), certificate.pem()).unwrap();
        std::fs::write(directory.join("key.pem"), key.serialize_pem()).unwrap();
    }

    fn client(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        alpn: &[&str],
    ) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsConnector::from(Arc::new(config))
    }

    /// A connection on which HTTP/2 is to be spoken.
    pub async fn h2(&self, node: &Node) -> TlsStream<TcpStream> {
        connect(node, &self.client(BOTH, &["h2"])).await.unwrap()
    }
}

const BOTH: &[&SupportedProtocolVersion] = &[&rustls::version::TLS12, &rustls::version::TLS13];

async fn start(directory: &Path) -> Node {
    start_with(directory, &[]).await
}

/// A node with the certificate that is in its folder.
pub async fn start_with(directory: &Path, more: &[(&str, &str)]) -> Node {
    let port = crate::house::free_port();
    let url = format!("https://localhost:{port}");
    let mut env = vec![
        ("COUNTERSIGN__SERVER__TLS__CERT", "cert.pem"),
        ("COUNTERSIGN__SERVER__TLS__KEY", "key.pem"),
        ("COUNTERSIGN__SERVER__PUBLIC_URL", url.as_str()),
        ("COUNTERSIGN__SERVER__HEADER_TIMEOUT", "1s"),
    ];
    env.extend(more);
    Node::start_at(port, directory, &env).await
}

async fn connect(node: &Node, client: &TlsConnector) -> std::io::Result<TlsStream<TcpStream>> {
    client.connect(ServerName::try_from("localhost").unwrap(), node.connect().await).await
}

fn serial(connection: &ClientConnection) -> Vec<u8> {
    connection.peer_certificates().unwrap()[0].to_vec()
}

async fn ask(stream: &mut TlsStream<TcpStream>) -> String {
    stream.write_all(b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn peer_cve_2024_23656_rfc9325_3_1_1_tls_1_2_and_1_3_with_http_1_and_2_and_nothing_older() {
    let directory = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    authority.certify(directory.path());
    let node = start(directory.path()).await;
    for version in BOTH {
        let client = authority.client(&[version], &["http/1.1"]);
        let mut stream = connect(&node, &client).await.unwrap();
        let suite = stream.get_ref().1.negotiated_cipher_suite().unwrap().suite();
        let suite = format!("{suite:?}");
        assert!(suite.contains("GCM") || suite.contains("CHACHA20"), "{suite}");
        let answer = ask(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        assert!(answer.contains("strict-transport-security: max-age="), "{answer}");
    }
    let client = authority.client(BOTH, &["h2", "http/1.1"]);
    let stream = connect(&node, &client).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()), "HTTP/2 is preferred");
    assert_eq!(stream.get_ref().1.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));

    // A ClientHello of TLS 1.1 (0x0302), with a cipher suite of that time: alert protocol_version.
    let mut old = node.connect().await;
    let random = [7; 32];
    let mut hello = vec![3, 2];
    hello.extend(random);
    hello.extend([0, 0, 4, 0xc0, 0x13, 0x00, 0x2f, 1, 0]);
    let length = u8::try_from(hello.len()).unwrap();
    let mut record = vec![22, 3, 1, 0, length + 4, 1, 0, 0, length];
    record.extend(hello);
    old.write_all(&record).await.unwrap();
    let mut alert = Vec::new();
    old.read_to_end(&mut alert).await.unwrap();
    assert_eq!(alert.first(), Some(&21), "an alert: {alert:?}");
    // handshake_failure or protocol_version, fatal.
    assert!(matches!(alert.get(5..7), Some([2, 40 | 70])), "{alert:?}");

    // Whoever does not even begin is let go in time.
    let mut silent = node.connect().await;
    let mut nothing = Vec::new();
    let read = silent.read_to_end(&mut nothing);
    tokio::time::timeout(Duration::from_secs(30), read).await.expect("handshake limit").unwrap();

    // The whole of a real client: HTTP/2 or 1.1 as it likes, cookies Secure and __Host-.
    let root = reqwest::Certificate::from_pem(authority.pem.as_bytes()).unwrap();
    let http = reqwest::Client::builder().add_root_certificate(root).build().unwrap();
    let page = http.get(format!("https://localhost:{}/sign-in", node.port)).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let cookie = page.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-") && cookie.contains("Secure"), "{cookie}");
}

#[tokio::test(flavor = "multi_thread")]
async fn rfc9113_many_requests_share_a_connection() {
    let directory = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    authority.certify(directory.path());
    let mut node = start_with(directory.path(), &[("COUNTERSIGN__LOG__FILTER", "trace")]).await;
    let stream = connect(&node, &authority.client(BOTH, &["h2"])).await.unwrap();
    let (sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let ask = |method: &str, path: &str, body: Body| {
        let uri = format!("https://localhost:{}{path}", node.port);
        let request = hyper::Request::builder().method(method).uri(uri);
        let form = "application/x-www-form-urlencoded";
        let request = request.header("content-type", form);
        let request = request.header("cookie", "__Host-countersign_session=secret-of-a-cookie");
        let request =
            request.header("authorization", "Bearer secret-of-a-token").body(body).unwrap();
        let mut sender = sender.clone();
        async move {
            let answer = sender.send_request(request).await.unwrap();
            let status = answer.status().as_u16();
            let body = axum::body::to_bytes(Body::new(answer.into_body()), 1 << 20).await.unwrap();
            (status, String::from_utf8(body.to_vec()).unwrap())
        }
    };
    let many = join_all((0..200).map(|_| ask("GET", "/jwks", Body::empty()))).await;
    assert!(many.iter().all(|(status, body)| *status == 200 && body.starts_with("{\"keys\"")));
    let (status, body) = ask("POST", "/token", Body::from("password=secret-of-a-body")).await;
    assert!(status == 401 || status == 400, "{status} {body}");
    let (status, body) = ask("POST", "/token", Body::from(vec![b'a'; 1 << 20])).await;
    assert_eq!(status, 413, "{body}");
    assert_eq!(ask("GET", "/livez", Body::empty()).await.0, 200, "the connection lives on");
    node.signal(Signal::TERM);
    let ended = tokio::time::timeout(Duration::from_secs(30), connection).await;
    ended.expect("GOAWAY").unwrap().unwrap();
    // ASVS 16.2.5, of the libraries that speak TLS and HTTP/2 too.
    node.ends_within(Duration::from_secs(30)).await;
    let log = node.log();
    assert!(log.contains("h2::") && log.contains("rustls"), "they have a lot to say");
    let line = log.lines().find(|line| line.contains("secret-of-a"));
    assert!(line.is_none(), "{line:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_taken_up_without_dropping_a_connection() {
    let directory = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    authority.certify(directory.path());
    let node = start(directory.path()).await;
    let client = authority.client(BOTH, &["http/1.1"]);
    let mut before = connect(&node, &client).await.unwrap();
    ask(&mut before).await;
    let first = serial(before.get_ref().1);

    // Half of a change is no certificate: what serves goes on.
    std::fs::write(directory.path().join("cert.pem"), "nothing").unwrap();
    node.signal(Signal::HUP);
    while !node.log().contains("not read again") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(node.log().contains("server.tls.cert"), "{}", node.log());
    assert_eq!(serial(connect(&node, &client).await.unwrap().get_ref().1), first);

    authority.certify(directory.path());
    node.signal(Signal::HUP);
    while !node.log().contains("was read again") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let after = connect(&node, &client).await.unwrap();
    let second = serial(after.get_ref().1);
    assert_ne!(second, first);
    // And without being told, some seconds after both files have changed.
    authority.certify(directory.path());
    let changed = async {
        while [&first, &second]
            .contains(&&serial(connect(&node, &client).await.unwrap().get_ref().1))
        {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), changed).await.expect("it looks by itself");
    assert!(ask(&mut before).await.starts_with("HTTP/1.1 200 OK"), "the old one lives on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_cannot_be_used_is_named_by_its_key() {
    let directory = tempfile::tempdir().unwrap();
    let (ours, theirs) = (Authority::new(), tempfile::tempdir().unwrap());
    ours.certify(directory.path());
    ours.certify(theirs.path());
    std::fs::write(directory.path().join("empty.pem"), "").unwrap();
    let other_key = theirs.path().join("key.pem");
    let cases = [
        ("none.pem", "key.pem", "server.tls.cert"),
        ("empty.pem", "key.pem", "server.tls.cert"),
        ("cert.pem", "none.pem", "server.tls.key"),
        ("cert.pem", "cert.pem", "server.tls.key"),
        ("cert.pem", other_key.to_str().unwrap(), "server.tls.key"),
    ];
    for (cert, key, named) in cases {
        for command in [&["config", "check"][..], &["serve"]] {
            let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_countersign"))
                .args(command)
                .current_dir(directory.path())
                .env("COUNTERSIGN__SERVER__TLS__CERT", cert)
                .env("COUNTERSIGN__SERVER__TLS__KEY", key)
                .env("COUNTERSIGN__SERVER__PUBLIC_URL", "https://localhost")
                .output()
                .await
                .unwrap();
            let words = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success() && words.contains(named), "{cert}, {key}: {words}");
        }
    }
}
