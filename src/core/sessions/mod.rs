//! Sessions: a browser or app in which a person has signed in. Everything a person is given belongs
//! to one, and ends with it.

use std::sync::Arc;

use uuid::Uuid;

mod browser;
mod carried;
mod entrance;
mod kind;

pub use browser::{Held, Left};
pub(super) use entrance::{Coming, Drafted, Proof};
pub use kind::Kind;

use super::accounts::{Account, Checked, to_its_end};
use super::audit::{Actor, Event, Note};
use super::language::Language;
use super::refusal::OrFault as _;
use super::scope::Scope;
use super::{Core, Failure, Fault};
use crate::jose::{Secret, random};
use crate::store::{self, entity};

/// A session's last use is noted no more often than this, so that using it costs no write.
pub(super) const TOUCH_EVERY: i64 = 60_000;

/// A browser is known for so long after its first sign-in: as long as browsers keep a cookie.
pub const DEVICE_LIFETIME: i64 = 400 * 24 * 60 * 60 * 1000;

/// Where a request comes from.
#[derive(Clone, Debug, Default)]
pub struct Place {
    pub ip: String,
    pub user_agent: String,
    pub request_id: String,
    /// What the person reads.
    pub language: Language,
    /// The tokens of known devices that the browser holds, whoever's they are.
    pub devices: Vec<Secret>,
}

/// A session as its person may know it.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: Uuid,
    pub kind: Kind,
    /// Which of its successive tokens is the living one.
    pub generation: i64,
    pub created_at: i64,
    pub last_seen_at: i64,
    /// When it ends, if it is not used again.
    pub expires_at: i64,
    /// When the person last proved a factor.
    pub auth_time: i64,
    pub ip: String,
    pub user_agent: String,
}

/// What whoever has signed in gets.
pub struct SignedIn {
    /// Carries on a session of the kind that browsers have.
    pub token: Secret,
    pub account: Account,
    pub session: Session,
    /// When a browser may forget the token: no use of it keeps the session longer.
    pub ends_at: i64,
    /// By this token the browser is known as the person's from now on.
    pub device: Option<Secret>,
}

impl SignedIn {
    #[must_use]
    pub fn owner(&self) -> Owner<'_> {
        let Session { id, auth_time, .. } = self.session;
        Owner { account: &self.account, session_id: id, auth_time }
    }
}

/// A way in that somebody tries.
pub struct SignIn<'a> {
    /// An e-mail address or a username.
    pub identifier: &'a str,
    pub password: Secret,
    pub kind: Kind,
}

/// Whoever is signed in, to whom an account belongs.
#[derive(Clone, Copy)]
pub struct Owner<'a> {
    pub account: &'a Account,
    pub session_id: Uuid,
    /// When the person last proved a factor.
    pub auth_time: i64,
}

/// A person with a live session.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub session_id: Uuid,
    pub account: Account,
    /// When the person last proved a factor.
    pub auth_time: i64,
    /// How (RFC 8176).
    pub amr: Vec<String>,
    /// When the session ends at the latest.
    pub expires_at: i64,
    /// What the client that was asked about may see.
    pub consented: Option<Scope>,
}

impl Visitor {
    #[must_use]
    pub fn owner(&self) -> Owner<'_> {
        let Self { session_id, auth_time, account, .. } = self;
        Owner { account, session_id: *session_id, auth_time: *auth_time }
    }
}

impl Core {
    /// Signs a person in by e-mail address or username, and password. A browser that is signed in
    /// already keeps its session when it is the same person's (what belongs to it lives on) but gets a
    /// new token; another person's session is ended. The owner is told of a device not seen before.
    ///
    /// # Errors
    /// As `check_password` has them.
    pub async fn sign_in(
        self: &Arc<Self>,
        asked: SignIn<'_>,
        browser: Option<&Secret>,
        place: Place,
        now: i64,
    ) -> Result<SignedIn, Failure> {
        let (core, browser) = (Arc::clone(self), browser.cloned());
        let SignIn { identifier, password, kind } = asked;
        let identifier = identifier.to_owned();
        to_its_end(async move {
            let checked = core.check_password(&identifier, password, &place, now).await?;
            core.let_in(checked, kind, browser.as_ref(), &place, now).await
        })
        .await
    }

