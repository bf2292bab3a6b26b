//! `/swagger.json`, the OpenAPI description, and `/docs`, Swagger UI. Everything comes from here: the
//! page loads nothing from another host.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use utoipa_swagger_ui::Config;

use super::openapi;
use super::wrong::Wrong;
use crate::app::Shared;
use crate::app::answer::see_other;

const DESCRIPTION: &str = "/swagger.json";
const PAGE: &str = "/docs";
const FILES: &str = "/docs/";

/// Swagger UI sets styles from its script and draws with pictures in its style sheet; its scripts are
/// files all the same.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; form-action 'none'; \
                      base-uri 'none'; frame-ancestors 'none'";

pub fn routes(app: &Shared) -> Router<Shared> {
    let server = &app.config.server;
    let (issuer, is_https) = (server.public_url.clone(), server.is_https());
    let made: Arc<OnceLock<Bytes>> = Arc::default();
    let describe = async move || {
        let json = || openapi::describe(&issuer, is_https).to_json().unwrap_or_default().into();
        let body = made.get_or_init(json).clone();
        ([(header::CONTENT_TYPE, "application/json")], body)
    };
    let ui = Arc::new(Config::from(DESCRIPTION));
    let index = Arc::clone(&ui);
    Router::new()
        .route(DESCRIPTION, get(describe))
        .route(PAGE, get(async || see_other(FILES)))
        .route(FILES, get(async move || file("", index)))
        .route(
            &format!("{FILES}{{name}}"),
            get(async move |Path(name): Path<String>| file(&name, ui)),
        )
        .method_not_allowed_fallback(async || Wrong::Method)
}

fn file(name: &str, ui: Arc<Config<'static>>) -> Response {
    let Ok(Some(file)) = utoipa_swagger_ui::serve(name, ui) else {
        return Wrong::Path.into_response();
    };
    let mut response = file.bytes.into_owned().into_response();
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(&file.content_type) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}
