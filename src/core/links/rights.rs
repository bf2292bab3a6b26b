//! What an account has of an upstream: claims, and roles by its groups.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::core::accounts::{DEPARTURES, may_say};
use crate::core::claims::StandardClaims;
use crate::core::roles::ADMIN;
use crate::store::{self, DbErr, Transaction, entity};
use crate::upstream::{Identity, Upstream};

const NAME: &str = "preferred_username";
const NUMBER: &str = "phone_number";
const NUMBER_VERIFIED: &str = "phone_number_verified";

/// The claims of an account after a sign-in: what the upstream tells takes the place of what there was,
/// as far as it can be a claim at all.
pub fn refreshed(have: &StandardClaims, told: &Map<String, Value>) -> StandardClaims {
    let Ok(Value::Object(mut all)) = serde_json::to_value(have) else { return have.clone() };
    let old_number = all.get(NUMBER).cloned();
    for (name, value) in told.iter().filter(|(name, _)| *name != NUMBER_VERIFIED) {
        if value.as_str().is_some_and(|text| !may_say(name, text)) {
            continue;
        }
        let alone = Value::Object([(name.clone(), value.clone())].into_iter().collect());
        let claim = serde_json::from_value::<StandardClaims>(alone);
        if claim.is_ok_and(|claim| claim.check().is_ok()) {
            all.insert(name.clone(), value.clone());
        }
    }
    // Whoever proved a number proved that one.
    let number = all.get(NUMBER).cloned();
    match told.get(NUMBER_VERIFIED) {
        Some(verified) if number.is_some() && told.get(NUMBER) == number.as_ref() => {
            all.insert(NUMBER_VERIFIED.to_owned(), verified.clone());
        }
        _ if number != old_number => drop(all.remove(NUMBER_VERIFIED)),
        _ => {}
    }
    serde_json::from_value(Value::Object(all)).unwrap_or_else(|_| have.clone())
}

/// The name that an upstream tells.
pub fn name(told: &Map<String, Value>) -> Option<&str> {
    told.get(NAME).and_then(Value::as_str)
}

/// What it tells of somebody, without a name by which another account is known here: apps would take
/// the one for the other.
pub fn without_name(mut told: Map<String, Value>) -> Map<String, Value> {
    told.insert(NAME.to_owned(), Value::Null);
    told
}

/// Our roles for their groups.
pub fn mapped(groups: &[String], roles: &BTreeMap<String, String>) -> Vec<String> {
    let mut mapped: Vec<String> = Vec::new();
    for role in groups.iter().filter_map(|group| roles.get(group)) {
        if !mapped.contains(role) {
            mapped.push(role.clone());
        }
    }
    mapped
}

/// The roles of an account, and those among them that it has by its link alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles {
    pub all: Vec<String>,
    pub by_link: Vec<String>,
}

impl Roles {
    /// After a sign-in with these roles mapped: a role that the link gave goes when its group is gone,
    /// and one that somebody here gave stays, whatever the groups.
    pub fn after(&self, mapped: &[String]) -> Self {
        let is_gone = |role: &String| self.by_link.contains(role) && !mapped.contains(role);
        let mut all: Vec<String> = self.all.iter().filter(|role| !is_gone(role)).cloned().collect();
        let mut by_link = Vec::new();
        for role in mapped {
            if !all.contains(role) {
                all.push(role.clone());
                by_link.push(role.clone());
            } else if self.by_link.contains(role) {
                by_link.push(role.clone());
            }
        }
        Self { all, by_link }
    }

    /// With one role more than [`Roles::after`] left: the last who may do everything stays.
    pub fn keeping(mut self, role: &str) -> Self {
        self.all.push(role.to_owned());
        self.by_link.push(role.to_owned());
        self
    }
}

/// Roles as they are stored.
pub fn stored(roles: &[String]) -> String {
    serde_json::to_string(roles).unwrap_or_default()
}

/// What an account and its link have once these roles are the mapped ones. This transaction holds the
/// account's row; whoever stops being an administrator is counted with those who leave, so that of two
/// at once the second sees what the first left.
pub async fn regroup(
    tx: &Transaction,
    account: &entity::accounts::Model,
    link: &entity::links::Model,
    mapped: &[String],
) -> Result<Roles, DbErr> {
    let read = |text: &str| serde_json::from_str::<Vec<String>>(text).unwrap_or_default();
    let is_admin = |roles: &Roles| roles.all.iter().any(|role| role == ADMIN);
    let have = Roles { all: read(&account.roles), by_link: read(&link.roles) };
    let roles = have.after(mapped);
    if !is_admin(&have) || is_admin(&roles) {
        return Ok(roles);
    }
    store::revisions::bump(tx, DEPARTURES).await?;
    if store::accounts::has_other(tx, account.id, ADMIN).await? {
        return Ok(roles);
    }
    tracing::warn!(account.id = %account.id, "links: the last administrator stays one");
    Ok(roles.keeping(ADMIN))
}

/// Takes from an account the roles that a link alone gave it.
pub async fn take(tx: &Transaction, link: &entity::links::Model, now: i64) -> Result<(), DbErr> {
    let Some(row) = store::accounts::by_id(tx, link.account_id).await? else { return Ok(()) };
    let all = stored(&regroup(tx, &row, link, &[]).await?.all);
    if all == row.roles {
        return Ok(());
    }
    store::accounts::refresh(tx, row.id, (&row.claims, &all), now).await
}