    /// Lets somebody in whose password was right, unless something has come between.
    async fn let_in(
        self: &Arc<Self>,
        checked: Checked,
        kind: Kind,
        browser: Option<&Secret>,
        place: &Place,
        now: i64,
    ) -> Result<SignedIn, Failure> {
        let coming = Coming {
            kind,
            browser,
            place,
            is_known: checked.device.is_some(),
            proof: Proof::password(now),
        };
        let opened = self.open_checked(&checked, coming, now).await;
        if let Ok(Some(signed_in)) = opened {
            return Ok(signed_in);
        }
        // Not forgiven: a lock that has fallen meanwhile stands.
        let given_back = self.give_back(checked.tried.clone()).await;
        opened?;
        given_back?;
        Err(self.why_not_admitted(&checked, place, now).await?.into())
    }

    async fn open_checked(
        &self,
        checked: &Checked,
        coming: Coming<'_>,
        now: i64,
    ) -> Result<Option<SignedIn>, Fault> {
        let account = checked.account.clone();
        let Drafted { token, known_as, entrance } = self.draft_entrance(coming, &account, now)?;
        let checked = checked.clone();
        let opened = self.store.transaction(move |tx| {
            let (checked, entrance) = (checked.clone(), entrance.clone());
            Box::pin(async move {
                // R42: asked at the moment of issue.
                if !checked.admit(tx, now).await? {
                    return Ok(None);
                }
                let session = entrance.enter(tx, now).await?;
                checked.tried.forgive(tx, now).await?;
                Ok(Some(session))
            })
        });
        let session = opened.await.or_fault("open a session")?;
        Ok(session.map(|session| self.welcome(token, account, session, known_as, now)))
    }

    /// Somebody has come in.
    pub(super) fn welcome(
        &self,
        token: Secret,
        account: Account,
        session: store::sessions::Glimpse,
        device: Option<Secret>,
        now: i64,
    ) -> SignedIn {
        self.metrics.sign_in("success");
        tracing::info!(account.id = %account.id, session.id = %session.id, "sessions.sign_in");
        let account = Account { last_sign_in_at: Some(now), ..account };
        self.signed_in(token, account, session, device)
    }

    pub(super) fn signed_in(
        &self,
        token: Secret,
        account: Account,
        session: store::sessions::Glimpse,
        device: Option<Secret>,
    ) -> SignedIn {
        let ends_at = session.expires_at;
        SignedIn { token, account, session: self.session(session), ends_at, device }
    }

    pub(super) fn session(&self, row: store::sessions::Glimpse) -> Session {
        Session {
            id: row.id,
            kind: Kind::stored(&row.kind),
            generation: row.generation,
            created_at: row.created_at,
            last_seen_at: row.last_seen_at,
            expires_at: row.expires_at.min(row.last_seen_at + self.rules.session_idle),
            auth_time: row.auth_time,
            ip: row.ip,
            user_agent: row.user_agent,
        }
    }

    /// The digest of the device of this account that the browser holds a token of.
    pub(super) async fn known_device(
        &self,
        account_id: Uuid,
        place: &Place,
        now: i64,
    ) -> Result<Option<Vec<u8>>, Fault> {
        if place.devices.is_empty() {
            return Ok(None);
        }
        let digests = place.devices.iter().map(|token| token.digest().to_vec()).collect();
        let since = now - DEVICE_LIFETIME;
        let known = store::devices::known(self.store.read(), account_id, digests, since).await;
        known.or_fault("look for a known device")
    }

    /// A session from now on: the token that carries on a browser's, and its row.
    pub(super) fn draft_session(
        &self,
        kind: Kind,
        account_id: Uuid,
        place: &Place,
        now: i64,
    ) -> (Secret, entity::sessions::Model) {
        let token = random::token();
        let session = entity::sessions::Model {
            id: random::id(now),
            token_digest: token.digest().to_vec(),
            account_id,
            created_at: now,
            last_seen_at: now,
            expires_at: now + self.lifetime(kind),
            auth_time: now,
            amr: "pwd".to_owned(),
            ip: place.ip.clone(),
            user_agent: place.user_agent.chars().take(400).collect(),
            ended_at: None,
            kind: kind.name().to_owned(),
            generation: 0,
            rotated_at: None,
            link_id: None,
            upstream_sid: None,
        };
        (token, session)
    }

