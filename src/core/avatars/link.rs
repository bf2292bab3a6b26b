//! Links to pictures: made afresh whenever a person is read, good for seven days, for whoever has one.

use crate::core::accounts::Account;
use crate::core::refusal::OrFault as _;
use crate::core::sessions::Owner;
use crate::core::{Core, Failure, Refusal, picture};
use crate::jose::digest;

use super::LINK_LIFETIME;

/// Where pictures that lie in a folder are shown; the key comes after it.
pub const MEDIA: &str = "/media";

/// A picture that is ours to show.
#[derive(Debug)]
pub struct Media {
    pub bytes: Vec<u8>,
    /// What its bytes are, whatever anybody said.
    pub media_type: &'static str,
}

impl Core {
    /// Where the picture of this person is, if there is one: a fresh link to ours, or the address that
    /// they gave.
    pub async fn picture_link(&self, account: &Account, now: i64) -> Option<String> {
        let Some(key) = &account.picture_key else { return account.claims.picture.clone() };
        match self.blobs.link(key, LINK_LIFETIME, now).await {
            Ok(Some(link)) => Some(link),
            Ok(None) => Some(self.own_link(key, now)),
            Err(error) => {
                tracing::error!(account.id = %account.id, %error, "avatars.link");
                None
            }
        }
    }

    /// The picture that whoever is signed in gave us to keep, if there is one.
    ///
    /// # Errors
    /// A fault.
    pub async fn own_picture(&self, owner: Owner<'_>) -> Result<Option<Media>, Failure> {
        let Some(key) = &owner.account.picture_key else { return Ok(None) };
        self.keepsake(key).await
    }

    async fn keepsake(&self, key: &str) -> Result<Option<Media>, Failure> {
        let bytes = self.blobs.get(key).await.or_fault("read a picture")?;
        Ok(bytes.and_then(|bytes| {
            picture::media_type(&bytes).map(|media_type| Media { bytes, media_type })
        }))
    }

    fn own_link(&self, key: &str, now: i64) -> String {
        let lifetime = i64::try_from(LINK_LIFETIME.as_secs()).unwrap_or_default();
        let expires = now / 1000 + lifetime;
        let signature = self.media_signature(key, expires);
        format!("{}{MEDIA}/{key}?expires={expires}&signature={signature}", self.rules.issuer)
    }

    fn media_signature(&self, key: &str, expires: i64) -> String {
        digest::hmac(&self.media_key, &[key.as_bytes(), &expires.to_be_bytes()])
    }

    /// The picture that a link of ours leads to; none if it is gone. `expires` is in seconds.
    ///
    /// # Errors
    /// [`Refusal::MediaLinkInvalid`] when the link is not ours or too old.
    pub async fn media(
        &self,
        key: &str,
        expires: i64,
        signature: &str,
        now: i64,
    ) -> Result<Option<Media>, Failure> {
        let ours = self.media_signature(key, expires);
        if !digest::equal(ours.as_bytes(), signature.as_bytes()) || expires <= now / 1000 {
            return Err(Refusal::MediaLinkInvalid.into());
        }
        self.keepsake(key).await
    }
}
