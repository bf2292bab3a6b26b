use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::hkdf;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::{Sealer, random};

const FILE: &str = "key-encryption-key";

/// The key-encryption key: 256 random bits in a file that only its owner may read. Every other key
/// is derived from it (HKDF, RFC 5869) or encrypted with one that is.
pub struct Kek(Zeroizing<[u8; 32]>);

/// Why the key-encryption key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KekError {
    #[error(
        "{path}: others can read it (mode {mode:o}); make it yours alone: chmod 600 {path}",
        path = path.display()
    )]
    Readable { path: PathBuf, mode: u32 },
    #[error(
        "{path}: missing, but the database holds signing keys encrypted with it; \
         restore it from the backup (without it those keys are lost)",
        path = path.display()
    )]
    Missing { path: PathBuf },
    #[error("{path}: not a key-encryption key (43 characters of base64url)", path = path.display())]
    Malformed { path: PathBuf },
    #[error("{path}: {source}", path = path.display())]
    Io { path: PathBuf, source: std::io::Error },
}

impl Kek {
    /// Reads the key from `directory`, or makes it there, unless `must_exist` because something is
    /// encrypted with it already. Two processes that make it at once end up with the same one.
    ///
    /// # Errors
    /// See [`KekError`].
    pub fn open(directory: &Path, must_exist: bool) -> Result<Self, KekError> {
        let path = directory.join(FILE);
        match File::open(&path) {
            Ok(file) => Self::read(file, path),
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(KekError::Io { path, source: error })
            }
            Err(_) if must_exist => Err(KekError::Missing { path }),
            Err(_) => {
                make(directory, &path)
                    .map_err(|source| KekError::Io { path: path.clone(), source })?;
                let file = File::open(&path)
                    .map_err(|source| KekError::Io { path: path.clone(), source })?;
                Self::read(file, path)
            }
        }
    }

    fn read(mut file: File, path: PathBuf) -> Result<Self, KekError> {
        let io = |source| KekError::Io { path: path.clone(), source };
        let mode = file.metadata().map_err(io)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KekError::Readable { path, mode });
        }
        let mut text = Zeroizing::new(String::new());
        file.read_to_string(&mut text).map_err(io)?;
        let mut key = Zeroizing::new([0; 32]);
        match URL_SAFE_NO_PAD.decode_slice(text.trim_end(), key.as_mut()) {
            Ok(32) => Ok(Self(key)),
            _ => Err(KekError::Malformed { path }),
        }
    }

    /// A key for one purpose.
    #[must_use]
    pub fn derive(&self, purpose: &'static str) -> [u8; 32] {
        let mut out = [0; 32];
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"countersign");
        let filled = salt
            .extract(self.0.as_ref())
            .expand(&[purpose.as_bytes()], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut out));
        // HKDF refuses only outputs longer than 255 hashes (RFC 5869 §2.3); this one is one hash.
        if filled.is_err() {
            std::process::abort();
        }
        out
    }

    /// What seals values for one purpose.
    #[must_use]
    pub fn sealer(&self, purpose: &'static str) -> Sealer {
        Sealer::new(self.derive(purpose))
    }
}

/// Writes a new key beside its place and links it there, which fails if another process was first:
/// nobody ever reads a half-written key, and nobody's key is replaced.
fn make(directory: &Path, path: &Path) -> std::io::Result<()> {
    if !directory.exists() {
        std::fs::create_dir_all(directory)?;
        std::fs::set_permissions(directory, Permissions::from_mode(0o700))?;
    }
    let draft = directory.join(random::named(&format!(".{FILE}-")));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let text = Zeroizing::new(URL_SAFE_NO_PAD.encode(*Zeroizing::new(random::bytes::<32>())));
    let linked = writeln!(file, "{}", *text)
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::hard_link(&draft, path));
    std::fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        Ok(()) => File::open(directory)?.sync_all(),
    }
}
