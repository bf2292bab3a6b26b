//! The few files that pages load, all from this host and all in the binary, and what the operator
//! puts beside them.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tower_http::compression::CompressionLayer;

use crate::app::{Problem, Shared, paths};

struct File {
    path: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

const FILES: [File; 4] = [
    File {
        path: "/static/style.css",
        media_type: CSS,
        bytes: include_bytes!("../../templates/static/style.css"),
    },
    File {
        path: "/static/page.js",
        media_type: JS,
        bytes: include_bytes!("../../templates/static/page.js"),
    },
    File {
        path: "/static/playground.js",
        media_type: JS,
        bytes: include_bytes!("../../templates/static/playground.js"),
    },
    File {
        path: "/static/mark.svg",
        media_type: "image/svg+xml",
        bytes: include_bytes!("../../templates/static/mark.svg"),
    },
];

pub fn routes() -> Router<Shared> {
    let mut router = Router::new()
        .route("/static/theme.css", get(theme))
        .route("/static/logo", get(logo))
        .route(paths::LOGO, get(client_logo));
    for file in &FILES {
        router = router.route(
            file.path,
            get(move || async { serve(Bytes::from_static(file.bytes), file.media_type) }),
        );
    }
    // Only here: a page holds form tokens beside what a request brought in, and compressed together
    // their lengths would tell (BREACH).
    router.layer(CompressionLayer::new())
}

async fn theme(State(app): State<Shared>) -> Response {
    match &app.brand.theme {
        Some(theme) => serve(theme.clone(), CSS),
        None => Problem::of_status(StatusCode::NOT_FOUND).into_response(),
    }
}

async fn logo(State(app): State<Shared>) -> Response {
    match &app.brand.logo {
        Some((logo, media_type)) => serve(logo.clone(), media_type),
        None => Problem::of_status(StatusCode::NOT_FOUND).into_response(),
    }
}

async fn client_logo(State(app): State<Shared>, Path(client_id): Path<String>) -> Response {
    match app.core.logo(&client_id, app.core.clock().now()).await {
        Some(logo) => serve(Bytes::copy_from_slice(&logo.bytes), logo.media_type),
        None => Problem::of_status(StatusCode::NOT_FOUND).into_response(),
    }
}

fn serve(bytes: Bytes, media_type: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=600")),
        // An SVG opened by itself runs nothing.
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        ),
    ];
    (headers, bytes).into_response()
}
