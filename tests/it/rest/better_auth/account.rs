//! What people change of their own account: the address, the password, and that there is one.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Guest, refusal, signs_in, told, upload};
use crate::house::{EMAIL, House, PASSWORD, json as read};
use crate::on_both_databases;

const NEW: &str = "New.Ada@Example.com";

on_both_databases! {
    async fn asvs_6_3_7_a_new_address_shows_at_once_and_opens_nothing_until_it_is_proven(house: House) {
        let ada = Guest::ada(&house).await;
        let told_of = read(ada.patch(json!({ "email": NEW, "name": "Ada L" })).await, 200).await["data"].clone();
        assert_eq!((&told_of["email"], &told_of["emailVerified"], &told_of["name"]), (&json!(NEW), &json!(false), &json!("Ada L")));
        assert_eq!(ada.session().await["user"], told_of);
        assert!(signs_in(&house, EMAIL, PASSWORD).await);
        assert!(!signs_in(&house, NEW, PASSWORD).await);
        house.mail(EMAIL, "about to change").await;
        // Asked for once more it is the same change; the old address takes it back.
        assert_eq!(read(ada.patch(json!({ "email": "new.ada@example.com" })).await, 200).await["data"]["email"], NEW);
        house.mails(NEW, "Confirm", 1).await;
        assert_eq!(read(ada.patch(json!({ "email": EMAIL })).await, 200).await["data"]["emailVerified"], true);
        let old = house.token_in_mail(NEW, "Confirm", 1).await;
        assert_eq!(refusal(ada.get(&format!("/verify-email?token={old}")).await).await, told(400, "INVALID_TOKEN"));

        ada.good("/change-email", json!({ "newEmail": NEW })).await;
        let token = house.token_in_mail(NEW, "Confirm", 2).await;
        let link = format!("/verify-email?token={token}&callbackURL={}/welcome", house.issuer);
        let eve = Guest::newcomer(&house, "eve@example.com").await;
        for stranger in [&eve, &Guest::new(&house)] {
            assert_eq!(refusal(stranger.get(&link).await).await, told(401, "UNAUTHORIZED"));
        }
        let answer = ada.get(&link).await;
        assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (302, format!("{}/welcome", house.issuer).as_str()));
        let user = ada.session().await["user"].clone();
        assert_eq!((&user["email"], &user["emailVerified"]), (&json!(NEW), &json!(true)));
        assert!(signs_in(&house, NEW, PASSWORD).await);
        assert!(!signs_in(&house, EMAIL, PASSWORD).await);
        assert_eq!(refusal(ada.get(&link).await).await, told(400, "INVALID_TOKEN"), "once");
    }
}

on_both_databases! {
    async fn the_link_is_sent_again_to_whom_it_belongs(house: House) {
        let eve = Guest::newcomer(&house, "eve@example.com").await;
        let nobody = Guest::new(&house);
        // Neither a proven address, nor one that nobody has, is told apart from one that gets a link.
        for email in [EMAIL, "nobody@example.com", "eve@example.com"] {
            let told = nobody.good("/send-verification-email", json!({ "email": email })).await;
            assert_eq!(told, json!({ "status": true }));
        }
        house.mails("eve@example.com", "Confirm", 2).await;
        assert_eq!(house.mails_now(EMAIL).len(), 0);
        eve.good("/change-email", json!({ "newEmail": NEW })).await;
        eve.good("/send-verification-email", json!({ "email": NEW })).await;
        let token = house.token_in_mail(NEW, "Confirm", 2).await;
        let told = read(eve.get(&format!("/verify-email?token={token}")).await, 200).await;
        assert_eq!((&told["user"]["email"], &told["user"]["emailVerified"]), (&json!(NEW), &json!(true)));
    }
}

