//! Input that was read in two ways, or too deeply, or in part.

use countersign::core::Secret;
use countersign::core::accounts::NewAccount;
use countersign::core::claims::StandardClaims;

use super::{text, tokens};
use crate::browser::{Browser, Landing, query, request_with};
use crate::house::{House, PASSWORD, WEB, json};
use crate::on_both_databases;

/// Makes an account on the page; the address that a sign-up leads to.
async fn sign_up(house: &House, browser: &Browser, fields: &[(&str, &str)]) -> (u16, String) {
    let shown = browser.page(house.url("/sign-up")).await;
    match browser.press(&shown, "sign-up", fields).await {
        Landing::Page(page) => (page.status, page.url.path().to_owned()),
        Landing::Away(url) => panic!("sent to {url}"),
    }
}

on_both_databases! {
    async fn peer_ghsa_7rqj_j65f_68wh_cve_2022_35924_cve_2026_40574_an_address_is_one_address(house: House) {
        let browser = Browser::new(&house);
        for email in ["eve\u{ff20}example.com", "eve@example.com,ada@example.com", "eve@evil.example@example.com", "eve@example.com;x@y.example",
            "\"eve\"@example.com", "eve@example.com\r\nBcc: x@y.example", "eve@exam\u{200b}ple.com", "eve @example.com", "<eve@example.com>"] {
            let fields = [("name", "Eve"), ("email", email), ("password", PASSWORD)];
            let (status, path) = sign_up(&house, &browser, &fields).await;
            assert!(path == "/sign-up" && (400..500).contains(&status), "{email:?}: {status} {path}");
        }
        // One that differs in form alone is the one that there is.
        for email in ["ADA@example.com", " ada@EXAMPLE.com ", "A\u{44}a@example.com"] {
            let fields = [("name", "Eve"), ("email", email), ("password", PASSWORD)];
            assert_eq!(sign_up(&house, &browser, &fields).await.1, "/sign-up", "{email}");
        }
    }
}

on_both_databases! {
    async fn peer_cve_2026_27946_cve_2026_54693_nobody_verifies_their_own_address(house: House) {
        let browser = Browser::new(&house);
        let fields = [("name", "Eve"), ("email", "eve@example.com"), ("password", PASSWORD), ("email_verified", "true"),
            ("isEmailVerified", "true"), ("emailVerified", "true"), ("role", "admin"), ("roles", "admin"), ("id", "1"), ("sub", "1")];
        assert_eq!(sign_up(&house, &browser, &fields).await, (200, "/".to_owned()));
        let given = tokens(&house, &browser, "openid profile email").await;
        let me = json(house.userinfo(text(&given, "access_token")).await, 200).await;
        assert_eq!((&me["email"], &me["email_verified"]), (&"eve@example.com".into(), &false.into()));
        let eve = house.app.core.find_account("eve@example.com").await.unwrap().unwrap();
        assert!(!eve.email_verified && eve.roles.is_empty());
        assert_ne!(eve.id.to_string(), "1");
    }
}

on_both_databases! {
    async fn peer_cve_2025_22228_a_long_password_counts_to_its_last_byte(house: House) {
        let long = "p".repeat(71) + "x, and what bcrypt no longer reads";
        let new = NewAccount {
            email: "long@example.com".to_owned(),
            email_verified: true,
            password: Some(Secret::new(long.clone())),
            claims: StandardClaims { name: Some("Long".to_owned()), ..StandardClaims::default() },
            ..NewAccount::default()
        };
        house.app.core.create_account(new, house.clock.now()).await.unwrap();
        let browser = Browser::new(&house);
        let attempt = async |password: &str| {
            let shown = browser.page(house.url("/sign-in")).await;
            match browser.press(&shown, "sign-in", &[("email", "long@example.com"), ("password", password)]).await {
                Landing::Page(page) => page.url.path().to_owned(),
                Landing::Away(url) => panic!("{url}"),
            }
        };
        for wrong in [&long[..72], &long[..long.len() - 1], &format!("{long} "), &format!(" {long}"), &long.to_uppercase()] {
            assert_eq!(attempt(wrong).await, "/sign-in", "{wrong:?}");
        }
        assert_eq!(attempt(&long).await, "/");
    }
}

on_both_databases! {
    async fn peer_kanidm_1_10_0_json_is_read_to_no_depth_that_harms(house: House) {
        for depth in [100, 1_000, 30_000] {
            for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
                let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
                let body = format!("{{\"redirect_uris\":[\"https://a.example/cb\"],\"jwks\":{deep}}}");
                let told = house.http.post(house.url("/register")).header("content-type", "application/json").body(body).send().await.unwrap();
                assert!([400, 413].contains(&told.status().as_u16()), "{depth}: {}", told.status());
                if deep.len() < 4_000 {
                    let params = request_with("web", &[("claims", &deep), ("prompt", "none")]);
                    let Landing::Away(url) = Browser::new(&house).authorize(&params).await else { panic!("a page") };
                    // An object of unknown members asks for nothing; beyond a depth it is none.
                    let is_read = open != "[" && depth < 128;
                    assert_eq!(query(&url)["error"], if is_read { "login_required" } else { "invalid_request" });
                }
            }
        }
        assert_eq!(house.http.get(house.url("/livez")).send().await.unwrap().status(), 200);
    }
}

on_both_databases! {
    async fn peer_ghsa_x732_6j76_qmhm_an_endpoint_has_one_path(house: House) {
        let form = [("grant_type", "client_credentials")];
        json(house.token(WEB, &form).send().await.unwrap(), 200).await;
        for name in ["token", "introspect", "revoke", "par", "register", "userinfo", "jwks", "sign-in", "authorize", "logout"] {
            let others = [format!("//{name}"), format!("/{name}/"), format!("/{name}."), format!("/{name}%2f"), format!("/%2f{name}"),
                format!("/x/%2e%2e/{name}%2e"), format!("/{}", name.to_uppercase()), format!("/{name};a"), format!("/{name}%00"), format!("/{name}%20"),
                format!("/{name}//")];
            for path in others {
                // As it stands: a client that tidies paths would hide what is asked here.
                let status = raw(&house, &path).await;
                assert!(status == 404 || name == "register" && path.starts_with("/register/"), "{path}: {status}");
            }
        }
        for path in ["/./token", "/x/../token", "/token/.", "/token/x/..", "/\\token"] {
            assert!([400, 404].contains(&raw(&house, path).await), "{path}");
        }
    }
}

/// The status of a POST to a path, byte for byte.
async fn raw(house: &House, path: &str) -> u16 {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let host = house.issuer.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    let body = "grant_type=client_credentials";
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split(' ').nth(1).unwrap_or_else(|| panic!("{path}: {answer:?}")).parse().unwrap()
}
