//! The bodies of dialect C. The metadata of a client goes by the names of RFC 7591 in camelCase, which
//! are made of those names and not written down again.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::core::clients::{Application, MetadataError, Wish};
use crate::core::{Fault, Refusal, Secret, rfc3339};
use crate::rest::fields::Fields;
use crate::rest::wrong::{Flaw, Why, Wrong};

/// An application to be registered. Beside these, all client metadata of RFC 7591 in camelCase.
#[derive(Deserialize, ToSchema)]
#[schema(as = applications::Create)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct Create {
    #[schema(min_length = 1, max_length = 255, example = "New Feature")]
    name: String,
    #[schema(max_length = 4096, example = "Feature description")]
    description: Option<String>,
    #[schema(default = true)]
    is_active: Option<bool>,
    /// With one the application may sign people in.
    #[schema(example = json!(["https://app.example/callback"]))]
    redirect_uris: Option<Vec<String>>,
    grant_types: Option<Vec<String>>,
    token_endpoint_auth_method: Option<String>,
    /// Space-separated. Without it every standard scope.
    scope: Option<String>,
    post_logout_redirect_uris: Option<Vec<String>>,
    logo_uri: Option<String>,
    jwks_uri: Option<String>,
    #[schema(default = true)]
    require_pkce: Option<bool>,
}

/// What is to be changed of an application. Beside these, all client metadata of RFC 7591 in camelCase.
#[derive(Deserialize, ToSchema)]
#[schema(as = applications::Change)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct Change {
    #[schema(min_length = 1, max_length = 255)]
    name: Option<String>,
    #[schema(max_length = 4096)]
    description: Option<String>,
    is_active: Option<bool>,
    redirect_uris: Option<Vec<String>>,
    grant_types: Option<Vec<String>>,
    token_endpoint_auth_method: Option<String>,
    scope: Option<String>,
    post_logout_redirect_uris: Option<Vec<String>>,
    logo_uri: Option<String>,
    jwks_uri: Option<String>,
    require_pkce: Option<bool>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = applications::BulkCreate)]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct BulkCreate {
    #[schema(min_items = 1, max_items = 100)]
    items: Vec<Create>,
}

#[derive(Deserialize, ToSchema)]
#[schema(as = applications::BulkDelete)]
#[expect(dead_code, reason = "the description of what `Fields` reads")]
pub struct BulkDelete {
    #[schema(min_items = 1, max_items = 100)]
    ids: Vec<Uuid>,
}

/// An application. Beside these, all client metadata of RFC 7591 that it has, in camelCase.
#[derive(ToSchema)]
#[schema(as = applications::Application, rename_all = "camelCase")]
#[expect(dead_code, reason = "the description of what `Shown` writes")]
pub struct Item {
    id: Uuid,
    name: String,
    description: Option<String>,
    is_active: bool,
    /// Whose it is; nobody's, where the operator made it or it registered itself.
    user_id: Option<Uuid>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    client_id: String,
    /// In the one answer in which it is new.
    #[schema(nullable = false)]
    client_secret: Option<String>,
    redirect_uris: Vec<String>,
    grant_types: Vec<String>,
    token_endpoint_auth_method: String,
    scope: String,
}

/// What is written of an application.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    id: String,
    name: String,
    description: Option<String>,
    is_active: bool,
    user_id: Option<Uuid>,
    created_at: String,
    updated_at: String,
    client_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    #[serde(flatten)]
    metadata: Map<String, Value>,
}

impl Shown {
    pub fn of(application: &Application, secret: Option<&Secret>) -> Result<Self, Wrong> {
        let client = &application.client;
        let metadata = serde_json::to_value(&client.metadata)
            .map_err(|error| Fault::new("write an application", error))?;
        let Value::Object(mut members) = metadata else {
            return Err(Fault::new("write an application", "no object").into());
        };
        members.remove("client_name");
        // Whether they are written down or follow from something else.
        let grants: Vec<_> = client.grants.iter().map(|grant| grant.name()).collect();
        members.insert("redirect_uris".to_owned(), client.redirect_uris.clone().into());
        members.insert("grant_types".to_owned(), grants.into());
        members.insert("token_endpoint_auth_method".to_owned(), client.auth_method.name().into());
        members.insert("scope".to_owned(), client.scope.to_string().into());
        Ok(Self {
            id: client.id.clone(),
            name: application.name.clone(),
            description: application.description.clone(),
            is_active: application.is_active,
            user_id: application.owner_id,
            created_at: rfc3339(application.created_at),
            updated_at: rfc3339(application.updated_at),
            client_id: client.id.clone(),
            client_secret: secret.map(|secret| secret.expose().to_owned()),
            metadata: members.into_iter().map(|(name, value)| (camel(&name), value)).collect(),
        })
    }
}

/// What went well.
#[derive(Serialize)]
pub struct Done<T> {
    success: bool,
    data: T,
}

impl<T> Done<T> {
    pub const fn of(data: T) -> Self {
        Self { success: true, data }
    }
}

