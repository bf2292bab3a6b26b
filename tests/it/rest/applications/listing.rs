//! Pages, order, filters and search.

use serde_json::{Value, json};

use super::{DEVELOPER, Person, fields, path, with_roles};
use crate::house::House;
use crate::on_both_databases;

on_both_databases! {
    async fn pages_are_sorted_filtered_and_searched(house: House) {
        let node = with_roles(&house).await;
        let dev = Person::new(&node, "dev", &[DEVELOPER]).await;
        for (name, about) in [("Crème", "sweet 100%"), ("apple", "a_b"), ("Banana", "RÖMER"), ("zz top", "quote \" it"), ("Éclair", "sweet")] {
            house.clock.advance(1000);
            dev.create(&json!({ "name": name, "description": about })).await;
        }
        let all = ["Éclair", "zz top", "Banana", "apple", "Crème"];
        let (names, pages) = dev.list("").await;
        assert_eq!(names, all);
        assert_eq!(pages, json!({ "page": 1, "limit": 10, "total": 5, "totalPages": 1 }));
        let (names, pages) = dev.list("?limit=2&page=2").await;
        assert_eq!(names, all[2..4]);
        assert_eq!(pages, json!({ "page": 2, "limit": 2, "total": 5, "totalPages": 3 }));
        assert_eq!(dev.list("?page=4&limit=2").await.0, [""; 0]);
        for sort in ["sortBy=createdAt", "sortBy=created_at", "sortBy=updated_at"] {
            assert_eq!(dev.list(&format!("?{sort}&sortOrder=asc")).await.0[0], "Crème", "{sort}");
        }
        let by_name = ["apple", "Banana", "Crème", "zz top", "Éclair"];
        assert_eq!(dev.list("?sortBy=name&sortOrder=asc").await.0, by_name);
        let searches: &[(&str, &[&str])] = &[
            ("SWEET", &["Éclair", "Crème"]),
            ("anan", &["Banana"]),
            ("rÖm", &["Banana"]),
            ("römer", &["Banana"]),
            ("écl", &["Éclair"]),
            ("100%25", &["Crème"]),
            ("a_b", &["apple"]),
            ("a%25b", &[]),
            ("quote \" it", &["zz top"]),
            ("zz", &["zz top"]),
            ("Z", &["zz top"]),
            ("É", &["Éclair"]),
            ("op", &[]),
            ("sweet AND \"", &[]),
            ("*", &[]),
            ("' OR 1=1 --", &[]),
        ];
        for (search, found) in searches {
            assert_eq!(dev.list(&format!("?search={search}")).await.0, *found, "{search}");
        }
        assert_eq!(dev.list("?search=sweet&limit=1&page=2&sortBy=name").await.0, ["Crème"]);
        let id = dev.get("?filter[name]=BANANA", 200).await["data"]["items"][0]["id"].clone();
        dev.change(&id, &json!({ "isActive": false, "description": null })).await;
        let by_id = format!("filter[id]={}", id.as_str().unwrap());
        let by_owner = format!("filter[userId]={}&filter[isActive]=false", dev.id);
        let filters: &[(&str, &[&str])] = &[
            ("filter[isActive]=false", &["Banana"]),
            ("filter[is_active]=true&filter[name]=apple", &["apple"]),
            ("filter%5Bname%5D=cr%C3%A8me", &["Crème"]),
            ("filter[name]=appl", &[]),
            (&by_id, &["Banana"]),
            (&by_owner, &["Banana"]),
            ("search=r%C3%B6mer", &[]),
        ];
        for (filter, found) in filters {
            assert_eq!(dev.list(&format!("?{filter}")).await.0, *found, "{filter}");
        }
        assert_eq!(dev.list("?sortBy=updatedAt").await.0[0], "Banana");
    }
}

