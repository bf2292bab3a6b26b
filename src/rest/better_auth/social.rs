//! Accounts elsewhere, as the client of npm `better-auth` speaks of them.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;

use super::error;
use super::wire::Status;
use crate::app::{Shared, paths};
use crate::core::links::{Astray, Linked};
use crate::core::{Refusal, rfc3339};
use crate::rest::asked::{Asked, Known};
use crate::rest::fields::Fields;
use crate::rest::origin::{OwnOrigin, own_url, return_url};
use crate::rest::reply::json;
use crate::rest::wrong::Wrong;

#[derive(Deserialize, ToSchema)]
#[schema(as = better_auth::SignInSocial)]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct SignInSocial {
    /// The id of an upstream of the configuration.
    #[schema(example = "authentik")]
    provider: String,
    /// Where the browser goes afterwards: a path of the app's, or a URL of a first-party app.
    #[serde(rename = "callbackURL")]
    callback_url: Option<String>,
    /// `true`: the client does not go there by itself.
    #[serde(rename = "disableRedirect")]
    disable_redirect: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = better_auth::SignInOAuth2)]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct SignInOAuth2 {
    /// The id of an upstream of the configuration.
    #[schema(example = "authentik")]
    #[serde(rename = "providerId")]
    provider_id: String,
    /// Where the browser goes afterwards: a path of the app's, or a URL of a first-party app.
    #[serde(rename = "callbackURL")]
    callback_url: Option<String>,
    /// `true`: the client does not go there by itself.
    #[serde(rename = "disableRedirect")]
    disable_redirect: Option<bool>,
}

/// Where the browser goes to sign in.
#[derive(Serialize, ToSchema)]
#[schema(as = better_auth::Started)]
pub struct Started {
    url: String,
    redirect: bool,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = better_auth::OfProvider)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct OfProvider {
    /// The id of an upstream of the configuration.
    #[schema(example = "authentik")]
    provider_id: String,
    /// The subject there, where the account has several links to that upstream.
    account_id: Option<String>,
}

/// An account elsewhere that opens this one.
#[derive(Serialize, ToSchema)]
#[schema(as = better_auth::LinkedAccount)]
#[serde(rename_all = "camelCase")]
pub struct LinkedAccount {
    id: Uuid,
    provider_id: String,
    /// The subject there.
    account_id: String,
    user_id: Uuid,
    scopes: Vec<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

impl LinkedAccount {
    fn of(link: Linked, user_id: Uuid) -> Self {
        Self {
            id: link.id,
            provider_id: link.upstream,
            account_id: link.subject,
            user_id,
            scopes: link.scopes,
            created_at: rfc3339(link.created_at),
            updated_at: rfc3339(link.last_used_at),
        }
    }
}

/// What the upstream gave out.
#[derive(Serialize, ToSchema)]
#[schema(as = better_auth::UpstreamToken)]
#[serde(rename_all = "camelCase")]
pub struct UpstreamToken {
    access_token: String,
    #[schema(format = DateTime)]
    access_token_expires_at: Option<String>,
    scopes: Vec<String>,
    id_token: Option<String>,
}

/// Says where a browser goes to sign in with an account elsewhere.
#[utoipa::path(
    post, path = "/api/auth/sign-in/social", request_body = SignInSocial,
    responses((status = 200, body = Started), (status = 403, body = error::Body),
        (status = 404, body = error::Body), (status = 422, body = error::Body))
)]
pub async fn sign_in_social(
    State(app): State<Shared>,
    _: OwnOrigin,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Wrong> {
    begin(&app, &headers, fields, "provider")
}

/// The same, by the name of the client's plugin for any provider.
#[utoipa::path(
    post, path = "/api/auth/sign-in/oauth2", request_body = SignInOAuth2,
    responses((status = 200, body = Started), (status = 403, body = error::Body),
        (status = 404, body = error::Body), (status = 422, body = error::Body))
)]
pub async fn sign_in_oauth2(
    State(app): State<Shared>,
    _: OwnOrigin,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Wrong> {
    begin(&app, &headers, fields, "providerId")
}

fn begin(
    app: &Shared,
    headers: &HeaderMap,
    mut fields: Fields,
    provider: &'static str,
) -> Result<Response, Wrong> {
    let upstream = fields.text(provider);
    let callback = fields.optional_text("callbackURL");
    let stays = fields.optional_boolean("disableRedirect").unwrap_or(false);
    fields.done()?;
    if !app.core.has_upstream(&upstream) {
        return Err(Refusal::Astray(Astray::Unknown).into());
    }
    let mut url = format!("{}{}", app.core.issuer(), paths::UPSTREAM);
    url = url.replace("{upstream}", &upstream);
    if let Some(callback) = callback {
        let back = of_app(app, headers, &callback)?;
        let mut query = form_urlencoded::Serializer::new(String::new());
        url = format!("{url}?{}", query.append_pair("redirect_to", &back).finish());
    }
    json(StatusCode::OK, &Started { url, redirect: !stays })
}

/// Where that app is: what the start of the sign-in takes as well. A path is one of the app that asks, or
/// of the first one: as it stands if it lies under the app's URL, else below that.
fn of_app(app: &Shared, headers: &HeaderMap, url: &str) -> Result<String, Wrong> {
    let is_app = |url: &str| return_url(app, Some(url)).ok().flatten();
    if !url.starts_with('/') {
        return is_app(url).ok_or(Wrong::ForeignUrl);
    }
    let path = own_url(app, url.to_owned())?;
    let apps = app.config.server.frontends();
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let asks = |it: &&Url| origin == Some(it.origin().ascii_serialization().as_str());
    let own = apps.iter().find(asks).or(apps.first()).ok_or(Wrong::ForeignUrl)?;
    let below = format!("{}{path}", own.as_str().trim_end_matches('/'));
    let at_once = own.join(&path).ok().and_then(|url| is_app(url.as_str()));
    at_once.or_else(|| is_app(&below)).ok_or(Wrong::ForeignUrl)
}

/// The accounts elsewhere that open this one.
#[utoipa::path(
    get, path = "/api/auth/list-accounts",
    responses((status = 200, body = [LinkedAccount]), (status = 401, body = error::Body)),
    security(("bearer" = []), ("api_key" = []), ("session" = []), ("access_token" = []))
)]
pub async fn list_accounts(
    State(app): State<Shared>,
    Known(caller): Known,
) -> Result<Response, Wrong> {
    let id = caller.account.id;
    let links = app.core.links(id).await?;
    let shown: Vec<_> = links.into_iter().map(|link| LinkedAccount::of(link, id)).collect();
    json(StatusCode::OK, &shown)
}