#[derive(ToSchema)]
#[schema(as = applications::One)]
#[expect(dead_code, reason = "the description of what `Done` writes")]
pub struct One {
    success: bool,
    data: Item,
}

#[derive(ToSchema)]
#[schema(as = applications::Many)]
#[expect(dead_code, reason = "the description of what `Done` writes")]
pub struct Many {
    success: bool,
    data: Listed,
}

#[derive(ToSchema)]
#[schema(as = applications::Listed)]
#[expect(dead_code, reason = "the description of what `Done` writes")]
pub struct Listed {
    items: Vec<Item>,
    pagination: Pagination,
}

#[derive(Serialize, ToSchema)]
#[schema(as = applications::Pagination)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    pub page: u64,
    pub limit: u64,
    pub total: u64,
    pub total_pages: u64,
}

/// As [`Listed`].
#[derive(Serialize)]
pub struct Paged {
    pub items: Vec<Shown>,
    pub pagination: Pagination,
}

#[derive(ToSchema)]
#[schema(as = applications::BulkCreated)]
#[expect(dead_code, reason = "the description of what `Done` writes")]
pub struct BulkCreated {
    success: bool,
    data: Created,
}

#[derive(ToSchema)]
#[schema(as = applications::Created)]
#[expect(dead_code, reason = "the description of what `Made` writes")]
pub struct Created {
    created: Vec<Item>,
    failed: Vec<NotCreated>,
}

/// As [`Created`].
#[derive(Default, Serialize)]
pub struct Made {
    pub created: Vec<Shown>,
    pub failed: Vec<NotCreated>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = applications::NotCreated)]
pub struct NotCreated {
    /// As it was sent.
    pub item: Value,
    pub error: String,
}

#[derive(ToSchema)]
#[schema(as = applications::BulkDeleted)]
#[expect(dead_code, reason = "the description of what `Done` writes")]
pub struct BulkDeleted {
    success: bool,
    data: Deleted,
}

#[derive(Default, Serialize, ToSchema)]
#[schema(as = applications::Deleted)]
pub struct Deleted {
    pub deleted: Vec<String>,
    pub failed: Vec<String>,
}

/// Reads what is said of an application.
pub fn wish(fields: &mut Fields, is_new: bool) -> Wish {
    let no_description = fields.is_null("description");
    let mut wish = Wish {
        name: fields.optional_text("name"),
        description: fields.optional_text("description"),
        is_active: fields.optional_boolean("isActive"),
        ..Wish::default()
    };
    if no_description && !is_new {
        wish.description = Some(String::new());
    }
    for flaw in wish.flaws(is_new) {
        let field = if flaw == Refusal::DescriptionMalformed { "description" } else { "name" };
        fields.refuse(field, flaw);
    }
    for (name, value) in fields.rest() {
        // What nobody knows is ignored (RFC 7591 §2), and so is what is not the caller's to say.
        let member = snake(&name);
        if wish.members.insert(member, value).is_some() {
            fields.wrong(name, Why::Words("api-c-twice"));
        }
    }
    wish
}

/// What cannot be used of the metadata.
pub fn invalid(error: &MetadataError) -> Wrong {
    let field =
        if error.member == "client_name" { "name".to_owned() } else { camel(&error.member) };
    Wrong::Invalid(vec![Flaw { field: field.into(), why: Why::Expected(error.expected.clone()) }])
}

/// `redirect_uris` as `redirectUris`; the language behind a `#` stays as it is.
fn camel(name: &str) -> String {
    let (base, language) = name.split_at(name.find('#').unwrap_or(name.len()));
    let mut camel = String::with_capacity(name.len());
    let mut starts = false;
    for letter in base.chars() {
        match letter {
            '_' => starts = true,
            letter if starts => {
                camel.push(letter.to_ascii_uppercase());
                starts = false;
            }
            letter => camel.push(letter),
        }
    }
    camel + language
}

/// The other way; a name that has none but small letters is as good.
fn snake(name: &str) -> String {
    let (base, language) = name.split_at(name.find('#').unwrap_or(name.len()));
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in base.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake + language
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ClientMetadata;

    #[test]
    fn every_name_of_the_metadata_comes_back_as_it_was() {
        let one = || Some("x".to_owned());
        let all = ClientMetadata {
            client_name: one(),
            redirect_uris: vec![String::new()],
            token_endpoint_auth_signing_alg: one(),
            require_pushed_authorization_requests: Some(true),
            jwks: Some(Value::Null),
            tos_uri: one(),
            ..ClientMetadata::default()
        };
        let Value::Object(members) = serde_json::to_value(&all).unwrap() else { panic!() };
        assert_eq!(members.len(), 6);
        for name in members.keys().map(String::as_str).chain(["client_name#zh-Hant-TW"]) {
            assert_eq!(snake(&camel(name)), name);
        }
        assert_eq!(camel("post_logout_redirect_uris"), "postLogoutRedirectUris");
        assert_eq!(camel("policy_uri#pt-BR"), "policyUri#pt-BR");
    }
}
