//! Sessions: a browser or app in which a person has signed in. Everything a person is given belongs
//! to one, and ends with it.

use uuid::Uuid;

use super::accounts::Account;
use super::audit::{Actor, Event, Note};
use super::refusal::OrFault as _;
use super::scope::Scope;
use super::{Core, Failure, Fault};
use crate::jose::{Secret, random};
use crate::store::{self, entity};

/// A session's last use is noted no more often than this, so that using it costs no write.
pub(super) const TOUCH_EVERY: i64 = 60_000;

/// Where a request comes from.
#[derive(Clone, Debug, Default)]
pub struct Place {
    pub ip: String,
    pub user_agent: String,
    pub request_id: String,
}

/// What a browser gets when its person has signed in.
pub struct SignedIn {
    pub token: Secret,
    /// When the session ends at the latest.
    pub expires_at: i64,
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

impl Core {
    /// Signs a person in by e-mail address and password. A browser that is signed in already keeps
    /// its session when it is the same person's (what belongs to it lives on) but gets a new token;
    /// another person's session is ended.
    ///
    /// # Errors
    /// As `check_password` has them.
    pub async fn sign_in(
        &self,
        email: &str,
        password: Secret,
        browser: Option<&Secret>,
        place: Place,
        now: i64,
    ) -> Result<SignedIn, Failure> {
        let account = self.check_password(email, password, &place, now).await?;
        self.metrics.sign_in("success");
        let note = |event| Note::new(event, Actor::Account(account.id), &place).account(account.id);
        let (signed_in, session) = self.draft_session(account.id, place.clone(), now);
        if let Some(old) = browser {
            let old = old.digest();
            let since = now - self.rules.session_idle;
            let renewed = store::sessions::renew(self.store.write(), &old, &session, since).await;
            if renewed.or_fault("renew a session")? {
                tracing::info!(account.id = %account.id, "sessions.renew");
                self.audit(&note(Event::SessionRenewed), now).await;
                return Ok(signed_in);
            }
            self.end_session(old, &place, now).await?;
        }
        let session_id = session.id;
        let event = note(Event::SessionOpened).session(session_id).row(now);
        let opened = self.store.transaction(move |tx| {
            let (session, event) = (session.clone(), event.clone());
            Box::pin(async move {
                store::sessions::open(tx, session).await?;
                store::audit::record(tx, event).await
            })
        });
        opened.await.or_fault("open a session")?;
        tracing::info!(account.id = %account.id, session.id = %session_id, "sessions.open");
        Ok(signed_in)
    }

    pub(super) fn draft_session(
        &self,
        account_id: Uuid,
        place: Place,
        now: i64,
    ) -> (SignedIn, entity::sessions::Model) {
        let token = random::token();
        let expires_at = now + self.rules.session_absolute;
        let session = entity::sessions::Model {
            id: random::id(now),
            token_digest: token.digest().to_vec(),
            account_id,
            created_at: now,
            last_seen_at: now,
            expires_at,
            auth_time: now,
            amr: "pwd".to_owned(),
            ip: place.ip,
            user_agent: place.user_agent.chars().take(400).collect(),
            ended_at: None,
        };
        (SignedIn { token, expires_at }, session)
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
        let live = session.ended_at.is_none()
            && session.expires_at > now
            && session.last_seen_at > now - self.rules.session_idle;
        let account = Account::from_row(account)?;
        if !live || account.disabled {
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
        self.end_session(browser.digest(), place, now).await
    }

    async fn end_session(&self, digest: [u8; 32], place: &Place, now: i64) -> Result<(), Fault> {
        let place = place.clone();
        let ended = self.store.transaction(move |tx| {
            let place = place.clone();
            Box::pin(async move {
                let Some((session_id, account_id)) = store::sessions::end(tx, &digest, now).await?
                else {
                    return Ok(());
                };
                let event = Note::new(Event::SessionEnded, Actor::Account(account_id), &place)
                    .account(account_id)
                    .session(session_id);
                store::audit::record(tx, event.row(now)).await
            })
        });
        ended.await.or_fault("end a session")
    }
}

/// The stored form of an `amr` is a space-separated list.
pub(super) fn split_amr(amr: &str) -> Vec<String> {
    amr.split_ascii_whitespace().map(str::to_owned).collect()
}
