use axum::body::Bytes;

use crate::config::{Branding, ConfigError};
use crate::core::picture;

/// What the operator put on the pages, read once.
pub struct Brand {
    pub name: String,
    /// The logo's bytes and media type.
    pub logo: Option<(Bytes, &'static str)>,
    pub theme: Option<Bytes>,
}

impl Brand {
    /// Reads the files.
    ///
    /// # Errors
    /// The key of a file that cannot be read, or is no picture.
    pub(super) fn load(branding: &Branding) -> Result<Self, ConfigError> {
        let read = |key: &str, path: &std::path::Path| {
            if path.as_os_str().is_empty() {
                return Ok(None);
            }
            match std::fs::read(path) {
                Ok(bytes) if bytes.len() <= 1024 * 1024 => Ok(Some(Bytes::from(bytes))),
                Ok(_) => Err(ConfigError::wrong(key, "expected a file of at most 1 MiB")),
                Err(error) => Err(ConfigError::wrong(key, format!("expected a file: {error}"))),
            }
        };
        let typed = |bytes: Bytes| match media_type(&bytes) {
            Some(media_type) => Ok((bytes, media_type)),
            None => Err(ConfigError::wrong(
                "branding.logo",
                "expected a PNG, JPEG, GIF, WebP or SVG picture",
            )),
        };
        let logo = read("branding.logo", &branding.logo)?.map(typed).transpose()?;
        Ok(Self {
            name: branding.name.clone(),
            logo,
            theme: read("branding.theme", &branding.theme)?,
        })
    }
}

/// An operator's own logo may be an SVG too.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    picture::media_type(bytes).or_else(|| {
        let text = std::str::from_utf8(bytes).ok()?.trim_start();
        let is_svg =
            text.starts_with("<svg") || (text.starts_with("<?xml") && text.contains("<svg"));
        is_svg.then_some("image/svg+xml")
    })
}
