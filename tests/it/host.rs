//! Somebody else's host: it serves a few documents, with or without TLS, and counts who asks.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder, X509Ref};

#[derive(Default)]
struct Shelf {
    documents: Mutex<HashMap<String, String>>,
    asked: AtomicU32,
}

/// A host that runs as long as the test does.
pub struct Host {
    pub origin: String,
    /// The authority that its certificate is from; empty without TLS.
    pub authority: String,
    shelf: Arc<Shelf>,
}

impl Host {
    pub fn http() -> Self {
        Self::start("http", String::new(), |stream, shelf| serve(stream, &shelf))
    }

    pub fn https() -> Self {
        let (authority, certificate, key) = certificates();
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
        acceptor.set_certificate(&certificate).unwrap();
        acceptor.set_private_key(&key).unwrap();
        let acceptor = acceptor.build();
        let pem = String::from_utf8(authority.to_pem().unwrap()).unwrap();
        Self::start("https", pem, move |stream, shelf| {
            if let Ok(stream) = acceptor.accept(stream) {
                serve(stream, &shelf);
            }
        })
    }

    fn start(
        scheme: &str,
        authority: String,
        each: impl Fn(std::net::TcpStream, Arc<Shelf>) + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("{scheme}://{}", listener.local_addr().unwrap());
        let shelf = Arc::new(Shelf::default());
        let served = shelf.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                each(stream.unwrap(), served.clone());
            }
        });
        Self { origin, authority, shelf }
    }

    /// Puts a document there, or another in its place; its URL.
    pub fn put(&self, path: &str, document: &(impl ToString + ?Sized)) -> String {
        self.shelf.documents.lock().unwrap().insert(path.to_owned(), document.to_string());
        format!("{}{path}", self.origin)
    }

    /// Requests so far, those for nothing included.
    pub fn asked(&self) -> u32 {
        self.shelf.asked.load(Ordering::Relaxed)
    }

    /// What a house must be told to trust this host.
    pub fn outbound(&self, directory: &std::path::Path) -> String {
        let file = directory.join("authority.pem");
        std::fs::write(&file, &self.authority).unwrap();
        format!(
            "[outbound]\nallow_private = [\"127.0.0.1/32\"]\nextra_ca = \"{}\"\n",
            file.display()
        )
    }
}

fn serve(mut stream: impl Read + Write, shelf: &Shelf) {
    let mut head = Vec::new();
    let mut reader = BufReader::new(&mut stream);
    while !head.ends_with(b"\r\n\r\n") {
        if reader.read_until(b'\n', &mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    shelf.asked.fetch_add(1, Ordering::Relaxed);
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let document = shelf.documents.lock().unwrap().get(&path).cloned();
    let (status, body) = document.map_or(("404 Not Found", String::new()), |text| ("200 OK", text));
    let length = body.len();
    let answer =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
    stream.write_all(answer.as_bytes()).ok();
    stream.flush().ok();
}

fn key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// An authority of its own, and a certificate for 127.0.0.1.
fn certificates() -> (X509, X509, PKey<Private>) {
    let (root, leaf) = (key(), key());
    let authority = certificate("test authority", &root, None, &root);
    let certificate = certificate("127.0.0.1", &leaf, Some(&authority), &root);
    (authority, certificate, leaf)
}

fn certificate(
    name: &str,
    key: &PKey<Private>,
    issuer: Option<&X509Ref>,
    signer: &PKey<Private>,
) -> X509 {
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    let subject = subject.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(64, openssl::bn::MsbOption::ONE, false).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(issuer.map_or(&subject, X509Ref::subject_name)).unwrap();
    builder.set_pubkey(key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
    let mut constraints = BasicConstraints::new();
    constraints.critical();
    if issuer.is_none() {
        constraints.ca();
    }
    builder.append_extension(constraints.build().unwrap()).unwrap();
    if issuer.is_some() {
        let context = builder.x509v3_context(issuer, None);
        let names = SubjectAlternativeName::new().ip("127.0.0.1").build(&context).unwrap();
        builder.append_extension(names).unwrap();
    }
    builder.sign(signer, MessageDigest::sha256()).unwrap();
    builder.build()
}
