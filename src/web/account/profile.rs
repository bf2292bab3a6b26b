//! `/account/profile`: what apps may learn of the person, and the picture.

use askama::Template;
use axum::Router;
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde::Deserialize;

use super::{Desk, Section, Signed, beside, done, page};
use crate::app::{Problem, Shared, paths};
use crate::core::Refusal;
use crate::core::accounts::Details;
use crate::web::form::{self, Address, Sent};
use crate::web::page::{FieldProblem, Frame, initial};
use crate::web::reply::Reply;

pub const SECTION: Section =
    Section { path: paths::ACCOUNT_PROFILE, title: "profile-title", lead: "profile-lead", routes };

fn routes() -> Router<Shared> {
    let picture = get(picture).post(set_picture).layer(DefaultBodyLimit::max(LIMIT));
    Router::new()
        .route(paths::ACCOUNT_PROFILE, get(show).post(submit))
        .route(paths::ACCOUNT_PICTURE, picture)
}

const DONE: [(&str, &str); 3] = [
    ("saved", "profile-saved"),
    ("picture", "profile-picture-saved"),
    ("no-picture", "profile-picture-removed"),
];
/// A picture of 5 MB, and what stands around it.
const LIMIT: usize = 6 * 1024 * 1024;

#[derive(Template)]
#[template(path = "account/profile.html")]
struct View {
    frame: Frame,
    desk: Desk,
    inputs: Vec<Input>,
    /// Stands in for a missing picture.
    initial: String,
    /// The picture is ours to show.
    pictured: bool,
    /// It is elsewhere: browsers load none from there on pages of ours.
    elsewhere: Option<String>,
}

/// A field of the form.
struct Input {
    name: &'static str,
    /// The value of `autocomplete` (HTML §4.10.18.7).
    autocomplete: &'static str,
    label: String,
    hint: Option<String>,
    value: String,
    required: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields {
    csrf: String,
    name: String,
    given_name: String,
    family_name: String,
    nickname: String,
    username: String,
    website: String,
    birthdate: String,
    zoneinfo: String,
    locale: String,
    phone_number: String,
}

impl From<Fields> for Details {
    fn from(fields: Fields) -> Self {
        Self {
            name: fields.name,
            given_name: fields.given_name,
            family_name: fields.family_name,
            nickname: fields.nickname,
            username: fields.username,
            website: fields.website,
            birthdate: fields.birthdate,
            zoneinfo: fields.zoneinfo,
            locale: fields.locale,
            phone_number: fields.phone_number,
        }
    }
}

async fn show(
    State(app): State<Shared>,
    signed: Signed,
    address: Address,
) -> Result<Response, Problem> {
    let reply = Reply::new(&app, &signed.ctx);
    let desk = signed.desk(&reply, &SECTION).noticing(&reply, address.what.as_deref(), &DONE);
    Ok(draw(&reply, &signed, &Details::of(&signed.visitor.account), desk))
}

async fn submit(
    State(app): State<Shared>,
    signed: Signed,
    Sent(fields): Sent<Fields>,
) -> Result<Response, Problem> {
    let reply = Reply::new(&app, &signed.ctx);
    let checked = signed.check_form(&reply, &fields.csrf, &SECTION);
    let details = Details::from(fields);
    let problems = if let Err(problem) = checked {
        vec![problem]
    } else {
        let (owner, place) = (signed.owner(), reply.place());
        let changed = app.core.change_details(owner, details.clone(), &place, signed.ctx.now);
        match changed.await {
            Ok(()) => return Ok(done(&SECTION, "saved")),
            Err(failures) => beside(&reply, failures)?,
        }
    };
    let desk = Desk { problems, ..signed.desk(&reply, &SECTION) };
    Ok(draw(&reply, &signed, &details, desk))
}

/// The person's own picture, from this very origin, wherever it lies.
async fn picture(State(app): State<Shared>, signed: Signed) -> Result<Response, Problem> {
    let Some(media) = app.core.own_picture(signed.owner()).await? else {
        return Err(Problem::of_status(StatusCode::NOT_FOUND));
    };
    let mut response = media.bytes.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, media.media_type),
        (header::CACHE_CONTROL, "private, no-cache"),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

async fn set_picture(
    State(app): State<Shared>,
    signed: Signed,
    upload: Upload,
) -> Result<Response, Problem> {
    let reply = Reply::new(&app, &signed.ctx);
    let (account, place, now) = (&signed.visitor.account, reply.place(), signed.ctx.now);
    let problem = match signed.check_form(&reply, &upload.csrf, &SECTION) {
        Err(problem) => problem,
        Ok(()) if upload.action == "remove" => {
            app.core.remove_picture(account.id, &place, now).await?;
            return Ok(done(&SECTION, "no-picture"));
        }
        Ok(()) => match upload.image {
            Image::Missing => {
                let message = reply.say("error-image-missing");
                FieldProblem { field: "image", ..FieldProblem::of_form(message) }
            }
            Image::TooLarge => form::beside(&reply, Refusal::ImageTooLarge.into())?,
            Image::Whole(bytes) => match app.core.set_avatar(account.id, bytes, place, now).await {
                Ok(()) => return Ok(done(&SECTION, "picture")),
                Err(failure) => form::beside(&reply, failure)?,
            },
        },
    };
    let desk = Desk { problems: vec![problem], ..signed.desk(&reply, &SECTION) };
    Ok(draw(&reply, &signed, &Details::of(account), desk))
}

/// What the form with the picture sends (RFC 7578).
#[derive(Default)]
struct Upload {
    csrf: String,
    action: String,
    image: Image,
}

#[derive(Default)]
enum Image {
    #[default]
    Missing,
    /// What had come before it went on for too long is there.
    TooLarge,
    Whole(Vec<u8>),
}

impl FromRequest<Shared> for Upload {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Problem> {
        let broken = |error: MultipartError| Problem::of_status(error.status());
        let parts = Multipart::from_request(request, app).await;
        let mut parts =
            parts.map_err(|_| Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE))?;
        let mut upload = Self::default();
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = match part.bytes().await {
                Err(error)
                    if error.status() == StatusCode::PAYLOAD_TOO_LARGE && name == "image" =>
                {
                    upload.image = Image::TooLarge;
                    return Ok(upload);
                }
                bytes => bytes.map_err(broken)?,
            };
            let text = || String::from_utf8_lossy(&bytes).into_owned();
            match name.as_str() {
                "csrf" => upload.csrf = text(),
                "action" => upload.action = text(),
                // A browser sends an empty file where the person chose none.
                "image" if !bytes.is_empty() => upload.image = Image::Whole(bytes.to_vec()),
                _ => {}
            }
        }
        Ok(upload)
    }
}

