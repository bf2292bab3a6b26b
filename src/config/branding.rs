use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ConfigError;

/// `[branding]`: what an operator puts on the pages.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Branding {
    /// The name at the foot of every page.
    pub name: String,
    /// A PNG, JPEG, GIF, WebP or SVG file in place of our mark. Empty: ours.
    pub logo: PathBuf,
    /// A CSS file that sets the custom properties of `style.css` anew. Empty: none.
    pub theme: PathBuf,
}

impl Default for Branding {
    fn default() -> Self {
        Self { name: "Countersign".to_owned(), logo: PathBuf::new(), theme: PathBuf::new() }
    }
}

impl Branding {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.name.trim().is_empty() || self.name.chars().count() > 60 {
            return Err(ConfigError::wrong("branding.name", "expected 1 to 60 characters"));
        }
        for (key, path) in [("branding.logo", &self.logo), ("branding.theme", &self.theme)] {
            if !path.as_os_str().is_empty() && !path.is_file() {
                return Err(ConfigError::wrong(key, "expected the path of a file that is there"));
            }
        }
        Ok(())
    }
}
