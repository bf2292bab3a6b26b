//! What a client says of itself when it registers: the members that it may say, with the standards'
//! defaults for those that it leaves out.

use serde_json::{Map, Value};

use super::{AuthMethod, Expected, MetadataError, metadata};
use crate::config::{ClientMetadata, Localized};
use crate::core::scope::Scope;
use crate::jose::Algorithm;

/// What a client may say of itself. `skip_consent` and `rotate_refresh_tokens` are the operator's (R24).
const MEMBERS: [&str; 32] = [
    "access_token_signed_response_alg",
    "application_type",
    "client_name",
    "client_uri",
    "contacts",
    "default_acr_values",
    "default_max_age",
    "grant_types",
    "id_token_signed_response_alg",
    "initiate_login_uri",
    "jwks",
    "jwks_uri",
    "logo_uri",
    "policy_uri",
    "post_logout_redirect_uris",
    "redirect_uris",
    "request_object_signing_alg",
    "request_uris",
    "require_auth_time",
    "require_pkce",
    "require_pushed_authorization_requests",
    "require_signed_request_object",
    "response_types",
    "scope",
    "sector_identifier_uri",
    "software_id",
    "software_version",
    "subject_type",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "tos_uri",
    "userinfo_signed_response_alg",
];

/// Reads what a client says of itself; `also` are the scopes beside the standard ones that it may have.
/// What it leaves out has the standard's default, written down.
pub(super) fn read(
    members: Map<String, Value>,
    also: &Scope,
) -> Result<ClientMetadata, MetadataError> {
    // RFC 7591 §2: what is not understood is ignored. RFC 7592 §2.2: null is as good as left out.
    let members: Map<_, _> =
        members.into_iter().filter(|(name, value)| is_ours(name) && !value.is_null()).collect();
    let mut metadata = typed(members)?;
    let default = |member: &mut Option<String>, value: &str| {
        member.get_or_insert_with(|| value.to_owned());
    };
    default(&mut metadata.token_endpoint_auth_method, AuthMethod::ClientSecretBasic.name());
    default(&mut metadata.application_type, "web");
    default(&mut metadata.subject_type, "public");
    // OpenID Connect Registration §2: whatever our own default is.
    default(&mut metadata.id_token_signed_response_alg, Algorithm::Rs256.name());
    let grants = metadata.grant_types.get_or_insert_with(|| vec!["authorization_code".to_owned()]);
    if metadata.response_types.is_none() {
        let has_code = grants.iter().any(|grant| grant == "authorization_code");
        metadata.response_types = Some(if has_code { vec!["code".to_owned()] } else { Vec::new() });
    }
    metadata.scope = Some(narrow(metadata.scope.as_deref(), also)?);
    Ok(metadata)
}

fn is_ours(name: &str) -> bool {
    MEMBERS.contains(&name) || Localized::is_one(name)
}

fn typed(members: Map<String, Value>) -> Result<ClientMetadata, MetadataError> {
    // Their errors would not say which of them it is.
    let localized =
        members.iter().find(|(name, value)| Localized::is_one(name) && !value.is_string());
    if let Some((member, _)) = localized {
        return metadata::wrong(member, "metadata-text");
    }
    let read = serde_path_to_error::deserialize(Value::Object(members));
    read.or_else(|error| {
        let path = error.path().to_string();
        let member = path.split(['.', '[']).next().unwrap_or_default();
        metadata::wrong(member, kind(member))
    })
}

/// What kind of value a member has, as words.
fn kind(member: &str) -> &'static str {
    match member {
        "default_max_age" => "metadata-number",
        "contacts" | "default_acr_values" | "grant_types" | "response_types" => "metadata-list",
        _ if member.ends_with("_uris") => "metadata-list",
        _ if member.starts_with("require_") => "metadata-boolean",
        _ => "metadata-text",
    }
}

const OF_SIGNING_IN: [&str; 2] = ["authorization_code", "refresh_token"];
const CLIENT_CREDENTIALS: &str = "client_credentials";

