//! A connection to the database that can be cut, or hold back what the database answers.

use tokio::io::{AsyncWriteExt as _, copy};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A way to the database.
pub(crate) struct Link {
    /// Where it begins.
    pub(crate) endpoint: String,
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// Connections end, and new ones too.
    is_cut: bool,
    /// How many connections there were.
    opened: u64,
    /// The connections up to this one deliver no answers.
    held_back: u64,
    /// How many answers, or pieces of them, were held back.
    kept: u64,
    /// How many of them were delivered since.
    delivered_late: u64,
}

impl Link {
    /// A link to an endpoint; it ends with the test's runtime.
    pub(crate) async fn to(endpoint: &str) -> Self {
        let target = endpoint.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let state = watch::Sender::new(State::default());
        let connections = state.clone();
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                connections.send_modify(|state| state.opened += 1);
                tokio::spawn(serve(client, target.clone(), connections.clone()));
            }
        });
        Self { endpoint, state }
    }

    /// Ends every connection, and refuses new ones.
    pub(crate) fn cut(&self) {
        self.state.send_modify(|state| state.is_cut = true);
    }

    /// Undoes [`Self::cut`].
    pub(crate) fn mend(&self) {
        self.state.send_modify(|state| state.is_cut = false);
    }

    /// Holds back the answers on the connections that are open now. What is asked there is still done.
    pub(crate) fn hold_back(&self) {
        self.state.send_modify(|state| state.held_back = state.opened);
    }

    /// Delivers what was held back.
    pub(crate) fn release(&self) {
        self.state.send_modify(|state| state.held_back = 0);
    }

    /// Waits until there is an answer to hold back.
    pub(crate) async fn keeps_an_answer(&self) {
        let mut state = self.state.subscribe();
        state.wait_for(|state| state.kept > 0).await.unwrap();
    }

    /// Waits until an answer that was held back is delivered.
    pub(crate) async fn delivered_late(&self) {
        let mut state = self.state.subscribe();
        state.wait_for(|state| state.delivered_late > 0).await.unwrap();
    }
}

async fn serve(client: TcpStream, target: String, state: watch::Sender<State>) {
    let number = state.borrow().opened;
    let mut changes = state.subscribe();
    let (from_client, to_client) = client.into_split();
    let (from_target, to_target) = TcpStream::connect(target).await.unwrap().into_split();
    tokio::select! {
        _ = changes.wait_for(|state| state.is_cut) => {}
        () = forward(from_client, to_target) => {}
        () = answer(from_target, to_client, number, &state) => {}
    }
}

async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    // An error ends the connection, as it should.
    let _ = copy(&mut from, &mut to).await;
}

async fn answer(from: OwnedReadHalf, mut to: OwnedWriteHalf, number: u64, state: &watch::Sender<State>) {
    let mut changes = state.subscribe();
    let mut piece = vec![0; 64 * 1024];
    loop {
        from.readable().await.unwrap();
        let length = match from.try_read(&mut piece) {
            Ok(0) => return,
            Ok(length) => length,
            Err(err) if err.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(_) => return,
        };
        let was_held_back = state.borrow().held_back >= number;
        if was_held_back {
            state.send_modify(|state| state.kept += 1);
        }
        changes.wait_for(|state| state.held_back < number).await.unwrap();
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
        if was_held_back {
            state.send_modify(|state| state.delivered_late += 1);
        }
    }
}
