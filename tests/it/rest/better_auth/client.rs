//! The client of npm `better-auth`, unchanged, with the issuer as its `baseURL`.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::signs_in;
use crate::house::{EMAIL, House, PASSWORD, env};
use crate::on_both_databases;

const NEW: &str = "john@example.com";

/// A Node program that has the client in it.
pub struct Node {
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Node {
    pub fn start(house: &House) -> Self {
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rp/better_auth_client.mjs");
        let mut command = Command::new(env("COUNTERSIGN_TEST_NODE"));
        command.arg(program).env("BASE_URL", &house.issuer).kill_on_drop(true);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { input: child.stdin.take().unwrap(), output, _child: child }
    }

    async fn call(&mut self, client: &str, call: &str, args: Value) -> Value {
        let line = json!({ "client": client, "call": call, "args": args }).to_string() + "\n";
        self.input.write_all(line.as_bytes()).await.unwrap();
        let told = self.output.next_line().await.unwrap().expect("the program goes on");
        serde_json::from_str(&told).unwrap()
    }

    pub async fn good(&mut self, client: &str, call: &str, args: Value) -> Value {
        let told = self.call(client, call, args).await;
        assert_eq!(told["error"], Value::Null, "{call}: {told}");
        told["data"].clone()
    }

    /// The status, the code and the message that the client's error has.
    pub async fn bad(&mut self, client: &str, call: &str, args: Value) -> (u64, String) {
        let told = self.call(client, call, args).await;
        let error = &told["error"];
        assert!(error["message"].as_str().is_some_and(|it| !it.is_empty()), "{call}: {told}");
        (error["status"].as_u64().unwrap(), error["code"].as_str().unwrap().to_owned())
    }
}

fn refused(status: u64, code: &str) -> (u64, String) {
    (status, code.to_owned())
}

on_both_databases! {
    async fn the_client_of_the_package_works_unchanged(house: House) {
        let mut node = Node::start(&house);
        assert_eq!(node.good("a", "getSession", json!([])).await, Value::Null);
        let new = json!([{ "email": NEW, "password": PASSWORD, "name": "John" }]);
        let made = node.good("a", "signUp.email", new.clone()).await;
        assert_eq!((&made["user"]["email"], &made["user"]["name"]), (&json!(NEW), &json!("John")));
        assert_eq!(made["token"], made["session"]["token"]);
        assert_eq!(node.bad("b", "signUp.email", new).await, refused(422, "USER_ALREADY_EXISTS"));
        let whole = node.good("a", "getSession", json!([])).await;
        assert_eq!((&whole["session"]["id"], &whole["session"]["userId"]), (&made["session"]["id"], &made["user"]["id"]));
        assert_eq!(whole["user"], made["user"]);
        assert_eq!(node.good("a", "signOut", json!([])).await["success"], true);
        assert_eq!(node.good("a", "getSession", json!([])).await, Value::Null);
        assert_eq!(node.good("a", "signOut", json!([])).await["success"], true, "once more");

        let wrong = json!([{ "email": NEW, "password": "wrong" }]);
        assert_eq!(node.bad("a", "signIn.email", wrong).await, refused(401, "INVALID_EMAIL_OR_PASSWORD"));
        let credentials = json!([{ "email": NEW, "password": PASSWORD, "rememberMe": true }]);
        let entered = node.good("a", "signIn.email", credentials.clone()).await;
        assert_eq!((&entered["redirect"], &entered["user"]["id"]), (&json!(false), &made["user"]["id"]));
        let on = json!([{ "email": NEW, "password": PASSWORD, "callbackURL": "/dashboard" }]);
        let entered = node.good("b", "signIn.email", on).await;
        assert_eq!((&entered["redirect"], &entered["url"]), (&json!(true), &json!("/dashboard")));

        assert_eq!(node.good("a", "updateUser", json!([{ "name": "Johnny" }])).await["status"], true);
        assert_eq!(node.good("b", "getSession", json!([])).await["user"]["name"], "Johnny");
        assert_eq!(node.bad("a", "updateUser", json!([{ "email": "x@b.example" }])).await, refused(400, "EMAIL_CAN_NOT_BE_UPDATED"));

        let list = node.good("a", "listSessions", json!([])).await;
        assert_eq!(list.as_array().unwrap().len(), 2);
        let own = node.good("a", "getSession", json!([])).await["session"]["id"].clone();
        let other = list.as_array().unwrap().iter().find(|it| it["id"] != own).unwrap();
        node.good("a", "revokeSession", json!([{ "token": other["token"] }])).await;
        assert_eq!(node.good("b", "getSession", json!([])).await, Value::Null);
        node.good("b", "signIn.email", credentials.clone()).await;
        node.good("a", "revokeOtherSessions", json!([])).await;
        assert_eq!(node.good("b", "getSession", json!([])).await, Value::Null);
        node.good("b", "signIn.email", credentials.clone()).await;
        node.good("b", "revokeSessions", json!([])).await;
        assert_eq!(node.good("a", "getSession", json!([])).await, Value::Null);
        assert_eq!(node.bad("a", "listSessions", json!([])).await, refused(401, "UNAUTHORIZED"));

        node.good("a", "signIn.email", credentials).await;
        let mail = json!([{ "email": NEW, "callbackURL": "/" }]);
        assert_eq!(node.bad("a", "sendVerificationEmail", json!([{ "email": EMAIL }])).await, refused(400, "EMAIL_MISMATCH"));
        assert_eq!(node.good("a", "sendVerificationEmail", mail.clone()).await["status"], true);
        let token = house.token_in_mail(NEW, "Confirm your email", 2).await;
        let by_link = json!([{ "query": { "token": token } }]);
        assert_eq!(node.bad("stranger", "verifyEmail", by_link.clone()).await, refused(401, "UNAUTHORIZED"));
        let proven = node.good("a", "verifyEmail", by_link.clone()).await;
        assert_eq!((&proven["status"], &proven["user"]["emailVerified"]), (&json!(true), &json!(true)));
        assert_eq!(node.bad("a", "verifyEmail", by_link).await, refused(400, "INVALID_TOKEN"));
        assert_eq!(node.bad("a", "sendVerificationEmail", mail).await, refused(400, "EMAIL_ALREADY_VERIFIED"));

        let other = "johnny@example.com";
        assert_eq!(node.good("a", "changeEmail", json!([{ "newEmail": other }])).await["status"], true);
        let token = house.token_in_mail(other, "Confirm your new email", 1).await;
        node.good("a", "verifyEmail", json!([{ "query": { "token": token } }])).await;
        let user = node.good("a", "getSession", json!([])).await["user"].clone();
        assert_eq!((&user["email"], &user["emailVerified"]), (&json!(other), &json!(true)));

        let passwords = |current: &str| json!([{ "currentPassword": current, "newPassword": "another password", "revokeOtherSessions": true }]);
        assert_eq!(node.bad("a", "changePassword", passwords("wrong")).await, refused(400, "INVALID_PASSWORD"));
        let changed = node.good("a", "changePassword", passwords(PASSWORD)).await;
        let session = node.good("a", "getSession", json!([])).await["session"].clone();
        assert_eq!((&changed["token"], &changed["user"]["email"]), (&session["token"], &json!(other)));
        assert!(signs_in(&house, other, "another password").await);

        let asked = json!([{ "email": other, "redirectTo": "http://localhost:3001/reset" }]);
        assert_eq!(node.good("b", "requestPasswordReset", asked).await["status"], true);
        let token = house.token_in_mail(other, "Choose a new password", 1).await;
        let reset = json!([{ "newPassword": PASSWORD, "token": token }]);
        assert_eq!(node.good("b", "resetPassword", reset.clone()).await["status"], true);
        assert_eq!(node.bad("b", "resetPassword", reset).await, refused(400, "INVALID_TOKEN"));
        assert_eq!(node.good("a", "getSession", json!([])).await, Value::Null);

        let credentials = json!([{ "email": other, "password": PASSWORD }]);
        node.good("a", "signIn.email", credentials.clone()).await;
        assert_eq!(node.bad("a", "deleteUser", json!([{ "password": "wrong" }])).await, refused(400, "INVALID_PASSWORD"));
        assert_eq!(node.good("a", "deleteUser", json!([])).await["success"], true, "just signed in");
        assert_eq!(node.good("a", "getSession", json!([])).await, Value::Null);
        assert_eq!(node.bad("a", "signIn.email", credentials).await, refused(401, "INVALID_EMAIL_OR_PASSWORD"));
    }
}
