//! Objects that are kept beside the database, the pictures of people: files in a folder, or objects in
//! a bucket of S3 or of a server that speaks like it.
//!
//! A key is ours and random: two names of letters, digits, `-` and `_`, with a slash in between. No
//! file name of anybody else ever becomes one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

mod folder;
mod s3;

/// Where objects are kept. Holds the credentials of the bucket and so has no `Debug`.
pub enum Depot {
    Folder(PathBuf),
    Bucket(Bucket),
}

/// A bucket, and how it is reached.
pub struct Bucket {
    name: String,
    region: String,
    endpoint: Option<String>,
    /// The bucket's name stands in the path, not before the host.
    force_path_style: bool,
    credentials: Credentials,
}

/// Who asks.
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
}

/// What a depot must look like.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongDepot(&'static str);

impl Depot {
    /// Reads `file:FOLDER` or `s3://BUCKET?region=…&endpoint=…&force_path_style=true`. The region may
    /// also come from elsewhere; the credentials always do.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(
        text: &str,
        region: Option<String>,
        credentials: Option<Credentials>,
    ) -> Result<Self, WrongDepot> {
        if let Some(folder) = text.strip_prefix("file:") {
            let folder = folder.strip_prefix("//").unwrap_or(folder);
            if folder.is_empty() {
                return Err(WrongDepot("expected a folder, such as file:data/media"));
            }
            return Ok(Self::Folder(PathBuf::from(folder)));
        }
        let form = "expected file:FOLDER or s3://BUCKET?region=REGION, with &endpoint=URL and \
                    &force_path_style=true where they are needed";
        let url = Url::parse(text).map_err(|_| WrongDepot(form))?;
        let is_bare = matches!(url.path(), "" | "/")
            && url.fragment().is_none()
            && url.port().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        let name = url.host_str().unwrap_or_default().to_owned();
        if url.scheme() != "s3" || !is_bare {
            return Err(WrongDepot(form));
        }
        if !is_bucket(&name) {
            let expected = "expected a bucket's name: 3 to 63 of a-z, 0-9, - and .";
            return Err(WrongDepot(expected));
        }
        let (mut asked, mut endpoint, mut force_path_style) = (None, None, false);
        for (key, value) in url.query_pairs() {
            match (&*key, &*value) {
                ("region", region) if is_region(region) => asked = Some(region.to_owned()),
                ("endpoint", url) if is_endpoint(url) => endpoint = Some(url.to_owned()),
                ("endpoint", _) => {
                    return Err(WrongDepot("expected an http or https URL as endpoint"));
                }
                ("force_path_style", "true") => force_path_style = true,
                ("force_path_style", "false") => force_path_style = false,
                _ => return Err(WrongDepot(form)),
            }
        }
        // Servers other than Amazon's mostly have no regions, and take this one.
        let usual = endpoint.is_some().then(|| "us-east-1".to_owned());
        let region = asked
            .or(region)
            .or(usual)
            .ok_or(WrongDepot("expected region=REGION in it, or AWS_REGION in the environment"))?;
        let credentials = credentials.ok_or(WrongDepot(
            "expected AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment for s3://",
        ))?;
        Ok(Self::Bucket(Bucket { name, region, endpoint, force_path_style, credentials }))
    }
}

fn is_bucket(name: &str) -> bool {
    let is_end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && bytes.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'))
        && is_end(bytes.first())
        && is_end(bytes.last())
}

fn is_region(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_endpoint(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    })
}

/// Why an object was not kept, found or removed. Names no link and no credential.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("not a key of ours")]
    Key,
    #[error("the storage folder: {0}")]
    Folder(#[from] std::io::Error),
    #[error("the bucket answered {status} {code}")]
    Answer { status: u16, code: String },
    #[error("the bucket could not be reached: {0}")]
    Away(String),
    #[error("outbound.extra_ca: {0}")]
    ExtraCa(std::io::Error),
    #[error("the link could not be signed: {0}")]
    Link(String),
}

