//! Where things are. Faces send people to one another by these names.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub use crate::core::avatars::MEDIA;
use crate::core::flow::Step;
pub use crate::core::proofs::{CONFIRM_EMAIL, FORGOT_PASSWORD, RESET_PASSWORD, VERIFY_EMAIL};

pub const HOME: &str = "/";
pub const SIGN_IN: &str = "/sign-in";
pub const SIGN_UP: &str = "/sign-up";
pub const SIGN_OUT: &str = "/sign-out";
/// What a browser sees when its session has ended.
pub const SIGNED_OUT: &str = "/signed-out";
/// Where a person chooses the account to go on with.
pub const SELECT: &str = "/select-account";
/// Sends the link that confirms an address again.
pub const SEND_VERIFICATION: &str = "/verify-email/send";
pub const PASSWORD: &str = "/password";
pub const EMAIL: &str = "/email";
/// The page on which a person rules their account; each section's has this before its name.
pub const ACCOUNT: &str = "/account";
pub const ACCOUNT_PROFILE: &str = "/account/profile";
pub const ACCOUNT_PICTURE: &str = "/account/profile/picture";
pub const ACCOUNT_SESSIONS: &str = "/account/sessions";
pub const ACCOUNT_APPS: &str = "/account/apps";
pub const ACCOUNT_KEYS: &str = "/account/keys";
pub const ACCOUNT_LOG: &str = "/account/log";
pub const ACCOUNT_DATA: &str = "/account/data";
pub const ACCOUNT_DELETE: &str = "/account/delete";
/// By which accounts elsewhere they get in.
pub const LINKS: &str = "/account/links";
/// Says what was done, and leads on.
pub const DONE: &str = "/done";
pub const CONSENT: &str = "/consent";
/// Where a sign-in with an account elsewhere begins.
pub const UPSTREAM: &str = "/auth/sign-in/{upstream}";
/// What the addresses begin with that upstreams send people back to.
pub const CALLBACKS: &str = "/auth/callback/";
/// Where an upstream says that a session there has ended.
pub const BACKCHANNEL_LOGOUT: &str = "/auth/backchannel-logout/{upstream}";
pub const PLAYGROUND: &str = "/playground";
pub const AUTHORIZE: &str = "/authorize";
/// Where a page goes when it has done its part of an authorization request.
pub const CONTINUE: &str = "/authorize/continue";
pub const TOKEN: &str = "/token";
pub const PAR: &str = "/par";
pub const INTROSPECT: &str = "/introspect";
pub const REVOKE: &str = "/revoke";
pub const END_SESSION: &str = "/logout";
pub const USERINFO: &str = "/userinfo";
pub const REGISTER: &str = "/register";
/// Where a client manages its registration.
pub const REGISTRATION: &str = "/register/{client_id}";
pub const JWKS: &str = "/jwks";
/// The field's names for "is it alive" and "may it be sent requests".
pub const LIVE: &str = "/livez";
pub const READY: &str = "/readyz";
/// On a listener of its own.
pub const METRICS: &str = "/metrics";
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
pub const OAUTH_SERVER: &str = "/.well-known/oauth-authorization-server";

/// A client's logo. Its id may hold anything printable.
pub const LOGO: &str = "/clients/{client_id}/logo";

/// The logo of that client.
#[must_use]
pub fn logo_of(client_id: &str) -> String {
    LOGO.replace("{client_id}", &utf8_percent_encode(client_id, NON_ALPHANUMERIC).to_string())
}

/// A page of an authorization request. What is sealed is base64url and dots, safe in a query.
#[must_use]
pub fn with_flow(path: &str, sealed: &str) -> String {
    format!("{path}?flow={sealed}")
}

/// The page on which a person takes that step.
#[must_use]
pub fn of_step(step: Step, sealed: &str) -> String {
    let page = match step {
        Step::SignIn => SIGN_IN,
        Step::SignUp => SIGN_UP,
        Step::Select => SELECT,
        Step::Consent => CONSENT,
    };
    with_flow(page, sealed)
}

/// Where a sign-in with that upstream begins.
#[must_use]
pub fn to_upstream(id: &str) -> String {
    UPSTREAM.replace("{upstream}", id)
}

/// A page of sign-in that leads on to another page of ours: which ones may be led to, it knows.
#[must_use]
pub fn with_next(page: &str, next: &str) -> String {
    format!("{page}?next={}", utf8_percent_encode(next, NON_ALPHANUMERIC))
}

/// What a disabled account is called where the codes of a sign-in that went astray stand.
pub const ACCOUNT_DISABLED: &str = "account_disabled";
/// And one that wrong passwords have locked.
pub const ACCOUNT_LOCKED: &str = "account_locked";

/// A page that says what became of a sign-in with that upstream, by its code.
#[must_use]
pub fn with_problem(page: &str, upstream: &str, code: &str) -> String {
    let separator = if page.contains('?') { '&' } else { '?' };
    format!("{page}{separator}problem={code}&upstream={upstream}")
}