/// A link with the roles that it gives by now, if it is there still. This transaction holds its
/// account's row: two may come back at once, and somebody may end it meanwhile.
pub async fn as_it_gives(
    tx: &Transaction,
    link: entity::links::Model,
) -> Result<Option<entity::links::Model>, DbErr> {
    let kept = store::links::of_id(tx, link.account_id, link.id).await?;
    Ok(kept.map(|kept| entity::links::Model { roles: kept.roles, ..link }))
}

/// What an upstream tells of a person, to be written over what the account has.
#[derive(Clone)]
pub struct Fresh {
    pub claims: Map<String, Value>,
    pub roles: Vec<String>,
}

impl Fresh {
    pub fn of(upstream: &Upstream, identity: &Identity) -> Self {
        let person = &identity.person;
        let roles = mapped(&person.groups, &upstream.config().roles);
        Self { claims: person.claims.clone(), roles }
    }

    /// Writes it to the account, whose row this transaction holds; the link, with the roles that it
    /// gives from now on.
    pub async fn write(
        self,
        tx: &Transaction,
        link: entity::links::Model,
        now: i64,
    ) -> Result<entity::links::Model, DbErr> {
        let Some(row) = store::accounts::by_id(tx, link.account_id).await? else { return Ok(link) };
        let roles = regroup(tx, &row, &link, &self.roles).await?;
        let mut told = self.claims;
        if let Some(name) = name(&told) {
            let known = store::accounts::by_username(tx, name).await?;
            if known.is_some_and(|known| known.id != row.id) {
                told = without_name(told);
            }
        }
        if row.picture_key.is_some() {
            // A picture that was put up here stays.
            told.remove("picture");
        }
        let claims = serde_json::from_str::<StandardClaims>(&row.claims).unwrap_or_default();
        let claims = serde_json::to_string(&refreshed(&claims, &told)).unwrap_or_default();
        let all = stored(&roles.all);
        if (claims.as_str(), all.as_str()) != (row.claims.as_str(), row.roles.as_str())
            && !claims.is_empty()
        {
            store::accounts::refresh(tx, row.id, (&claims, &all), now).await?;
        }
        Ok(entity::links::Model { roles: stored(&roles.by_link), ..link })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn roles(all: &[&str], by_link: &[&str]) -> Roles {
        let own = |roles: &[&str]| roles.iter().map(|&role| role.to_owned()).collect();
        Roles { all: own(all), by_link: own(by_link) }
    }

    #[test]
    fn a_role_goes_with_its_group_and_one_given_here_stays() {
        let staff = ["staff".to_owned()];
        let first = roles(&["editor"], &[]).after(&staff);
        assert_eq!(first, roles(&["editor", "staff"], &["staff"]));
        assert_eq!(first.after(&staff), first);
        assert_eq!(first.after(&[]), roles(&["editor"], &[]));
        // Given here before the link: it is not the link's to take.
        let own = roles(&["staff"], &[]).after(&staff);
        assert_eq!(own, roles(&["staff"], &[]));
        assert_eq!(own.after(&[]), roles(&["staff"], &[]));
        // Taken away here, and the group is still there: the group gives it again.
        assert_eq!(
            roles(&[], &["staff"]).after(&staff),
            first.after(&staff).clone().without("editor")
        );
    }

    impl Roles {
        fn without(mut self, role: &str) -> Self {
            self.all.retain(|it| it != role);
            self
        }
    }

    #[test]
    fn groups_are_compared_to_the_character() {
        let table = [("Staff".to_owned(), "staff".to_owned())].into();
        let groups = |names: &[&str]| names.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
        assert_eq!(mapped(&groups(&["Staff", "Staff", "x"]), &table), ["staff"]);
        assert_eq!(mapped(&groups(&["staff", "Staff "]), &table), [""; 0]);
    }

    #[test]
    fn a_claim_that_cannot_be_one_is_left_aside() {
        let have = StandardClaims { name: Some("Ada".to_owned()), ..StandardClaims::default() };
        let told = json!({ "name": "Ada L.", "birthdate": "tomorrow", "picture": "javascript:1" });
        let new = refreshed(&have, told.as_object().unwrap());
        assert_eq!(new, StandardClaims { name: Some("Ada L.".to_owned()), ..have });
    }

    #[test]
    fn a_number_that_was_proven_is_not_another_one() {
        let own = |number: &str| StandardClaims {
            phone_number: Some(number.to_owned()),
            phone_number_verified: Some(true),
            ..StandardClaims::default()
        };
        let have = own("+33123456789");
        let after = |told: Value| refreshed(&have, told.as_object().unwrap());
        assert_eq!(after(json!({ "phone_number": "+33123456789" })), have);
        let other = after(json!({ "phone_number": "+33987654321" }));
        assert_eq!(other.phone_number_verified, None);
        let both = json!({ "phone_number": "+33987654321", "phone_number_verified": true });
        assert_eq!(after(both), own("+33987654321"));
        // Of a number that cannot be one, or of none, nothing is said.
        let none = json!({ "phone_number": "call me", "phone_number_verified": false });
        assert_eq!(after(none), have);
        assert_eq!(after(json!({ "phone_number_verified": false })), have);
    }
}