    /// How long a session of that kind lasts without being carried on.
    fn lifetime(&self, kind: Kind) -> i64 {
        let absolute = self.rules.session_absolute;
        kind.lifetime(absolute, self.rules.bearer_lifetime).min(absolute)
    }

    /// Whether a session has not ended, by itself or because it was ended.
    pub(super) fn is_live(&self, session: &store::sessions::Glimpse, now: i64) -> bool {
        session.ended_at.is_none()
            && session.expires_at > now
            && session.last_seen_at > now - self.rules.session_idle
    }

    /// Who is behind a browser's token, if its session is live and its account may sign in.
    ///
    /// # Errors
    /// A fault.
    pub async fn visitor(
        &self,
        browser: Option<&Secret>,
        client_id: Option<&str>,
        now: i64,
    ) -> Result<Option<Visitor>, Fault> {
        let Some(token) = browser else { return Ok(None) };
        let seen = store::sessions::look(self.store.read(), &token.digest(), client_id)
            .await
            .or_fault("look at a session")?;
        let Some(store::sessions::Seen { session, account, consented }) = seen else {
            return Ok(None);
        };
        let account = Account::from_row(*account)?;
        if !self.is_live(&session, now) || account.disabled {
            return Ok(None);
        }
        if session.last_seen_at + TOUCH_EVERY < now {
            self.note_use(session.id, now).await;
        }
        Ok(Some(Visitor {
            session_id: session.id,
            account,
            auth_time: session.auth_time,
            amr: split_amr(&session.amr),
            expires_at: session.expires_at,
            consented: consented.as_deref().map(Scope::stored),
        }))
    }

    /// Notes that a session was used. What it was used for does not fail where that cannot be
    /// written: a refresh token that is rotated already, least of all.
    pub(super) async fn note_use(&self, session_id: Uuid, now: i64) {
        if let Err(error) = store::sessions::touch(self.store.write(), session_id, now).await {
            tracing::warn!(session.id = %session_id, %error, "sessions.note_use");
        }
    }

    /// Ends the session of a browser's token.
    ///
    /// # Errors
    /// A fault.
    pub async fn sign_out(&self, browser: &Secret, place: &Place, now: i64) -> Result<(), Fault> {
        let (digest, place) = (browser.digest(), place.clone());
        let ended = self.store.transaction(move |tx| {
            let place = place.clone();
            Box::pin(async move { end(tx, &digest, &place, now).await })
        });
        ended.await.or_fault("end a session")
    }
}

/// Ends the session of a token's digest, if it is live, and puts that on record.
pub(super) async fn end(
    tx: &store::Transaction,
    digest: &[u8],
    place: &Place,
    now: i64,
) -> Result<(), store::DbErr> {
    let ended = store::sessions::end(tx, digest, now).await?;
    note_end(tx, ended, place, now).await
}

/// Puts on record that a session has ended, if one has: its id and its account's.
async fn note_end(
    tx: &store::Transaction,
    ended: Option<(Uuid, Uuid)>,
    place: &Place,
    now: i64,
) -> Result<(), store::DbErr> {
    let Some((session_id, account_id)) = ended else { return Ok(()) };
    let note = Note::new(Event::SessionEnded, Actor::Account(account_id), place);
    store::audit::record(tx, note.account(account_id).session(session_id).row(now)).await
}

/// The stored form of an `amr` is a space-separated list.
pub(super) fn split_amr(amr: &str) -> Vec<String> {
    amr.split_ascii_whitespace().map(str::to_owned).collect()
}

/// A device from now on: its token, and its row. A browser's own token is never taken for one, since
/// somebody else may have put it there.
pub(super) fn draft_device(account_id: Uuid, now: i64) -> (Secret, entity::devices::Model) {
    let token = random::token();
    let digest = token.digest().to_vec();
    (token, entity::devices::Model { digest, account_id, created_at: now })
}
