//! The OpenAPI description of every route of every dialect, made of the code that answers them.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, OpenApi, OpenApiBuilder, Server};

use super::DIALECTS;
use crate::app::cookies;

/// Describes them all, as they are reached under the issuer.
pub fn describe(issuer: &str, is_https: bool) -> OpenApi {
    let mut components = Components::new();
    let cookie = |name: String| SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(name)));
    let header = SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::new("X-API-Key")));
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme("bearer", bearer);
    components.add_security_scheme("api_key", header);
    let session = cookies::name(cookies::SESSION, is_https);
    components.add_security_scheme("session", cookie(session));
    let access = super::asked::ACCESS_COOKIE.to_owned();
    components.add_security_scheme("access_token", cookie(access));
    let info = InfoBuilder::new()
        .title("Countersign")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("The five REST dialects of first-party apps."))
        .build();
    let mut all = OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new(issuer)]))
        .components(Some(components))
        .build();
    for dialect in &DIALECTS {
        let (_, mut own) = (dialect.routes)().split_for_parts();
        for item in own.paths.paths.values_mut() {
            let operations =
                [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                operation.tags = Some(vec![dialect.name.to_owned()]);
            }
        }
        all.merge(own);
    }
    all
}
