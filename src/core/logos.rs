//! The logos of clients. Pages load nothing from other hosts, so the server fetches them, and keeps
//! them for a while.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;

use super::{Core, picture};
use crate::outbox::{Fetcher, Trust};

/// How long a logo, or the lack of one, is remembered.
const LIFETIME: Duration = Duration::from_mins(10);
/// Logos held at once, in bytes.
const MOST: u64 = 16 * 1024 * 1024;

/// A picture and its media type.
#[derive(Clone, Debug)]
pub struct Logo {
    pub bytes: Arc<[u8]>,
    pub media_type: &'static str,
}

pub(super) type Logos = Cache<String, Option<Logo>>;

pub(super) fn cache() -> Logos {
    Cache::builder()
        .max_capacity(MOST)
        .weigher(|_, logo: &Option<Logo>| {
            let bytes = logo.as_ref().map_or(0, |logo| logo.bytes.len());
            u32::try_from(bytes + 256).unwrap_or(u32::MAX)
        })
        .time_to_live(LIFETIME)
        .build()
}

impl Core {
    /// The logo of a client that has one: a PNG, JPEG, GIF or WebP at its `logo_uri`. However many
    /// ask at once, it is fetched once.
    pub async fn logo(&self, client_id: &str, now: i64) -> Option<Logo> {
        let client = self.find_client(client_id, now).await.ok()??;
        let uri = client.metadata.logo_uri.clone()?;
        let trust = self.trust_in(&client);
        let fetcher = Arc::clone(&self.fetcher);
        // By client and address: what a stranger may not fetch, another client's copy does not show.
        let name = format!("{} {uri}", client.id);
        self.logos.get_with(name, fetch(fetcher, client.id.clone(), uri, trust)).await
    }
}

async fn fetch(fetcher: Arc<Fetcher>, client: String, uri: String, trust: Trust) -> Option<Logo> {
    let bytes = match fetcher.get(&uri, trust).await {
        Ok(bytes) => bytes,
        Err(error) => {
            tracing::warn!(client.id = client, %error, "logos.fetch");
            return None;
        }
    };
    let Some(media_type) = picture::media_type(&bytes) else {
        tracing::warn!(client.id = client, "logos.fetch: not a PNG, JPEG, GIF or WebP picture");
        return None;
    };
    Some(Logo { bytes: bytes.into(), media_type })
}
