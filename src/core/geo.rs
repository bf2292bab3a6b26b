//! Where an address is, as a file that the operator keeps says. It is a guess that helps people to tell
//! their sessions apart; nothing is decided by it.

use std::net::IpAddr;
use std::path::Path;

use maxminddb::Reader;
use serde::Deserialize;

use super::Core;
use crate::config::ConfigError;

/// A place on the map, as far as the file knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// In English.
    pub city: Option<String>,
    /// A name of the IANA time zone database.
    pub timezone: Option<String>,
}

/// The file, in memory.
pub(super) struct Atlas(Option<Reader<Vec<u8>>>);

/// What is read of a record; files of all publishers name it so.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Record {
    country: Country,
    city: City,
    location: Zone,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Country {
    iso_code: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct City {
    names: Names,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Names {
    en: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Zone {
    time_zone: Option<String>,
}

impl Atlas {
    /// Reads the file; an empty path is none, and every place unknown.
    ///
    /// # Errors
    /// The key of a file that cannot be read or is of another format.
    pub(super) fn open(path: &Path) -> Result<Self, ConfigError> {
        if path.as_os_str().is_empty() {
            return Ok(Self(None));
        }
        let expected = |error| format!("expected a file in MaxMind's DB format: {error}");
        let reader = Reader::open_readfile(path)
            .map_err(|error| ConfigError::wrong("geoip.database", expected(error)))?;
        Ok(Self(Some(reader)))
    }

    fn find(&self, ip: IpAddr) -> Option<Location> {
        // An address of a kind that the file does not have is an error there: nowhere, too.
        let record: Record = self.0.as_ref()?.lookup(ip).ok()?.decode().ok()??;
        Some(Location {
            country: record.country.iso_code,
            city: record.city.names.en,
            timezone: record.location.time_zone,
        })
    }
}

impl Core {
    /// Where an address is.
    #[must_use]
    pub fn locate(&self, ip: &str) -> Location {
        ip.parse().ok().and_then(|ip| self.atlas.find(ip)).unwrap_or_default()
    }
}