on_both_databases! {
    async fn the_three_forms_of_a_profile_are_one(house: House) {
        let ada = Guest::ada(&house).await;
        let patch = || ada.request(Method::PATCH, "/v1/user/update");
        let multipart = |name: &str| format!("--b\r\ncontent-disposition: form-data; name=\"name\"\r\n\r\n{name}\r\n--b--\r\n");
        let asked = [
            ("JSON", patch().json(&json!({ "name": "JSON", "email": null }))),
            ("urlencoded & é", patch().form(&[("name", "urlencoded & é")])),
            ("multipart é", patch().header("content-type", "multipart/form-data; boundary=b").body(multipart("multipart é"))),
        ];
        for (name, request) in asked {
            assert_eq!(read(request.send().await.unwrap(), 200).await["data"]["name"], name);
            assert_eq!(ada.session().await["user"]["name"], name);
        }
        let before = ada.session().await["user"].clone();
        assert_eq!(read(ada.patch(json!({})).await, 200).await["data"], before, "nothing given, nothing changed");
        // With an API key a name may be changed, and no address.
        let key = house.ada_key().await;
        let by_key = |body: Value| house.http.patch(house.url("/v1/user/update")).bearer_auth(&key).json(&body).send();
        assert_eq!(read(by_key(json!({ "name": "By key" })).await.unwrap(), 200).await["data"]["name"], "By key");
        for email in [NEW, "ADA@example.com"] {
            let status = by_key(json!({ "email": email })).await.unwrap().status();
            assert_eq!(status, if email == NEW { 403 } else { 200 }, "{email}");
        }
    }
}

on_both_databases! {
    async fn asvs_7_4_3_a_new_password_ends_every_other_session(house: House) {
        let (one, two) = (Guest::ada(&house).await, Guest::ada(&house).await);
        let before = one.session().await["session"].clone();
        let changed = one.good("/change-password", json!({ "currentPassword": PASSWORD, "newPassword": "another password", "revokeOtherSessions": false })).await;
        assert_eq!(two.session().await, Value::Null);
        let after = one.session().await["session"].clone();
        assert_eq!((&after["id"], &after["token"]), (&before["id"], &changed["token"]), "its cookie was given anew");
        let old = house.http.get(house.url("/api/auth/get-session")).bearer_auth(before["token"].as_str().unwrap());
        assert_eq!(old.send().await.unwrap().status(), 401);
        assert!(!signs_in(&house, EMAIL, PASSWORD).await);
        assert!(signs_in(&house, EMAIL, "another password").await);

        one.good("/request-password-reset", json!({ "email": EMAIL, "redirectTo": "https://evil.example/" })).await;
        let mail = house.mail(EMAIL, "Choose a new password").await;
        assert!(mail.link().as_str().starts_with(&house.issuer), "{}", mail.text);
        let token = house.token_in_mail(EMAIL, "Choose a new password", 1).await;
        let short = one.post(&format!("/reset-password?token={token}"), json!({ "newPassword": "short" })).await;
        let short = read(short, 422).await;
        assert_eq!(short["error"]["details"]["fieldErrors"], json!({ "newPassword": ["Must be at least 8 characters"] }));
        let reset = json!({ "newPassword": PASSWORD });
        let reset = one.good(&format!("/reset-password?token={token}"), reset).await;
        assert_eq!(reset["status"], true);
        assert_eq!(one.session().await, Value::Null);
        assert!(signs_in(&house, EMAIL, PASSWORD).await);
        let again = one.post("/reset-password", json!({ "token": token, "password": "yet another one" })).await;
        assert_eq!(refusal(again).await, told(400, "INVALID_TOKEN"));
    }
}

on_both_databases! {
    async fn who_deletes_the_account_takes_everything_along(house: House) {
        let eve = Guest::newcomer(&house, "eve@example.com").await;
        let other = Guest::new(&house);
        other.good("/sign-in/email", json!({ "email": "eve@example.com", "password": PASSWORD })).await;
        let token = other.session().await["session"]["token"].as_str().unwrap().to_owned();
        house.clock.advance(16 * 60 * 1000);
        assert_eq!(refusal(eve.post("/delete-user", json!({})).await).await, told(403, "SESSION_NOT_FRESH"));
        assert_eq!(refusal(eve.post("/delete-user", json!({ "password": "wrong" })).await).await, told(400, "INVALID_PASSWORD"));
        eve.good("/delete-user", json!({ "password": PASSWORD })).await;
        assert_eq!((eve.session().await, other.session().await), (Value::Null, Value::Null));
        let gone = house.http.get(house.url("/api/auth/get-session")).bearer_auth(token).send().await.unwrap();
        assert_eq!(refusal(gone).await, told(401, "UNAUTHORIZED"));
        assert!(house.app.core.find_account("eve@example.com").await.unwrap().is_none());
        assert!(!signs_in(&house, "eve@example.com", PASSWORD).await);
        Guest::newcomer(&house, "eve@example.com").await;
    }
}

