//! The OpenAPI description of every route of every dialect, made of the code that answers them.

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, ResponseBuilder, Server,
};

use super::asked::{ACCESS_COOKIE, REFRESH_COOKIE};
use super::{DIALECTS, Dialect};
use crate::app::cookies;

/// What every request may come to.
const ALWAYS: [(u16, &str); 4] = [
    (400, "The request cannot be understood, or names two different users"),
    (429, "Too many requests, or too many failed passwords; see `Retry-After`"),
    (500, "Something went wrong on our side"),
    (503, "Busy, or the database is away; see `Retry-After`"),
];
/// And one that shows a credential, or asks for one.
const WITH_CREDENTIAL: [(u16, &str); 2] =
    [(401, "No credential, or none that is good"), (403, "The credential does not reach that far")];
/// And one with a body.
const WITH_BODY: [(u16, &str); 3] = [
    (408, "The body took too long"),
    (413, "The body is too large"),
    (415, "The body is of another media type"),
];

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
    components.add_security_scheme("access_token", cookie(ACCESS_COOKIE.to_owned()));
    components.add_security_scheme("refresh_token", cookie(REFRESH_COOKIE.to_owned()));
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
        let mut own = (dialect.routes)().merge((dialect.pages)()).into_openapi();
        for item in own.paths.paths.values_mut() {
            let operations =
                [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                finish(operation, dialect);
            }
        }
        all.merge(own);
    }
    all
}

/// Adds what all operations of a dialect share.
fn finish(operation: &mut Operation, dialect: &Dialect) {
    operation.tags = Some(vec![dialect.name.to_owned()]);
    // Unique among all operations (OpenAPI 3.1.0 §4.8.10).
    let name = operation.operation_id.take().unwrap_or_default();
    operation.operation_id = Some(format!("{}_{name}", dialect.name));
    let has_body = operation.request_body.is_some();
    let mut may_come = ALWAYS.to_vec();
    if operation.security.is_some() || has_body {
        may_come.extend(WITH_CREDENTIAL);
    }
    if has_body {
        may_come.extend(WITH_BODY);
        may_come.push((dialect.invalid, "Fields that cannot be used"));
    }
    for (status, description) in may_come {
        let schema = Ref::from_schema_name(format!("{}.Error", dialect.name));
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response =
            ResponseBuilder::new().description(description).content("application/json", content);
        let known = &mut operation.responses.responses;
        known.entry(status.to_string()).or_insert_with(|| response.build().into());
    }
}
