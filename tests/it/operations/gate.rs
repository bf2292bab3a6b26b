//! The network between a server and its database, or between clients and nodes: a plain TCP proxy
//! that can be shut, and can fall silent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// Connections stay; nothing passes.
    Silent,
    /// Connections are cut and new ones refused.
    Shut,
}

pub struct Gate {
    pub port: u16,
    state: watch::Sender<State>,
    accepting: Option<AbortHandle>,
    to: Arc<Vec<SocketAddr>>,
}

impl Gate {
    /// Leads to the first of those that takes the connection, each in its turn first.
    pub async fn to(targets: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (state, _) = watch::channel(State::Open);
        let mut gate = Self { port, state, accepting: None, to: Arc::new(targets) };
        gate.accept(listener);
        gate
    }

    fn accept(&mut self, listener: TcpListener) {
        let (to, state, turn) = (Arc::clone(&self.to), self.state.clone(), AtomicUsize::new(0));
        let accepting = tokio::spawn(async move {
            // Dropped with the task, and with it everybody inside.
            let mut passing = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let turn = turn.fetch_add(1, Ordering::Relaxed);
                passing.spawn(pass(client, Arc::clone(&to), turn, state.subscribe()));
            }
        });
        self.accepting = Some(accepting.abort_handle());
    }

    pub fn fall_silent(&self) {
        self.state.send_replace(State::Silent);
    }

    pub fn shut(&mut self) {
        self.state.send_replace(State::Shut);
        if let Some(accepting) = self.accepting.take() {
            accepting.abort();
        }
    }

    pub async fn open(&mut self) {
        self.state.send_replace(State::Open);
        if self.accepting.is_none() {
            let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
            self.accept(listener);
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.shut();
    }
}

async fn pass(
    mut client: TcpStream,
    to: Arc<Vec<SocketAddr>>,
    turn: usize,
    mut state: watch::Receiver<State>,
) {
    if *state.borrow() == State::Silent {
        state.wait_for(|state| *state != State::Silent).await.ok();
        return;
    }
    for n in 0..to.len() {
        let Ok(mut server) = TcpStream::connect(to[(turn + n) % to.len()]).await else { continue };
        client.set_nodelay(true).ok();
        server.set_nodelay(true).ok();
        tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => return,
            changed = state.wait_for(|state| *state != State::Open) => drop(changed),
        }
        // Neither end hears of a silence: both stay open until it is over.
        state.wait_for(|state| *state != State::Silent).await.ok();
        return;
    }
}