impl BlobError {
    /// Whether the same may work in a moment.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Away(_) => true,
            Self::Answer { status, .. } => *status >= 500,
            Self::Key | Self::Folder(_) | Self::ExtraCa(_) | Self::Link(_) => false,
        }
    }
}

/// Keeps objects.
pub struct Blobs(Kind);

enum Kind {
    Folder(folder::Folder),
    Bucket(Box<s3::Client>),
}

impl Blobs {
    /// Nothing is made or asked yet. `extra_ca` is a PEM file of further certificate authorities; an
    /// empty path names none.
    ///
    /// # Errors
    /// The PEM file cannot be read.
    pub fn open(depot: Depot, extra_ca: &Path) -> Result<Self, BlobError> {
        Ok(Self(match depot {
            Depot::Folder(folder) => Kind::Folder(folder::Folder(folder)),
            Depot::Bucket(bucket) => Kind::Bucket(Box::new(s3::Client::open(bucket, extra_ca)?)),
        }))
    }

    /// Keeps an object. When this is answered, it is there to stay.
    ///
    /// # Errors
    /// See [`BlobError`]; part of the object may be there then.
    pub async fn put(
        &self,
        key: &str,
        bytes: Vec<u8>,
        media_type: &'static str,
    ) -> Result<(), BlobError> {
        check_key(key)?;
        match &self.0 {
            Kind::Folder(folder) => folder.put(key, bytes).await,
            Kind::Bucket(client) => client.put(key, bytes, media_type).await,
        }
    }

    /// A link that shows this object to whoever has it until `valid_for` after `now` (milliseconds
    /// since the Unix epoch), seven days at most. None where whoever keeps the objects hands none out:
    /// they are read with [`Blobs::get`]. Nobody is asked; signing is computation alone.
    ///
    /// # Errors
    /// [`BlobError::Key`], [`BlobError::Link`].
    pub async fn link(
        &self,
        key: &str,
        valid_for: Duration,
        now: i64,
    ) -> Result<Option<String>, BlobError> {
        check_key(key)?;
        match &self.0 {
            Kind::Folder(_) => Ok(None),
            Kind::Bucket(client) => client.link(key, valid_for, now).await.map(Some),
        }
    }

    /// An object of the folder. A bucket hands out its own, and none here.
    ///
    /// # Errors
    /// See [`BlobError`].
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, BlobError> {
        check_key(key)?;
        match &self.0 {
            Kind::Folder(folder) => folder.get(key).await,
            Kind::Bucket(_) => Ok(None),
        }
    }

    /// Removes an object. One that is not there is removed already.
    ///
    /// # Errors
    /// See [`BlobError`].
    pub async fn remove(&self, key: &str) -> Result<(), BlobError> {
        check_key(key)?;
        match &self.0 {
            Kind::Folder(folder) => folder.remove(key).await,
            Kind::Bucket(client) => client.remove(key).await,
        }
    }
}

