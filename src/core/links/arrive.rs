//! Whom an identity opens, and how somebody comes in by it: the one place that links (R63).

use std::sync::Arc;

use uuid::Uuid;

use super::rights::{self, Fresh};
use super::{Astray, Wish};
use crate::core::accounts::{Account, NewAccount};
use crate::core::audit::{Actor, Event, Note};
use crate::core::claims::StandardClaims;
use crate::core::email::Email;
use crate::core::mail::letter::{Letter, Reader};
use crate::core::proofs::Purpose;
use crate::core::refusal::OrFault as _;
use crate::core::sessions::{Coming, Drafted, Kind, Place, Proof, SignedIn};
use crate::core::{Core, Failure, Fault, Refusal};
use crate::jose::{Secret, random};
use crate::store::attempts::{self, Budget};
use crate::store::{self, DbErr, entity};
use crate::upstream::{Identity, Upstream};

/// Of several who come for the first time at the same moment one makes the account, and the others
/// look again.
const TRIES: usize = 3;

/// How somebody comes.
pub struct Door<'a> {
    pub upstream: &'a Upstream,
    pub kind: Kind,
    pub browser: Option<&'a Secret>,
    pub place: &'a Place,
    /// What the upstream was asked to have them prove, and when they were sent there.
    pub wish: &'a Wish,
    pub asked_at: i64,
    /// The sealed authorization request that a mail carries along.
    pub flow: Option<String>,
}

/// Whoever is let in; nobody where somebody else was faster, and there is something to look at again.
type Came = Option<SignedIn>;

/// What is written when the owner of an account comes in by a link.
struct Visit {
    drafted: Drafted,
    /// As it is then.
    link: entity::links::Model,
    /// What wrong passwords have locked, where they have.
    lock: Budget,
}

impl Core {
    /// Lets in whomever the identity opens an account for.
    pub(super) async fn arrive(
        self: &Arc<Self>,
        door: &Door<'_>,
        identity: &Identity,
        now: i64,
    ) -> Result<SignedIn, Failure> {
        for _ in 0..TRIES {
            let upstream = door.upstream;
            let key = (upstream.id(), identity.issuer.as_str(), identity.person.subject.as_str());
            let found = store::links::by_identity(self.store.read(), key).await;
            let came = match found.or_fault("find a link")? {
                Some((link, owner)) => self.come_back(door, identity, link, owner, now).await?,
                None => self.come_first(door, identity, now).await?,
            };
            if let Some(signed_in) = came {
                return Ok(signed_in);
            }
        }
        Err(Fault::new("let somebody in", "others were faster each time").into())
    }

    /// Somebody who was here before. What the upstream tells of them is refreshed.
    async fn come_back(
        &self,
        door: &Door<'_>,
        identity: &Identity,
        link: entity::links::Model,
        owner: entity::accounts::Model,
        now: i64,
    ) -> Result<Came, Failure> {
        let account = Account::from_row(owner)?;
        let Visit { drafted, link, lock } =
            self.draft_visit(door, identity, &account, Some(link), now).await?;
        let Drafted { token, known_as, entrance } = drafted;
        let fresh = Fresh::of(door.upstream, identity);
        let id = account.id;
        let locked_by = lock.clone();
        let opened = self.store.transaction(move |tx| {
            let (link, fresh, entrance) = (link.clone(), fresh.clone(), entrance.clone());
            let lock = lock.clone();
            Box::pin(async move {
                // Asked at the moment of issue, as of a password (R42).
                if !store::accounts::hold(tx, id).await?
                    || attempts::exhausted_until(tx, &lock, now).await?.is_some()
                {
                    return Ok(None);
                }
                let Some(link) = rights::as_it_gives(tx, link).await? else { return Ok(None) };
                let link = fresh.write(tx, link, now).await?;
                if !store::links::note_use(tx, &link).await? {
                    // Not committed: the account would keep what the link gave.
                    return Err(DbErr::RecordNotUpdated);
                }
                let session = entrance.write(tx, now).await?;
                let account = store::accounts::by_id(tx, id).await?;
                Ok(account.map(|account| (session, account)))
            })
        });
        let Some((session, account)) = opened.await.or_fault("open a session")? else {
            return self.why_not(door, id, &locked_by, now).await;
        };
        let account = Account::from_row(account)?;
        Ok(Some(self.welcome(token, account, session, known_as, now)))
    }