fn draw(reply: &Reply<'_>, signed: &Signed, details: &Details, desk: Desk) -> Response {
    let account = &signed.visitor.account;
    let status = desk.status();
    let called = account.claims.name.as_deref().unwrap_or(&account.email);
    let view = View {
        frame: reply.frame_at(SECTION.path.to_owned()),
        desk,
        inputs: inputs(reply, details),
        initial: initial(called),
        pictured: account.keeps_picture(),
        elsewhere: account.claims.picture.clone().filter(|_| !account.keeps_picture()),
    };
    page(reply, status, &view)
}

fn inputs(reply: &Reply<'_>, details: &Details) -> Vec<Input> {
    let row = |name, autocomplete, label: &str, value: &str| Input {
        name,
        autocomplete,
        label: reply.say(label),
        hint: None,
        value: value.to_owned(),
        required: false,
    };
    let hinted = |input: Input, hint: &str| Input { hint: Some(reply.say(hint)), ..input };
    let name = row("name", "name", "name-label", &details.name);
    vec![
        Input { required: true, ..hinted(name, "name-hint") },
        row("given_name", "given-name", "given-name-label", &details.given_name),
        row("family_name", "family-name", "family-name-label", &details.family_name),
        row("nickname", "nickname", "nickname-label", &details.nickname),
        hinted(row("username", "username", "username-label", &details.username), "username-hint"),
        row("website", "url", "website-label", &details.website),
        hinted(row("birthdate", "bday", "birthdate-label", &details.birthdate), "birthdate-hint"),
        hinted(row("phone_number", "tel", "phone-label", &details.phone_number), "phone-hint"),
        hinted(row("locale", "language", "locale-label", &details.locale), "locale-hint"),
        hinted(row("zoneinfo", "off", "zoneinfo-label", &details.zoneinfo), "zoneinfo-hint"),
    ]
}
