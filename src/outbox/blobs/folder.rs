//! Objects as files.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::BlobError;

pub struct Folder(pub PathBuf);

impl Folder {
    pub async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), BlobError> {
        let (base, path) = (self.0.clone(), self.0.join(key));
        run(move || store(&base, &path, &bytes)).await
    }

    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, BlobError> {
        let path = self.0.join(key);
        run(move || unless_missing(std::fs::read(path))).await
    }

    pub async fn remove(&self, key: &str) -> Result<(), BlobError> {
        let path = self.0.join(key);
        run(move || unless_missing(std::fs::remove_file(path)).map(drop)).await
    }
}

async fn run<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, BlobError> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(std::io::Error::other)??)
}

fn unless_missing<T>(outcome: std::io::Result<T>) -> std::io::Result<Option<T>> {
    match outcome {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        other => other.map(Some),
    }
}

/// Written beside its place, made durable, and moved there: who reads sees whole objects alone, and
/// what was acknowledged outlives a power cut. A draft's name begins with a dot, which no key has.
fn store(base: &Path, path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let wrong = || std::io::Error::from(ErrorKind::InvalidInput);
    let folder = path.parent().ok_or_else(wrong)?;
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(wrong)?;
    for folder in [base, folder] {
        if !folder.exists() {
            std::fs::create_dir_all(folder)?;
            // Pictures are for those who were given a link.
            std::fs::set_permissions(folder, Permissions::from_mode(0o700))?;
        }
    }
    let draft = folder.join(format!(".{name}"));
    let written = write(&draft, bytes).and_then(|()| std::fs::rename(&draft, path));
    if written.is_err() {
        std::fs::remove_file(&draft).ok();
    }
    written?;
    File::open(folder)?.sync_all()
}

fn write(draft: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(draft)?;
    file.write_all(bytes)?;
    file.sync_all()
}
