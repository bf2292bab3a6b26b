//! Everybody who is connected: how many there may be, how long each may take, and who has to go when
//! somebody new is at the door.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::task::AtomicWaker;
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep};

use super::Limits;
use super::frames::Frames;
use super::heads::Heads;

/// The deadline of a connection whose request is under way; that has a limit of its own.
const NEVER: u64 = u64::MAX;

/// How long somebody who has to go may take before the next one has to.
const RETRY: Duration = Duration::from_millis(50);

/// The connections that are open.
///
/// Where there are as many as there may be, the one that has waited longest for a request's head
/// makes room: a flood of half-open connections pushes itself out, and who sends a request at once
/// is never in its way.
pub struct Crowd {
    limits: Limits,
    start: Instant,
    inner: Mutex<Inner>,
    left: Notify,
    stopping: AtomicBool,
}

#[derive(Default)]
struct Inner {
    open: usize,
    next: u64,
    /// Those without a request under way, the longest waiting first.
    waiting: BTreeMap<u64, Arc<Guest>>,
}

impl Crowd {
    pub fn new(limits: Limits) -> Arc<Self> {
        let (inner, left, stopping) = (Mutex::default(), Notify::new(), AtomicBool::new(false));
        Arc::new(Self { limits, start: Instant::now(), inner, left, stopping })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn after(&self, span: Duration) -> u64 {
        let at = self.start.elapsed() + span;
        u64::try_from(at.as_millis()).unwrap_or(NEVER - 1)
    }

    /// Waits until there is room for one more, and makes it where somebody only waits.
    pub async fn room(&self) {
        loop {
            let left = self.left.notified();
            {
                let mut inner = self.inner();
                if inner.open < self.limits.connections {
                    return;
                }
                if let Some((_, longest)) = inner.waiting.pop_first() {
                    longest.make_room();
                }
            }
            // Its request may have come in this very moment, and then it stays: another one has to go.
            tokio::time::timeout(RETRY, left).await.ok();
        }
    }

    /// From now on each answer is the last of its connection.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Waits until nobody is connected.
    pub async fn empty(&self) {
        loop {
            let left = self.left.notified();
            if self.inner().open == 0 {
                return;
            }
            left.await;
        }
    }

    /// A connection just accepted.
    pub fn enter(self: &Arc<Self>) -> Arc<Guest> {
        let guest = Arc::new(Guest {
            crowd: Arc::clone(self),
            state: Mutex::default(),
            deadline: AtomicU64::new(self.after(self.limits.head)),
            waker: AtomicWaker::new(),
        });
        self.inner().open += 1;
        self.limits.open.inc();
        guest.wait();
        guest
    }
}

/// One connection.
pub struct Guest {
    crowd: Arc<Crowd>,
    state: Mutex<State>,
    /// In milliseconds since the crowd's start; moved by who holds the state.
    deadline: AtomicU64,
    waker: AtomicWaker,
}

#[derive(Default)]
struct State {
    /// Requests under way; several, with HTTP/2.
    busy: usize,
    /// The place among those who wait.
    ticket: Option<u64>,
    /// The connection is closed.
    has_left: bool,
    /// A request has come, now or before.
    is_known: bool,
    /// In the middle of what may be a head.
    is_amid: bool,
    said: Said,
    /// The deadline of a silence.
    silent_until: u64,
}

/// What a client says, and how far it has come.
enum Said {
    /// HTTP/1.1.
    Heads(Heads),
    /// HTTP/2, whose requests run in tasks of their own, not in the connection's.
    Frames(Frames),
}

impl Default for Said {
    fn default() -> Self {
        Self::Heads(Heads::default())
    }
}

impl Guest {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_deadline(&self, at: u64) {
        self.deadline.store(at, Ordering::Release);
    }

    /// Its time is up, unless a request has come in this very moment.
    fn make_room(&self) {
        if self.state().busy == 0 {
            self.set_deadline(0);
            self.waker.wake();
        }
    }

    fn wait(self: &Arc<Self>) {
        let mut inner = self.crowd.inner();
        let mut state = self.state();
        // A request of HTTP/2 may end after its connection, and the next one may be here by now.
        if !state.has_left && state.busy == 0 {
            let ticket = inner.next;
            inner.next += 1;
            inner.waiting.insert(ticket, Arc::clone(self));
            state.ticket = Some(ticket);
        }
    }

    fn stop_waiting(&self, has_left: bool) {
        let ticket = {
            let mut state = self.state();
            state.has_left |= has_left;
            state.ticket.take()
        };
        if let Some(ticket) = ticket {
            self.crowd.inner().waiting.remove(&ticket);
        }
    }