    /// Why somebody who was here before is not let in.
    async fn why_not(
        &self,
        door: &Door<'_>,
        id: Uuid,
        lock: &Budget,
        now: i64,
    ) -> Result<Came, Failure> {
        let row = store::accounts::by_id(self.store.read(), id).await;
        let is_disabled =
            row.or_fault("find an account")?.is_some_and(|row| row.disabled_at.is_some());
        let (outcome, refusal) = if is_disabled {
            ("refused", Refusal::AccountDisabled)
        } else if let Some(retry_after) = self.locked_for(lock, now).await? {
            ("locked", Refusal::Locked { retry_after })
        } else {
            return Ok(None);
        };
        self.metrics.sign_in(outcome);
        let note = Note::new(Event::SignInRefused, Actor::Anyone, door.place).account(id);
        self.audit(&note, now).await;
        Err(refusal.into())
    }

    /// Somebody whom no link knows: their address decides. It joins an account only where the operator
    /// trusts this upstream's word for it, the word is given, and the owner of the account here has
    /// proven the address, too: else one of the two may be somebody else.
    async fn come_first(
        self: &Arc<Self>,
        door: &Door<'_>,
        identity: &Identity,
        now: i64,
    ) -> Result<Came, Failure> {
        let config = door.upstream.config();
        let person = &identity.person;
        let is_trusted = config.trust_email && person.email_verified;
        let email = person.email.as_deref().and_then(|email| Email::parse(email).ok());
        let row = match &email {
            Some(email) => store::accounts::by_email(self.store.read(), &email.key).await,
            None => Ok(None),
        };
        match (row.or_fault("find an account")?, email) {
            (Some(row), _) if is_trusted && row.email_verified => {
                self.join(door, identity, row, now).await
            }
            (Some(_), _) => {
                // Whoever came by the same identity a moment before may have made it just now.
                let key = (door.upstream.id(), identity.issuer.as_str(), person.subject.as_str());
                let known = store::links::by_identity(self.store.read(), key).await;
                match known.or_fault("find a link")? {
                    Some(_) => Ok(None),
                    None => Err(Astray::LinkRequired.into()),
                }
            }
            (None, _) if !config.sign_up => Err(Astray::SignUpClosed.into()),
            (None, None) => Err(Astray::EmailMissing.into()),
            (None, Some(email)) => {
                let mut told = person.claims.clone();
                if let Some(name) = rights::name(&told) {
                    let known = store::accounts::by_username(self.store.read(), name).await;
                    if known.or_fault("find an account")?.is_some() {
                        told = rights::without_name(told);
                    }
                }
                let claims = rights::refreshed(&StandardClaims::default(), &told);
                let new = NewAccount {
                    email: email.typed,
                    email_verified: is_trusted,
                    claims,
                    roles: rights::mapped(&person.groups, &config.roles),
                    ..NewAccount::default()
                };
                self.make(door, identity, new, now).await
            }
        }
    }

    /// Links the identity to the account that has its address, and tells its owner.
    async fn join(
        &self,
        door: &Door<'_>,
        identity: &Identity,
        owner: entity::accounts::Model,
        now: i64,
    ) -> Result<Came, Failure> {
        let email_key = owner.email_key.clone();
        let account = Account::from_row(owner)?;
        let Visit { drafted, link, lock } =
            self.draft_visit(door, identity, &account, None, now).await?;
        let Drafted { token, known_as, entrance } = drafted;
        let locked_by = lock.clone();
        let added = self.draft_adding(door.upstream, &account, &link, door.place, now)?;
        let fresh = Fresh::of(door.upstream, identity);
        let id = account.id;
        let opened = self.store.transaction(move |tx| {
            let (link, fresh, entrance) = (link.clone(), fresh.clone(), entrance.clone());
            let (email_key, added, lock) = (email_key.clone(), added.clone(), lock.clone());
            Box::pin(async move {
                if !store::accounts::hold_proven(tx, id, &email_key).await?
                    || attempts::exhausted_until(tx, &lock, now).await?.is_some()
                {
                    return Ok(None);
                }
                let link = fresh.write(tx, link, now).await?;
                added.write(tx, link).await?;
                let session = entrance.write(tx, now).await?;
                let account = store::accounts::by_id(tx, id).await?;
                Ok(account.map(|account| (session, account)))
            })
        });
        match opened.await {
            Err(error) if store::is_taken(&error) => Ok(None),
            other => match other.or_fault("link an account")? {
                Some((session, account)) => {
                    let account = Account::from_row(account)?;
                    Ok(Some(self.welcome(token, account, session, known_as, now)))
                }
                None => self.why_not(door, id, &locked_by, now).await,
            },
        }
    }

