//! What is written when somebody comes in, whichever way.

use uuid::Uuid;

use super::{Kind, Place, draft_device};
use crate::core::accounts::Account;
use crate::core::audit::{Actor, Event, Note};
use crate::core::mail::letter::{Letter, Occasion, Reader};
use crate::core::{Core, Fault};
use crate::jose::Secret;
use crate::store::sessions::{By, Glimpse};
use crate::store::{self, entity};

/// By what somebody has proven who they are.
#[derive(Clone, Debug)]
pub struct Proof {
    /// In milliseconds; none where nobody told.
    pub auth_time: Option<i64>,
    /// RFC 8176.
    pub amr: Vec<String>,
    /// The link, and the session there that this one comes of.
    pub link: Option<(Uuid, Option<String>)>,
    /// The upstream's id.
    pub upstream: Option<String>,
}

impl Proof {
    pub fn password(now: i64) -> Self {
        Self { auth_time: Some(now), amr: vec!["pwd".to_owned()], link: None, upstream: None }
    }
}

/// Somebody at the door.
pub struct Coming<'a> {
    /// How the session is carried on.
    pub kind: Kind,
    /// The token of the session that the browser has by now.
    pub browser: Option<&'a Secret>,
    pub place: &'a Place,
    /// Whether the browser is known as the person's.
    pub is_known: bool,
    pub proof: Proof,
}

/// The tokens that they get, and what is to be written.
pub struct Drafted {
    pub token: Secret,
    pub known_as: Option<Secret>,
    pub entrance: Entrance,
}

#[derive(Clone)]
pub struct Entrance {
    pub session: entity::sessions::Model,
    device: Option<entity::devices::Model>,
    letter: Option<entity::mails::Model>,
    earlier: Option<[u8; 32]>,
    place: Place,
    idle_since: i64,
    renewed: entity::audit_events::Model,
    opened: entity::audit_events::Model,
}

impl Entrance {
    /// Of somebody whose account is new: nobody is told of a device.
    pub fn first(mut self) -> Self {
        self.letter = None;
        self
    }

    /// Writes it all, and when the person signed in.
    pub async fn write(self, tx: &store::Transaction, now: i64) -> Result<Glimpse, store::DbErr> {
        store::accounts::note_sign_in(tx, self.session.account_id, now).await?;
        self.enter(tx, now).await
    }

    /// Writes it all where it is noted already when the person signed in. A browser that is signed in
    /// already keeps its session when it is the same person's.
    pub async fn enter(self, tx: &store::Transaction, now: i64) -> Result<Glimpse, store::DbErr> {
        let Self { session, device, letter, earlier, place, idle_since, renewed, opened } = self;
        if let Some(device) = device {
            store::devices::add(tx, device).await?;
        }
        if let Some(letter) = letter {
            store::mails::add(tx, letter).await?;
        }
        if let Some(earlier) = earlier {
            let by = By::Token(&earlier);
            if let Some(kept) = store::sessions::renew(tx, by, &session, idle_since).await? {
                store::audit::record(tx, renewed).await?;
                return Ok(kept);
            }
            let account_id = session.account_id;
            let ended = store::sessions::end_earlier(tx, &earlier, account_id, now).await?;
            super::note_end(tx, ended, &place, now).await?;
        }
        let new = Glimpse::from(session.clone());
        store::sessions::open(tx, session).await?;
        store::audit::record(tx, opened).await?;
        Ok(new)
    }
}

impl Core {
    /// Drafts what is written when the owner of an account comes in.
    pub(in crate::core) fn draft_entrance(
        &self,
        coming: Coming<'_>,
        account: &Account,
        now: i64,
    ) -> Result<Drafted, Fault> {
        let Coming { kind, browser, place, is_known, proof } = coming;
        let (token, mut session) = self.draft_session(kind, account.id, place, now);
        // Nobody takes it for a proof of a moment ago (R22).
        session.auth_time = proof.auth_time.unwrap_or(store::sessions::UNTOLD);
        session.amr = proof.amr.join(" ");
        if let Some((id, sid)) = proof.link {
            (session.link_id, session.upstream_sid) = (Some(id), sid);
        }
        let (mut device, mut letter, mut known_as) = (None, None, None);
        if !is_known {
            let (token, row) = draft_device(account.id, now);
            (known_as, device) = (Some(token), Some(row));
            let told = Letter::NewDevice { occasion: Occasion::new(place, now) };
            letter =
                Some(self.write_letter(&Reader::owner(account, place.language), &told, now)?);
        }
        let note = |event| {
            let note = Note::new(event, Actor::Account(account.id), place).account(account.id);
            match &proof.upstream {
                Some(upstream) => note.with("upstream", upstream.as_str()),
                None => note,
            }
        };
        let opened = note(Event::SessionOpened).session(session.id).row(now);
        let entrance = Entrance {
            session,
            device,
            letter,
            earlier: browser.map(Secret::digest),
            place: place.clone(),
            idle_since: now - self.rules.session_idle,
            renewed: note(Event::SessionRenewed).row(now),
            opened,
        };
        Ok(Drafted { token, known_as, entrance })
    }
}
