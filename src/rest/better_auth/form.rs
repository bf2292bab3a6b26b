//! The body of `PATCH /v1/user/update`, in any of the three forms that it comes in.

use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::http::StatusCode;

use crate::app::Shared;
use crate::rest::fields::{Fields, essence};
use crate::rest::wrong::Wrong;

/// A picture of 5 MB, and what stands around it.
const LIMIT: usize = 6 * 1024 * 1024;

/// What this body may have in place of the room's own limit.
pub fn limit() -> DefaultBodyLimit {
    DefaultBodyLimit::max(LIMIT)
}

/// What was sent.
pub struct Form {
    pub fields: Fields,
    /// Of the field `image`.
    pub file: Option<Vec<u8>>,
}

impl FromRequest<Shared> for Form {
    type Rejection = Wrong;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Wrong> {
        match essence(request.headers()).as_str() {
            "application/json" => {
                Ok(Self { fields: Fields::from_request(request, app).await?, file: None })
            }
            "application/x-www-form-urlencoded" => {
                let body = Bytes::from_request(request, app).await;
                let body = body.map_err(|rejection| unreadable(rejection.status()))?;
                Ok(Self { fields: Fields::of_pairs(form_urlencoded::parse(&body))?, file: None })
            }
            "multipart/form-data" => {
                let parts = Multipart::from_request(request, app).await;
                parse(parts.map_err(|_| Wrong::Malformed)?).await
            }
            _ => Err(Wrong::MediaType),
        }
    }
}

/// RFC 7578.
async fn parse(mut parts: Multipart) -> Result<Form, Wrong> {
    let broken = |error: MultipartError| unreadable(error.status());
    let (mut texts, mut file) = (Vec::new(), None);
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let Some(name) = part.name().map(str::to_owned) else { continue };
        let is_file = part.file_name().is_some();
        let bytes = part.bytes().await.map_err(broken)?;
        if !is_file {
            let text = std::str::from_utf8(&bytes).map_err(|_| Wrong::Malformed)?;
            texts.push((name, text.to_owned()));
        } else if name == "image" && !bytes.is_empty() {
            // A browser sends an empty file where the person chose none.
            if file.replace(bytes.to_vec()).is_some() {
                return Err(Wrong::Malformed);
            }
        }
    }
    let fields = Fields::of_pairs(texts)?;
    if file.is_some() && fields.has("image") {
        return Err(Wrong::Malformed);
    }
    Ok(Form { fields, file })
}

fn unreadable(status: StatusCode) -> Wrong {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Wrong::TooLarge,
        _ => Wrong::Malformed,
    }
}
