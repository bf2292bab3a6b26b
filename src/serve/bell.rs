//! Wakes that a connection gives itself. Whoever reads a body over HTTP/1.1 wakes the connection that
//! they are part of, while it runs; the runtime would put it in the queue once more and wake another
//! worker for that, which costs more than to look again at once.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;

/// So often in a row at most; then it is others' turn.
const ROUNDS: usize = 3;

/// Nobody polls: a wake is the task's.
const QUIET: u8 = 0;
const POLLING: u8 = 1;
/// Woken while it was polled.
const RUNG: u8 = 2;

/// Stands between a task and the one future that it polls.
pub struct Bell {
    line: Arc<Line>,
    waker: Waker,
}

struct Line {
    state: AtomicU8,
    task: AtomicWaker,
}

impl Wake for Line {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let rung = self.state.compare_exchange(POLLING, RUNG, Ordering::AcqRel, Ordering::Acquire);
        if rung == Err(QUIET) {
            self.task.wake();
        }
    }
}

impl Bell {
    pub fn new() -> Self {
        let line = Arc::new(Line { state: AtomicU8::new(QUIET), task: AtomicWaker::new() });
        Self { waker: Waker::from(Arc::clone(&line)), line }
    }

    /// Polls the future, and again where it was woken meanwhile.
    pub fn poll<F: Future>(
        &self,
        mut future: Pin<&mut F>,
        cx: &mut Context<'_>,
    ) -> Poll<F::Output> {
        self.line.task.register(cx.waker());
        let state = &self.line.state;
        for _ in 0..ROUNDS {
            state.store(POLLING, Ordering::Release);
            let poll = future.as_mut().poll(&mut Context::from_waker(&self.waker));
            if state.swap(QUIET, Ordering::AcqRel) == POLLING || poll.is_ready() {
                return poll;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Polls a future once that wakes itself the first so many times; how often it was polled, and how
    /// often its task was woken.
    fn polled(times: usize) -> (usize, usize) {
        let (task, bell) = (Arc::new(Task::default()), Bell::new());
        let mut polls = 0;
        let future = poll_fn(|cx| {
            polls += 1;
            if polls <= times {
                cx.waker().wake_by_ref();
            }
            Poll::<()>::Pending
        });
        let waker = Waker::from(Arc::clone(&task));
        let poll = bell.poll(std::pin::pin!(future), &mut Context::from_waker(&waker));
        assert!(poll.is_pending());
        (polls, task.0.load(Ordering::Relaxed))
    }

    #[test]
    fn who_wakes_itself_is_polled_again_and_no_task_is_woken() {
        assert_eq!(polled(0), (1, 0));
        assert_eq!(polled(1), (2, 0));
        assert_eq!(polled(2), (3, 0));
    }

    #[test]
    fn who_does_not_stop_waking_itself_waits_for_its_turn() {
        assert_eq!(polled(usize::MAX), (ROUNDS, 1));
    }

    #[test]
    fn a_wake_after_the_poll_is_the_tasks_whichever_polled_last() {
        let (first, second) = (Arc::new(Task::default()), Arc::new(Task::default()));
        let bell = Bell::new();
        let mut inner = None;
        for task in [&first, &second] {
            let future = poll_fn(|cx| {
                inner = Some(cx.waker().clone());
                Poll::<()>::Pending
            });
            let waker = Waker::from(Arc::clone(task));
            let poll = bell.poll(std::pin::pin!(future), &mut Context::from_waker(&waker));
            assert!(poll.is_pending());
        }
        inner.unwrap().wake();
        assert_eq!((first.0.load(Ordering::Relaxed), second.0.load(Ordering::Relaxed)), (0, 1));
    }

    #[test]
    fn no_wake_of_another_thread_is_lost() {
        for _ in 0..200 {
            let bell = Bell::new();
            let (task, is_done) = (Arc::new(Task::default()), Arc::new(AtomicUsize::new(0)));
            let waker = Waker::from(Arc::clone(&task));
            let mut other = None;
            let mut future = std::pin::pin!(poll_fn(|cx| {
                if is_done.load(Ordering::Acquire) == 1 {
                    return Poll::Ready(());
                }
                let (waker, is_done) = (cx.waker().clone(), Arc::clone(&is_done));
                other.get_or_insert_with(|| {
                    std::thread::spawn(move || {
                        is_done.store(1, Ordering::Release);
                        waker.wake();
                    })
                });
                Poll::Pending
            }));
            let mut cx = Context::from_waker(&waker);
            while bell.poll(future.as_mut(), &mut cx).is_pending() {
                while task.0.swap(0, Ordering::AcqRel) == 0 {
                    std::thread::yield_now();
                }
            }
        }
    }
}
