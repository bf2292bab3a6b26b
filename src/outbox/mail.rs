//! Mail: how it is written down (RFC 5322) and where it is handed over.

use std::error::Error as _;
use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

/// The whole dialogue with a mail server takes no longer.
const WHOLE: Duration = Duration::from_mins(1);
/// One of its steps.
const STEP: Duration = Duration::from_secs(15);

/// What a person is to read.
#[derive(Serialize, Deserialize)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Where mail is handed over. Holds the password of the mail server and so has no `Debug`.
pub enum Route {
    /// Each mail becomes a file in this folder.
    Folder(PathBuf),
    Smtp(Server),
}

/// A mail server.
pub struct Server {
    host: String,
    port: u16,
    encryption: Encryption,
    credentials: Option<Credentials>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encryption {
    /// From the first byte (RFC 8314 §3.3).
    Implicit,
    /// STARTTLS (RFC 3207), or no mail.
    Required,
    Opportunistic,
    None,
}

/// What a route must look like.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongRoute(&'static str);

impl Route {
    /// Reads `outbox:FOLDER`, `smtp://USER:PASSWORD@HOST:PORT` or `smtps://…`.
    ///
    /// # Errors
    /// What was expected; what was found may hold a password and is not repeated.
    pub fn parse(text: &str) -> Result<Self, WrongRoute> {
        if let Some(folder) = text.strip_prefix("outbox:") {
            let folder = folder.strip_prefix("//").unwrap_or(folder);
            if folder.is_empty() {
                return Err(WrongRoute("expected a folder, such as outbox:data/outbox"));
            }
            return Ok(Self::Folder(PathBuf::from(folder)));
        }
        let wrong = WrongRoute(
            "expected outbox:FOLDER, smtp://USER:PASSWORD@HOST:PORT or smtps://USER:PASSWORD@HOST:PORT",
        );
        let Ok(url) = Url::parse(text) else { return Err(wrong) };
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else { return Err(wrong) };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(wrong);
        }
        let is_near = matches!(host, "localhost" | "[::1]") || host.starts_with("127.");
        let tls = match url.query() {
            None => None,
            Some(query) => match query.strip_prefix("tls=") {
                Some(tls @ ("required" | "opportunistic" | "none")) => Some(tls),
                _ => return Err(WrongRoute("expected tls=required, opportunistic or none")),
            },
        };
        let (encryption, port) = match (url.scheme(), tls) {
            ("smtps", None) => (Encryption::Implicit, 465),
            // Nobody listens in between on one and the same machine.
            ("smtp", None) if is_near => (Encryption::Opportunistic, 587),
            ("smtp", None | Some("required")) => (Encryption::Required, 587),
            ("smtp", Some("opportunistic")) => (Encryption::Opportunistic, 587),
            ("smtp", Some(_)) => (Encryption::None, 587),
            _ => return Err(wrong),
        };
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let credentials = (!url.username().is_empty()).then(|| {
            let password = url.password().unwrap_or_default();
            Credentials::new(decode(url.username()), decode(password))
        });
        let is_open = matches!(encryption, Encryption::None | Encryption::Opportunistic);
        if credentials.is_some() && is_open && !is_near {
            let why = "expected tls=required: a password is not sent where others can read it";
            return Err(WrongRoute(why));
        }
        let host = host.trim_matches(['[', ']']).to_owned();
        Ok(Self::Smtp(Server { host, port: url.port().unwrap_or(port), encryption, credentials }))
    }
}

/// Why a mail was not handed over. Names no address and nothing that stands in the mail.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the address cannot be written to")]
    Address,
    #[error("it was sealed with another key")]
    Unreadable,
    #[error("the mail could not be written down: {0}")]
    Message(#[from] lettre::error::Error),
    #[error("the outbox folder: {0}")]
    Folder(#[from] std::io::Error),
    #[error("{0}")]
    Server(String),
}

impl MailError {
    /// Whether another try would come to the same.
    #[must_use]
    pub fn is_final(&self) -> bool {
        match self {
            Self::Address | Self::Message(_) => true,
            // Another node may have the key.
            Self::Unreadable | Self::Folder(_) | Self::Server(_) => false,
        }
    }
}

/// Hands mail over.
pub struct Post {
    from: Mailbox,
    way: Way,
}

enum Way {
    Folder(PathBuf),
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
}

/// Whom mail is from.
pub struct Sender(Mailbox);

impl Sender {
    /// Reads `Name <address>`, or an address.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(text: &str) -> Result<Self, WrongRoute> {
        let wrong = WrongRoute("expected an address, such as Acme <no-reply@example.com>");
        text.parse().map(Self).map_err(|_| wrong)
    }
}

impl Post {
    /// `extra_ca` is a PEM file of further certificate authorities; an empty path names none.
    ///
    /// # Errors
    /// The PEM file cannot be read.
    pub fn open(route: Route, from: Sender, extra_ca: &Path) -> Result<Self, MailError> {
        let way = match route {
            Route::Folder(folder) => Way::Folder(folder),
            Route::Smtp(server) => Way::Smtp(connect(server, extra_ca)?),
        };
        Ok(Self { from: from.0, way })
    }