    /// A request has come in, with a body of that length if it says so; it is under way until the answer is
    /// dropped.
    pub fn begin(self: &Arc<Self>, length: Option<u64>) -> Busy {
        let was_waiting = {
            let mut state = self.state();
            state.busy += 1;
            state.is_known = true;
            self.set_deadline(NEVER);
            state.busy == 1
        };
        if was_waiting {
            self.stop_waiting(false);
        }
        Busy { guest: Arc::clone(self), length }
    }

    /// Says that HTTP/2 will be spoken.
    pub fn share(&self) {
        self.state().said = Said::Frames(Frames::new());
    }

    /// Whether the answer to a request is to be the last.
    pub fn is_last(&self) -> bool {
        self.crowd.stopping.load(Ordering::Acquire)
    }

    /// The client has said this. Whatever comes between two requests of HTTP/1.1 begins a head.
    pub fn hear(&self, octets: &[u8]) {
        let mut state = self.state();
        let is_amid = match &mut state.said {
            Said::Heads(heads) => {
                heads.follow(octets);
                true
            }
            Said::Frames(frames) => {
                frames.follow(octets);
                frames.is_amid()
            }
        };
        let has_changed = std::mem::replace(&mut state.is_amid, is_amid) != is_amid;
        // The first head has its time from the connection on, whatever else is said before it.
        if state.is_known && state.busy == 0 && has_changed {
            self.set_deadline(self.limit(&state));
        }
    }

    /// The deadline of somebody without a request under way. Half of something every now and then does not make
    /// a silence longer than it may be.
    fn limit(&self, state: &State) -> u64 {
        let crowd = &self.crowd;
        let is_over = crowd.after(Duration::ZERO) >= state.silent_until;
        if state.is_amid && !is_over { crowd.after(crowd.limits.head) } else { state.silent_until }
    }

    /// The connection is closed.
    fn leave(&self) {
        self.stop_waiting(true);
        self.crowd.inner().open -= 1;
        self.crowd.limits.open.dec();
        self.crowd.left.notify_one();
    }
}

/// A request under way.
pub struct Busy {
    guest: Arc<Guest>,
    length: Option<u64>,
}

impl Drop for Busy {
    fn drop(&mut self) {
        let guest = &self.guest;
        let is_shared = {
            let mut state = guest.state();
            state.busy -= 1;
            if state.busy > 0 {
                return;
            }
            let (is_amid, is_shared) = match &mut state.said {
                Said::Heads(heads) => (heads.end(self.length), false),
                Said::Frames(frames) => (frames.is_amid(), true),
            };
            state.is_amid = is_amid;
            state.silent_until = guest.crowd.after(guest.crowd.limits.idle);
            guest.set_deadline(guest.limit(&state));
            is_shared
        };
        if is_shared {
            guest.waker.wake();
        }
        guest.wait();
    }
}

/// A place that is free again once the connection is gone, whatever became of it.
pub struct Place(pub Arc<Guest>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// Serves a connection until it ends or its time is up.
pub struct Visit<C> {
    connection: Pin<Box<C>>,
    guest: Arc<Guest>,
    sleep: Pin<Box<Sleep>>,
    armed: u64,
}

impl<C> Visit<C> {
    pub fn of(connection: C, guest: Arc<Guest>) -> Self {
        let sleep = Box::pin(tokio::time::sleep(Duration::ZERO));
        Self { connection: Box::pin(connection), guest, sleep, armed: NEVER }
    }
}

impl<C: Future> Future for Visit<C> {
    /// Nothing, when the time was up.
    type Output = Option<C::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        this.guest.waker.register(cx.waker());
        if let Poll::Ready(end) = this.connection.as_mut().poll(cx) {
            return Poll::Ready(Some(end));
        }
        // Whatever moves the deadline wakes this task or runs in it, just above. A timer that was set
        // for an earlier one is left alone, and looks again when it goes off: with every request the
        // deadline moves on, and setting a timer costs more than that.
        loop {
            let deadline = this.guest.deadline.load(Ordering::Acquire);
            if deadline == NEVER {
                return Poll::Pending;
            }
            if this.armed == NEVER || deadline < this.armed {
                this.armed = deadline;
                let at = this.guest.crowd.start + Duration::from_millis(deadline);
                this.sleep.as_mut().reset(at);
            }
            std::task::ready!(this.sleep.as_mut().poll(cx));
            if this.armed >= deadline {
                return Poll::Ready(None);
            }
            this.armed = NEVER;
        }
    }
}
