//! Who asks, and from where.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::origin;
use super::wrong::{Telling, Wrong};
use crate::app::{Facts, RequestId, Shared, bearer, cookies};
use crate::core::callers::{Caller, Presented};
use crate::core::sessions::{Held, Place};
use crate::core::{Refusal, Secret};

/// The cookie of a short access token.
pub const ACCESS_COOKIE: &str = "access_token";
/// The cookie of the refresh token beside it.
pub const REFRESH_COOKIE: &str = "refresh_token";

/// A request, as every handler needs it.
pub struct Asked {
    /// Milliseconds since the Unix epoch.
    pub now: i64,
    pub place: Place,
    pub telling: Telling,
    /// The session's cookie.
    pub session: Option<Secret>,
    /// The cookies of a pair.
    pub access: Option<Secret>,
    pub refresh: Option<Secret>,
    pub is_https: bool,
}

impl FromRequestParts<Shared> for Asked {
    type Rejection = Wrong;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Wrong> {
        let telling = Telling::of(&parts.headers, parts.extensions.get::<RequestId>());
        let Facts { now, place, session, is_https, .. } = Facts::of(parts, app);
        let place = Place { language: telling.language, ..place };
        let cookie = |name| cookies::read(&parts.headers, name).map(Secret::new);
        let (access, refresh) = (cookie(ACCESS_COOKIE), cookie(REFRESH_COOKIE));
        Ok(Self { now, place, telling, session, access, refresh, is_https })
    }
}

impl Asked {
    /// All by which the browser is somebody's already.
    pub fn held(&self) -> Held<'_> {
        Held {
            session: self.session.as_ref(),
            access: self.access.as_ref(),
            refresh: self.refresh.as_ref(),
        }
    }
}

/// Whoever asks, with a credential that is good.
pub struct Known(pub Caller);

impl FromRequestParts<Shared> for Known {
    type Rejection = Wrong;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Wrong> {
        let MaybeKnown(caller) = MaybeKnown::from_request_parts(parts, app).await?;
        caller.map(Self).ok_or_else(|| Refusal::NotSignedIn.into())
    }
}

/// Whoever asks, if there is a credential at all.
pub struct MaybeKnown(pub Option<Caller>);

impl FromRequestParts<Shared> for MaybeKnown {
    type Rejection = Wrong;

    async fn from_request_parts(parts: &mut Parts, app: &Shared) -> Result<Self, Wrong> {
        let shown = presented(&parts.headers, app.config.server.is_https())?;
        let caller = app.core.caller(&shown, app.core.clock().now()).await?;
        let by_cookie = caller.as_ref().is_some_and(|caller| caller.by_cookie);
        if by_cookie && !parts.method.is_safe() && !origin::is_own(app, &parts.headers) {
            return Err(Wrong::CrossSite);
        }
        Ok(Self(caller))
    }
}

/// The token of the `Authorization` header. A header that cannot be read fails closed: it is not as if
/// it were not there.
pub fn bearer_of(headers: &HeaderMap) -> Result<Option<Secret>, Refusal> {
    bearer::token(headers).map_err(|_| Refusal::CredentialInvalid)
}

fn presented(headers: &HeaderMap, is_https: bool) -> Result<Presented, Wrong> {
    let unreadable = || Wrong::from(Refusal::CredentialInvalid);
    let mut keys = headers.get_all("x-api-key").iter();
    let api_key = match (keys.next(), keys.next()) {
        (None, _) => None,
        (Some(key), None) => Some(Secret::new(key.to_str().map_err(|_| unreadable())?)),
        (Some(_), Some(_)) => return Err(unreadable()),
    };
    Ok(Presented {
        bearer: bearer_of(headers)?,
        api_key,
        access_cookie: cookies::read(headers, ACCESS_COOKIE).map(Secret::new),
        session_cookie: cookies::read_token(headers, &cookies::name(cookies::SESSION, is_https)),
    })
}