on_both_databases! {
    async fn peer_cve_2026_33504_cve_2026_33503_rauthy_0_32_1_a_page_has_limits_and_no_overflow(house: House) {
        let admin = Person::admin(&house).await;
        admin.create(&json!({ "name": "One" })).await;
        for (query, field) in [
            ("limit=0", "limit"), ("limit=101", "limit"), ("limit=-1", "limit"), ("limit=ten", "limit"),
            ("page=0", "page"), ("page=-1", "page"), ("page=1.5", "page"),
            ("page=99999999999999999999999", "page"), ("limit=1&limit=2", "limit"),
            ("sortOrder=sideways", "sortOrder"), ("search=%00", "search"), ("filter[name]=%00", "filter[name]"),
            ("filter[isActive]=maybe", "filter[isActive]"), ("filter[userId]=me", "filter[userId]"),
            ("filter[name]=a&filter[name]=b", "filter[name]"), ("filter=a", "filter"),
        ] {
            assert_eq!(fields(&admin.get(&format!("?{query}"), 400).await), [field], "{query}");
        }
        for page in [u64::MAX, u64::MAX / 100, i64::MAX.unsigned_abs()] {
            let (names, pages) = admin.list(&format!("?page={page}&limit=100")).await;
            assert!(names.is_empty() && pages["total"] == 1, "{page}");
        }
    }
}

on_both_databases! {
    async fn peer_cve_2025_67717_no_secret_and_no_private_field_can_be_filtered_or_sorted_by(house: House) {
        let admin = Person::admin(&house).await;
        admin.create(&json!({ "name": "One" })).await;
        for field in [
            "clientSecret", "client_secret", "secretDigest", "secret_digest", "sealedSecret", "management_digest",
            "managementDigest", "metadata", "owner_id", "password", "user.email", "name'--", "",
        ] {
            let error = admin.get(&format!("?filter[{field}]=a"), 400).await;
            assert_eq!(fields(&error), [format!("filter[{field}]")], "{field}");
            assert_eq!(fields(&admin.get(&format!("?sortBy={field}"), 400).await), ["sortBy"], "{field}");
            let error = admin.get(&format!("/export?filter[{field}]=a"), 400).await;
            assert_eq!(fields(&error).len(), 1, "{field}");
        }
        // Nor does searching look at them.
        let id = admin.list("").await;
        assert_eq!(id.0, ["One"]);
        assert_eq!(admin.list("?search=client_secret_basic").await.0, [""; 0]);
    }
}