on_both_databases! {
    async fn of_many_admins_that_leave_at_once_one_stays(house: House) {
        for round in 0..5 {
            let mut guests = Vec::new();
            for n in 0..4 {
                let email = format!("root{round}{n}@example.com");
                house.add_admin(&email).await;
                let guest = Guest::new(&house);
                guest.good("/sign-in/email", json!({ "email": email, "password": PASSWORD })).await;
                guests.push(guest);
            }
            let gone = guests.iter().map(|guest| guest.post("/delete-user", json!({})));
            let gone = futures_util::future::join_all(gone).await;
            let mut statuses: Vec<_> = gone.iter().map(|answer| answer.status().as_u16()).collect();
            statuses.sort_unstable();
            // The one who stayed in an earlier round is there, too.
            let expected = if round == 0 { [200, 200, 200, 409] } else { [200; 4] };
            assert_eq!(statuses, expected, "round {round}");
            if round == 0 {
                let left: Vec<_> = house.app.core.accounts().await.unwrap();
                let admins: Vec<_> = left.iter().filter(|account| account.role() == "admin").collect();
                assert_eq!(admins.len(), 1);
                // Whoever is disabled is no reason to let the last one go, and none to stay.
                let last = admins[0].clone();
                let guest = Guest::new(&house);
                guest.good("/sign-in/email", json!({ "email": last.email, "password": PASSWORD })).await;
                let other = house.add_admin("off@example.com").await;
                house.app.core.disable_account(other, house.clock.now()).await.unwrap();
                assert_eq!(refusal(guest.post("/delete-user", json!({})).await).await, told(409, "CONFLICT"));
            }
        }
    }
}

on_both_databases! {
    async fn r69_r70_r71_a_picture_is_a_file_of_ours_or_an_address_elsewhere(house: House) {
        let ada = Guest::ada(&house).await;
        let send = async |file: Vec<u8>| {
            let asked = ada.request(Method::PATCH, "/v1/user/update").header("content-type", "multipart/form-data; boundary=x");
            read(asked.body(file).send().await.unwrap(), 200).await["data"]["image"].clone()
        };
        let mut png = std::io::Cursor::new(Vec::new());
        let drawn = image::DynamicImage::ImageRgb8(image::RgbImage::from_pixel(8, 4, image::Rgb([1, 2, 3])));
        drawn.write_to(&mut png, image::ImageFormat::Png).unwrap();
        // What it says of itself counts for nothing.
        let link = send(upload("../../evil.svg", "image/svg+xml", png.get_ref())).await;
        let link = link.as_str().unwrap().to_owned();
        assert!(!link.contains("evil"), "{link}");
        let shown = house.http.get(&link).send().await.unwrap();
        assert_eq!(shown.headers()["content-type"], "image/png");
        let now = ada.session().await["user"]["image"].as_str().unwrap().to_owned();
        assert_eq!(now.split('?').next(), link.split('?').next(), "a link made afresh, to the same picture");
        // A form in which nobody chose a file changes nothing.
        assert_eq!(send(upload("", "application/octet-stream", b"")).await.as_str().unwrap().split('?').next(), link.split('?').next());

        let elsewhere = "https://example.com/avatar.jpg";
        ada.good("/update-user", json!({ "image": elsewhere })).await;
        assert_eq!(ada.session().await["user"]["image"], elsewhere);
        assert_eq!(house.http.get(&link).send().await.unwrap().status(), 404, "ours went");
        ada.good("/update-user", json!({ "name": "Ada" })).await;
        assert_eq!(ada.session().await["user"]["image"], elsewhere);
        ada.good("/update-user", json!({ "image": null })).await;
        assert_eq!(ada.session().await["user"]["image"], Value::Null);
        let form = ada.request(Method::PATCH, "/v1/user/update").form(&[("image", elsewhere)]);
        assert_eq!(read(form.send().await.unwrap(), 200).await["data"]["image"], elsewhere);
        let form = ada.request(Method::PATCH, "/v1/user/update").form(&[("image", "")]);
        assert_eq!(read(form.send().await.unwrap(), 200).await["data"]["image"], Value::Null);

        // All or nothing: an address that is taken leaves the picture as it was; and so does a picture that
        // is none the address.
        Guest::newcomer(&house, "eve@example.com").await;
        let both = json!({ "image": elsewhere, "email": "eve@example.com" });
        assert_eq!(refusal(ada.patch(both).await).await, told(409, "CONFLICT"));
        assert_eq!(ada.session().await["user"]["image"], Value::Null);
        let link = send(upload("a.png", "image/png", png.get_ref())).await;
        ada.good("/delete-user", json!({ "password": PASSWORD })).await;
        assert_eq!(house.http.get(link.as_str().unwrap()).send().await.unwrap().status(), 404, "it goes with its owner");
    }
}