/// Removes one of them, unless it is the last way in. It takes a sign-in of a moment ago.
#[utoipa::path(
    post, path = "/api/auth/unlink-account", request_body = OfProvider,
    responses((status = 200, body = Status), (status = 401, body = error::Body),
        (status = 403, body = error::Body), (status = 404, body = error::Body),
        (status = 422, body = error::Body)),
    security(("bearer" = []), ("session" = []), ("access_token" = []))
)]
pub async fn unlink_account(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    let upstream = fields.text("providerId");
    let subject = fields.optional_text("accountId");
    fields.done()?;
    let links = app.core.links(caller.account.id).await?;
    let is_meant = |link: &&Linked| {
        link.upstream == upstream && subject.as_ref().is_none_or(|it| *it == link.subject)
    };
    let id = links.iter().find(is_meant).ok_or(Refusal::Unknown)?.id;
    app.core.unlink(caller.owner()?, id, &asked.place, asked.now).await?;
    json(StatusCode::OK, &Status::done())
}

/// A token for the upstream's own API, made new if it has expired.
#[utoipa::path(
    post, path = "/api/auth/get-access-token", request_body = OfProvider,
    responses((status = 200, body = UpstreamToken), (status = 401, body = error::Body),
        (status = 403, body = error::Body), (status = 404, body = error::Body),
        (status = 422, body = error::Body)),
    security(("bearer" = []), ("session" = []), ("access_token" = []))
)]
pub async fn get_access_token(
    State(app): State<Shared>,
    asked: Asked,
    Known(caller): Known,
    mut fields: Fields,
) -> Result<Response, Wrong> {
    let upstream = fields.text("providerId");
    fields.done()?;
    caller.session()?;
    let token = app.core.upstream_token(caller.account.id, &upstream, asked.now).await?;
    json(
        StatusCode::OK,
        &UpstreamToken {
            access_token: token.access_token.expose().to_owned(),
            access_token_expires_at: token.expires_at.map(rfc3339),
            scopes: token.scopes,
            id_token: token.id_token.map(|it| it.expose().to_owned()),
        },
    )
}