/// Reads what the owner of an application says of it, over what it was before. What follows from
/// something else follows it, unless it is said: redirect URIs bring the grant types of signing in,
/// and without any the application has tokens for itself alone.
pub(super) fn of_application(
    before: Option<ClientMetadata>,
    name: &str,
    members: &Map<String, Value>,
) -> Result<ClientMetadata, MetadataError> {
    let is_new = before.is_none();
    let Ok(Value::Object(mut all)) = serde_json::to_value(before.unwrap_or_default()) else {
        return metadata::wrong("client_name", "metadata-members");
    };
    for (member, value) in members.iter().filter(|(member, _)| is_ours(member)) {
        match value {
            Value::Null => all.remove(member),
            value => all.insert(member.clone(), value.clone()),
        };
    }
    all.insert("client_name".to_owned(), name.into());
    let mut metadata = typed(all)?;
    let says = |member: &str| members.get(member).is_some_and(|value| !value.is_null());
    let touches = |member: &str| is_new || members.contains_key(member);
    let basic = || AuthMethod::ClientSecretBasic.name().to_owned();
    let method = metadata.token_endpoint_auth_method.get_or_insert_with(basic);
    let is_public = *method == AuthMethod::None.name();
    let signs_in = !metadata.redirect_uris.is_empty();
    let mut grants = metadata.grant_types.take().unwrap_or_default();
    if is_new && grants.is_empty() && !is_public {
        grants.push(CLIENT_CREDENTIALS.to_owned());
    }
    if !says("grant_types") && touches("redirect_uris") {
        grants.retain(|grant| !OF_SIGNING_IN.contains(&grant.as_str()));
        if signs_in || is_public {
            grants.splice(0..0, OF_SIGNING_IN.map(str::to_owned));
        }
    }
    if !says("grant_types") && is_public {
        grants.retain(|grant| grant != CLIENT_CREDENTIALS);
    }
    metadata.grant_types = Some(grants);
    if !says("response_types") {
        let grants = metadata.grant_types.as_deref();
        let has_code = grants.is_none_or(|all| all.iter().any(|one| one == "authorization_code"));
        metadata.response_types = Some(if has_code { vec!["code".to_owned()] } else { Vec::new() });
    }
    // R7: unless its owner says otherwise.
    if touches("require_pkce") {
        metadata.require_pkce.get_or_insert(true);
    }
    Ok(metadata)
}

/// R18, R24: a stranger's client asks for what is about the people who sign in, and for nothing of an
/// API that nobody has let it use.
fn narrow(asked: Option<&str>, also: &Scope) -> Result<String, MetadataError> {
    let allowed = Scope::standard().union(also);
    let Some(asked) = asked else { return Ok(allowed.to_string()) };
    let Ok(asked) = Scope::parse(asked) else {
        return metadata::wrong("scope", "metadata-scope");
    };
    let beyond: Vec<&str> = asked.iter().filter(|value| !allowed.has(value)).collect();
    let asked = asked.without(&beyond);
    if asked.is_empty() {
        return metadata::wrong(
            "scope",
            Expected::with("metadata-scope-none", "allowed", &allowed),
        );
    }
    Ok(asked.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(value: Value) -> Map<String, Value> {
        let Value::Object(members) = value else { panic!("no object") };
        members
    }

    #[test]
    fn the_kind_that_a_member_is_said_to_have_is_the_one_it_has() {
        for member in MEMBERS.into_iter().filter(|member| *member != "jwks") {
            let value = match kind(member) {
                "metadata-number" => serde_json::json!(0),
                "metadata-list" => serde_json::json!(["x"]),
                "metadata-boolean" => serde_json::json!(true),
                _ => serde_json::json!("x"),
            };
            let one = members(serde_json::json!({ member: value }));
            assert!(typed(one).is_ok(), "{member} is no {}", kind(member));
        }
        let error = typed(members(serde_json::json!({ "client_name#fr": 5 }))).unwrap_err();
        assert_eq!(error.to_string(), "client_name#fr: expected a string");
    }

    #[test]
    fn r24_of_all_members_only_the_operators_own_are_not_a_strangers_to_say() {
        // Whatever a member is, an object is no value of any but `jwks`: the error names all it knows.
        for member in MEMBERS.into_iter().filter(|member| *member != "jwks") {
            let asked = members(serde_json::json!({ member: {} }));
            assert_eq!(read(asked, &Scope::default()).unwrap_err().member, member, "is it known?");
        }
        let asked = serde_json::json!({
            "skip_consent": true, "rotate_refresh_tokens": false, "client_id": "x", "nonsense": {},
            "client_name#fr": "Ami", "client_name#!": "no tag", "nonsense#fr": 5, "tos_uri": null,
        });
        let read = read(members(asked), &Scope::default()).unwrap();
        assert_eq!(
            (read.skip_consent, read.rotate_refresh_tokens, read.tos_uri),
            (None, None, None)
        );
        assert_eq!(read.localized.iter().collect::<Vec<_>>(), [("client_name#fr", "Ami")]);
    }
}