    /// Makes an account for an identity.
    async fn make(
        &self,
        door: &Door<'_>,
        identity: &Identity,
        new: NewAccount,
        now: i64,
    ) -> Result<Came, Failure> {
        let mapped = new.roles.clone();
        let mut row = self.draft(new, now).await?;
        row.last_sign_in_at = Some(now);
        let account = Account::from_row(row.clone())?;
        let Visit { drafted, link, .. } =
            self.draft_visit(door, identity, &account, None, now).await?;
        let Drafted { token, known_as, entrance } = drafted;
        let entrance = entrance.first();
        let by_link = serde_json::to_string(&mapped).or_fault("write an account's roles")?;
        let link = entity::links::Model { roles: by_link, ..link };
        let note = Note::new(Event::AccountCreated, Actor::Account(account.id), door.place);
        let note = note.account(account.id).with("upstream", door.upstream.id());
        let event = note.row(now);
        let asking = self.draft_asking(door, &account, now)?;
        let opened = self.store.transaction(move |tx| {
            let (row, link, entrance) = (row.clone(), link.clone(), entrance.clone());
            let (event, asking) = (event.clone(), asking.clone());
            Box::pin(async move {
                store::accounts::open(tx, row).await?;
                store::links::add(tx, link).await?;
                store::audit::record(tx, event).await?;
                if let Some((proof, mail)) = asking {
                    store::proofs::offer(tx, proof).await?;
                    store::mails::add(tx, mail).await?;
                }
                entrance.write(tx, now).await
            })
        });
        match opened.await {
            Err(error) if store::is_taken(&error) => Ok(None),
            other => {
                let session = other.or_fault("make an account")?;
                tracing::info!(account.id = %account.id, "links.make");
                Ok(Some(self.welcome(token, account, session, known_as, now)))
            }
        }
    }

    /// The mail that asks the owner of an unproven address whether it is theirs.
    fn draft_asking(
        &self,
        door: &Door<'_>,
        account: &Account,
        now: i64,
    ) -> Result<Option<(entity::proofs::Model, entity::mails::Model)>, Failure> {
        if account.email_verified {
            return Ok(None);
        }
        let email = Email::parse(&account.email)?;
        let flow = door.flow.as_deref();
        let (link, proof) = self.draft_link(Purpose::VerifyEmail, account.id, &email, flow, now);
        let reader = Reader::owner(account, door.place.language);
        let mail = self.write_letter(&reader, &Letter::VerifyEmail { link: &link }, now)?;
        Ok(Some((proof, mail)))
    }

    /// What is written when the owner of an account comes in by a link.
    async fn draft_visit(
        &self,
        door: &Door<'_>,
        identity: &Identity,
        account: &Account,
        link: Option<entity::links::Model>,
        now: i64,
    ) -> Result<Visit, Failure> {
        let link = self.draft_identity(door.upstream, identity, account.id, link, now)?;
        let device = self.known_device(account.id, door.place, now).await?;
        let told = identity.auth_time;
        let proof = Proof {
            auth_time: told.map(|told| door.wish.proven_at(told, door.asked_at, now)),
            amr: identity.amr.clone(),
            link: Some((link.id, identity.sid.clone())),
            upstream: Some(door.upstream.id().to_owned()),
        };
        let coming = Coming {
            kind: door.kind,
            browser: door.browser,
            place: door.place,
            is_known: device.is_some(),
            proof,
        };
        let lock = self.lock_of(account, device.as_deref());
        Ok(Visit { drafted: self.draft_entrance(coming, account, now)?, link, lock })
    }

    pub(super) fn draft_identity(
        &self,
        upstream: &Upstream,
        identity: &Identity,
        account_id: Uuid,
        link: Option<entity::links::Model>,
        now: i64,
    ) -> Result<entity::links::Model, Fault> {
        let tokens = Some(self.seal_tokens(&identity.tokens)?);
        let email = identity.person.email.clone();
        Ok(match link {
            Some(link) => entity::links::Model { email, tokens, last_used_at: now, ..link },
            None => entity::links::Model {
                id: random::id(now),
                account_id,
                upstream: upstream.id().to_owned(),
                issuer: identity.issuer.clone(),
                subject: identity.person.subject.clone(),
                email,
                roles: "[]".to_owned(),
                tokens,
                created_at: now,
                last_used_at: now,
                busy_until: 0,
            },
        })
    }
}