    /// Hands a mail over. Its `Message-ID` comes of `id` and its `Date` of `written_at`
    /// (milliseconds since the Unix epoch): a mail that is sent twice can be told to be the same.
    ///
    /// # Errors
    /// See [`MailError`].
    pub async fn send(&self, mail: &Mail, id: Uuid, written_at: i64) -> Result<(), MailError> {
        let message = self.write(mail, id, written_at)?;
        match &self.way {
            Way::Folder(folder) => {
                let (folder, bytes) = (folder.clone(), message.formatted());
                let name = format!("{id}.eml");
                let stored = tokio::task::spawn_blocking(move || store(&folder, &name, &bytes));
                stored.await.map_err(std::io::Error::other)??;
            }
            Way::Smtp(transport) => {
                let sent = tokio::time::timeout(WHOLE, transport.send(message)).await;
                let late = |_| MailError::Server("the mail server took too long".to_owned());
                sent.map_err(late)?.map_err(|error| MailError::Server(explain(&error)))?;
            }
        }
        Ok(())
    }

    fn write(&self, mail: &Mail, id: Uuid, written_at: i64) -> Result<Message, MailError> {
        // Addresses are parsed and headers encoded: no line break of theirs begins a header.
        let to: Address = mail.to.parse().map_err(|_| MailError::Address)?;
        let since = Duration::from_millis(u64::try_from(written_at).unwrap_or_default());
        let subject: String = mail.subject.chars().filter(|c| !c.is_control()).collect();
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .date(SystemTime::UNIX_EPOCH + since)
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            // RFC 3834 §5: nobody's holiday answers this.
            .raw_header(lettre::message::header::HeaderValue::new(
                lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))?;
        Ok(message)
    }
}

fn connect(
    server: Server,
    extra_ca: &Path,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, MailError> {
    let failed = |error: lettre::transport::smtp::Error| MailError::Server(error.to_string());
    let mut parameters = TlsParameters::builder(server.host.clone());
    if !extra_ca.as_os_str().is_empty() {
        let pem = std::fs::read(extra_ca)?;
        parameters = parameters.add_root_certificate(Certificate::from_pem(&pem).map_err(failed)?);
    }
    let parameters = || parameters.clone().build().map_err(failed);
    let tls = match server.encryption {
        Encryption::Implicit => Tls::Wrapper(parameters()?),
        Encryption::Required => Tls::Required(parameters()?),
        Encryption::Opportunistic => Tls::Opportunistic(parameters()?),
        Encryption::None => Tls::None,
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
        .port(server.port)
        .tls(tls)
        .timeout(Some(STEP));
    if let Some(credentials) = server.credentials {
        builder = builder.credentials(credentials);
    }
    Ok(builder.build())
}

/// A server's answer may repeat the address, so only its code is told.
fn explain(error: &lettre::transport::smtp::Error) -> String {
    match (error.status(), error.source()) {
        (Some(code), _) => format!("the mail server answered {code}"),
        (None, Some(cause)) => format!("the mail server could not be reached: {cause}"),
        (None, None) => "the mail server could not be talked to".to_owned(),
    }
}

/// Written beside its place and moved there: who looks into the folder sees whole mails alone.
fn store(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    if !folder.exists() {
        std::fs::create_dir_all(folder)?;
        // Mail holds links that open accounts.
        std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    let draft = folder.join(format!(".{name}"));
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    std::fs::rename(&draft, folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_goes_only_where_others_cannot_read_it() {
        for good in [
            "outbox:data/outbox",
            "smtp://user:pass@mail.example.com:587",
            "smtps://user:p%40ss@mail.example.com",
            "smtp://user:pass@localhost:1025",
            "smtp://relay:25?tls=none",
        ] {
            assert!(Route::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "outbox:",
            "mail.example.com",
            "smtp://",
            "http://mail.example.com",
            "smtp://user:pass@mail.example.com?tls=none",
            "smtp://user:pass@mail.example.com?tls=opportunistic",
            "smtp://mail.example.com?tls=no",
            "smtps://mail.example.com?tls=none",
            "smtp://mail.example.com/path",
        ] {
            let wrong = Route::parse(bad).err().unwrap_or_else(|| panic!("{bad} passed"));
            assert!(!wrong.to_string().contains("pass@"));
        }
    }

    #[tokio::test]
    async fn peer_cve_2025_7962_no_address_and_no_subject_begins_a_header_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let route = Route::Folder(folder.path().join("outbox"));
        let from = Sender::parse("Acme <no-reply@example.com>").unwrap();
        let post = Post::open(route, from, Path::new("")).unwrap();
        let mail = |to: &str, subject: &str| Mail {
            to: to.to_owned(),
            subject: subject.to_owned(),
            text: "text".to_owned(),
            html: "<p>text</p>".to_owned(),
        };
        for to in ["a@example.com\r\nBcc: b@example.com", "a@example.com, b@example.com"] {
            let sent = post.send(&mail(to, "Hello"), Uuid::nil(), 0).await;
            assert!(matches!(sent, Err(MailError::Address)), "{to}");
        }
        let subject = "Hello\r\nBcc: b@example.com";
        post.send(&mail("a@example.com", subject), Uuid::nil(), 0).await.unwrap();
        let path = folder.path().join("outbox").join(format!("{}.eml", Uuid::nil()));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
        // Letters beyond ASCII are no harm (RFC 6531).
        post.send(&mail("zo\u{eb}@ex\u{e4}mple.com", "Zo\u{eb}"), Uuid::max(), 0).await.unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(path.parent().unwrap()), mode(&path)), (0o700, 0o600));
    }
}
