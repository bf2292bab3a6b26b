//! TLS in the process: rustls with aws-lc, which has TLS 1.2 and 1.3 and, of 1.2, nothing but ECDHE
//! with AES-GCM or ChaCha20-Poly1305 (BCP 195, RFC 9325 §3.1.1, §4.2).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use tokio::net::TcpStream;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::{Accept, TlsAcceptor};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(2);

/// The certificate and its key, as they were when they were last read.
pub struct Tls {
    cert: PathBuf,
    key: PathBuf,
    config: ArcSwap<ServerConfig>,
}

/// The file that cannot be used, by its key in the configuration.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct TlsError {
    pub key: &'static str,
    path: PathBuf,
    why: String,
}

impl Tls {
    /// Reads a PEM file of the certificate, the issuer's after it, and a PEM file of its key.
    ///
    /// # Errors
    /// A file that cannot be read, holds something else, or does not belong to the other.
    pub fn open(cert: &Path, key: &Path) -> Result<Arc<Self>, TlsError> {
        let config = ArcSwap::new(read(cert, key)?);
        Ok(Arc::new(Self { cert: cert.to_owned(), key: key.to_owned(), config }))
    }

    pub(super) fn accept(&self, stream: TcpStream) -> Accept<TcpStream> {
        TlsAcceptor::from(self.config.load_full()).accept(stream)
    }

    /// Reads the files again. Connections that are open keep what they began with; where the new
    /// files cannot be used, so do all others.
    pub fn reload(&self) {
        match read(&self.cert, &self.key) {
            Ok(config) => {
                self.config.store(config);
                tracing::info!("serve.tls: the certificate was read again");
            }
            Err(error) => tracing::error!(key = error.key, %error, "serve.tls: not read again"),
        }
    }

    /// Follows the files until the returned handle is aborted.
    #[must_use]
    pub fn follow(self: &Arc<Self>) -> tokio::task::JoinHandle<()> {
        let tls = Arc::clone(self);
        tokio::spawn(async move {
            let mut known = tls.changed();
            let mut candidate = known;
            loop {
                tokio::time::sleep(LOOK).await;
                let now = tls.changed();
                // Both files are in place once neither has changed between two looks.
                if now != known && now == candidate {
                    known = now;
                    tls.reload();
                }
                candidate = now;
            }
        })
    }

    fn changed(&self) -> [Option<SystemTime>; 2] {
        let time = |path: &Path| std::fs::metadata(path).and_then(|about| about.modified()).ok();
        [time(&self.cert), time(&self.key)]
    }
}

fn read(cert: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let of = |key: &'static str, path: &Path| {
        let path = path.to_owned();
        move |why: String| TlsError { key, path, why }
    };
    let (bad_cert, bad_key) = (of("server.tls.cert", cert), of("server.tls.key", key));
    let chain =
        CertificateDer::pem_file_iter(cert).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = match chain {
        Ok(chain) if chain.is_empty() => return Err(bad_cert("holds no certificate".to_owned())),
        Ok(chain) => chain,
        Err(error) => return Err(bad_cert(error.to_string())),
    };
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| bad_key(error.to_string()))?;
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, private);
    let mut config = config.map_err(|error| of("server.tls.key", key)(error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