/// No dot, no second slash, nothing to decode: a key leads nowhere but to its own object.
fn check_key(key: &str) -> Result<(), BlobError> {
    let is_name = |name: &str| {
        (1..=64).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    match key.split_once('/') {
        Some((kind, name)) if is_name(kind) && is_name(name) => Ok(()),
        _ => Err(BlobError::Key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        Credentials {
            access_key_id: "id".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: None,
        }
    }

    #[test]
    fn a_depot_says_what_it_needs() {
        let parse = |text: &str| Depot::parse(text, None, Some(credentials()));
        for good in [
            "file:data/media",
            "file:///var/lib/media",
            "s3://acme-pictures?region=eu-west-3",
            "s3://acme?endpoint=http://127.0.0.1:9000&force_path_style=true",
            "s3://acme.example?endpoint=https%3A%2F%2Fminio.example&region=x",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("file:", "a folder"),
            ("data/media", "expected file:FOLDER"),
            ("http://acme", "expected file:FOLDER"),
            ("s3://acme/folder?region=x", "expected file:FOLDER"),
            ("s3://id:secret@acme?region=x", "expected file:FOLDER"),
            ("s3://acme?region=x&acl=public-read", "expected file:FOLDER"),
            ("s3://acme?region=x&force_path_style=yes", "expected file:FOLDER"),
            ("s3://acme", "AWS_REGION"),
            ("s3://Acme?region=x", "bucket's name"),
            ("s3://ab?region=x", "bucket's name"),
            ("s3://acme?endpoint=127.0.0.1:9000", "http or https"),
            ("s3://acme?endpoint=http://id:secret@127.0.0.1:9000", "http or https"),
        ] {
            let wrong = parse(bad).err().unwrap_or_else(|| panic!("{bad} passed")).to_string();
            assert!(wrong.contains(why) && !wrong.contains("secret"), "{bad}: {wrong}");
        }
        assert!(Depot::parse("s3://acme", Some("x".to_owned()), Some(credentials())).is_ok());
        let poor = Depot::parse("s3://acme?region=x", None, None).err().unwrap();
        assert!(poor.to_string().contains("AWS_ACCESS_KEY_ID"));
    }

    #[tokio::test]
    async fn peer_cve_2022_44942_a_key_leads_nowhere_but_to_its_own_object() {
        let base = tempfile::tempdir().unwrap();
        let outside = base.path().join("outside");
        std::fs::write(&outside, "untouched").unwrap();
        let media = base.path().join("media");
        let blobs = Blobs::open(Depot::Folder(media.clone()), Path::new("")).unwrap();
        let long = format!("avatars/{}", "a".repeat(65));
        for bad in [
            "",
            "a",
            "/a",
            "a/",
            "../outside",
            "avatars/../../outside",
            "avatars/..",
            "./outside",
            "avatars/a.png",
            "avatars/a/b",
            "/etc/passwd",
            "avatars//a",
            "avatars/a\0",
            "avatars\\a",
            "avatars/%2e%2e",
            "avatars/\u{e9}",
            &long,
        ] {
            let put = blobs.put(bad, b"x".to_vec(), "image/png").await;
            assert!(matches!(put, Err(BlobError::Key)), "{bad}");
            assert!(matches!(blobs.get(bad).await, Err(BlobError::Key)), "{bad}");
            assert!(matches!(blobs.remove(bad).await, Err(BlobError::Key)), "{bad}");
        }
        assert!(!media.exists());
        assert_eq!(std::fs::read_to_string(&outside).unwrap(), "untouched");
    }

    #[tokio::test]
    async fn a_folder_keeps_whole_objects_that_only_their_owner_reads() {
        use std::os::unix::fs::PermissionsExt as _;
        let base = tempfile::tempdir().unwrap();
        let media = base.path().join("deep/media");
        let blobs = Blobs::open(Depot::Folder(media.clone()), Path::new("")).unwrap();
        assert_eq!(blobs.get("avatars/a-_9").await.unwrap(), None);
        blobs.remove("avatars/a-_9").await.unwrap();
        assert!(!media.exists(), "nothing is made before there is something to keep");
        blobs.put("avatars/a-_9", b"one".to_vec(), "image/png").await.unwrap();
        blobs.put("avatars/a-_9", b"two".to_vec(), "image/png").await.unwrap();
        assert_eq!(blobs.get("avatars/a-_9").await.unwrap().unwrap(), b"two");
        assert_eq!(blobs.link("avatars/a-_9", Duration::from_secs(1), 0).await.unwrap(), None);
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let folder = media.join("avatars");
        assert_eq!(
            (mode(&media), mode(&folder), mode(&folder.join("a-_9"))),
            (0o700, 0o700, 0o600)
        );
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "no draft stays");
        blobs.remove("avatars/a-_9").await.unwrap();
        assert_eq!(blobs.get("avatars/a-_9").await.unwrap(), None);
    }
}
