mod authorize;
mod client_auth;
pub mod code;
mod discovery;
mod figures;
mod prompt;
mod races;
mod refresh;
mod userinfo;