on_both_databases! {
    async fn a_name_is_its_owners_once_whatever_its_case(house: House) {
        let node = with_roles(&house).await;
        let (one, other) = (Person::new(&node, "one", &[DEVELOPER]).await, Person::new(&node, "other", &[DEVELOPER]).await);
        one.create(&json!({ "name": "Straße É" })).await;
        let body = json!({ "name": "  straße É " });
        let taken = one.send(reqwest::Method::POST, "", &body, 409).await;
        assert_eq!(taken["error"]["code"], "CONFLICT");
        other.create(&body).await;
        let second = one.create(&json!({ "name": "Second" })).await;
        let put = path(&second["id"]);
        assert_eq!(one.send(reqwest::Method::PUT, &put, &body, 409).await["error"]["code"], "CONFLICT");
        let same: Value = one.send(reqwest::Method::PUT, &put, &json!({ "name": "SECOND" }), 200).await;
        assert_eq!(same["data"]["name"], "SECOND");

        // Of many at once, one.
        let body = json!({ "name": "Race" });
        let makers = (0..8).map(|_| one.ask(reqwest::Method::POST, "").json(&body).send());
        let made = futures_util::future::join_all(makers).await;
        let mut statuses: Vec<_> = made.into_iter().map(|made| made.unwrap().status().as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    }
}

/// Somebody else owns the database, and only its schema may be written to: there is no index for
/// searching, and no start fails for it.
#[tokio::test(flavor = "multi_thread")]
async fn without_pg_trgm_the_server_starts_and_searches_all_the_same() {
    use countersign::store::{Store, applications};
    use sea_orm::ConnectionTrait as _;
    let url = crate::house::new_postgres_database().await;
    let name = url.rsplit('/').next().unwrap();
    let admin = sea_orm::Database::connect(&url).await.unwrap();
    for statement in [
        format!("CREATE ROLE plain_{name} LOGIN"),
        format!("GRANT CREATE, USAGE ON SCHEMA public TO plain_{name}"),
    ] {
        admin.execute_unprepared(&statement).await.unwrap();
    }
    let mut theirs = reqwest::Url::parse(&url).unwrap();
    theirs.set_username(&format!("plain_{name}")).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut config = countersign::config::Config::from_toml("").unwrap();
    config.database.url = theirs.to_string();
    config.keys.directory = directory.path().join("keys");
    let clock = countersign::core::Clock::default();
    let core = countersign::core::Core::start(&config, Vec::new(), clock).await.unwrap();
    let metadata = countersign::config::ClientMetadata {
        client_name: Some("Needle".to_owned()),
        grant_types: Some(vec!["client_credentials".to_owned()]),
        ..Default::default()
    };
    core.register_client(metadata, core.clock().now()).await.unwrap().unwrap();
    let store = Store::open(&config.database.url).await.unwrap();
    assert!(applications::lacks_index(store.read()).await.unwrap());
    let narrow = applications::Narrow { search: Some("eedl".to_owned()), ..Default::default() };
    assert_eq!(applications::count(store.read(), &narrow).await.unwrap(), 1);
    admin.close().await.unwrap();
}

on_both_databases! {
    async fn a_client_of_before_is_named_by_its_metadata(house: House) {
        use countersign::store::Store;
        use sea_orm::{ConnectionTrait as _, Database};
        let metadata = |name: Option<&str>| countersign::config::ClientMetadata {
            client_name: name.map(str::to_owned),
            grant_types: Some(vec!["client_credentials".to_owned()]),
            ..Default::default()
        };
        let (core, now) = (&house.app.core, house.clock.now());
        let named = core.register_client(metadata(Some("Élan")), now).await.unwrap().unwrap();
        let nameless = core.register_client(metadata(None), now).await.unwrap().unwrap();
        // As the release before left them.
        let db = Database::connect(&house.config.database.url).await.unwrap();
        for statement in [
            "DROP TRIGGER IF EXISTS clients_search_added", "DROP TRIGGER IF EXISTS clients_search_removed",
            "DROP TRIGGER IF EXISTS clients_search_changed", "DROP TABLE IF EXISTS client_trigrams",
            "DROP TABLE IF EXISTS client_texts", "DROP INDEX IF EXISTS clients_search",
        ] {
            let is_sqlite = db.get_database_backend() == sea_orm::DbBackend::Sqlite;
            if is_sqlite || !statement.contains("TRIGGER") {
                db.execute_unprepared(statement).await.unwrap();
            }
        }
        for index in ["owner_name", "owner_created", "owner_updated", "created", "updated", "name", "active", "owner_active"] {
            db.execute_unprepared(&format!("DROP INDEX clients_{index}")).await.unwrap();
        }
        db.execute_unprepared("DROP TABLE client_changes").await.unwrap();
        for column in ["owner_id", "name", "name_key", "description", "search"] {
            let dropped = db.execute_unprepared(&format!("ALTER TABLE clients DROP COLUMN {column}")).await;
            dropped.unwrap();
        }
        let forget = "DELETE FROM seaql_migrations WHERE version = 'm0009_applications'";
        db.execute_unprepared(forget).await.unwrap();
        db.close().await.unwrap();

        Store::open(&house.config.database.url).await.unwrap().migrate().await.unwrap();
        let admin = Person::admin(&house).await;
        let id = nameless.client_id.as_str();
        assert_eq!(admin.list("?search=%C3%89LAN").await.0, ["Élan"]);
        assert_eq!(admin.list(&format!("?search={id}")).await.0, [id]);
        assert_eq!(admin.get(&format!("/{id}"), 200).await["data"]["name"], id);
        assert_eq!(admin.get(&format!("/{}", named.client_id), 200).await["data"]["userId"], Value::Null);
    }
}
