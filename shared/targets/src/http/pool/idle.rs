//! The connections that no call uses, and the calls that wait for one.

use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use domain::foremost::foremost;
use foldhash::fast::RandomState;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::coop::unconstrained;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

use super::connection::Pooled;
use crate::http::client::{IDLE_CONNECTIONS_PER_HOST, IDLE_TIMEOUT};
use crate::idle_connections::{HostConnections, IdleConnections};

/// How often idle connections are looked through for those that are closed or too old.
const SWEEP: Duration = Duration::from_secs(1);
/// Servers that are looked at for those with the most connections.
const MOST_LOOKED_AT: usize = 20_000;

/// The connections that no call uses, and the calls that wait for one.
#[derive(Default)]
pub(in crate::http) struct Idle(Mutex<Servers>);

#[derive(Default)]
pub(super) struct Servers {
    /// By the text of the authority, which is compared faster than an authority is, whose case does not matter. Hosts that are
    /// written in two ways have connections of their own.
    pub(super) by_authority: HashMap<Arc<str>, Server, RandomState>,
    /// Whether a task looks them through.
    are_swept: bool,
}

#[derive(Default)]
pub(super) struct Server {
    pub(super) connections: Vec<Pooled>,
    /// Calls that open a connection, and take one that becomes free before.
    waiting: VecDeque<oneshot::Sender<Pooled>>,
}

impl Idle {
    /// A connection to a server, the one that was used last. Whether the server has closed it since is not looked at: that
    /// is seen before any of a request is written to it.
    pub(super) fn take(&self, server: &str) -> Option<Pooled> {
        loop {
            let connection = self.lock().by_authority.get_mut(server)?.connections.pop()?;
            if connection.idle_since().elapsed() < IDLE_TIMEOUT && connection.is_open() {
                return Some(connection);
            }
        }
    }

    /// The next connection to a server that becomes free.
    pub(super) fn wait(self: &Arc<Self>, server: &str) -> oneshot::Receiver<Pooled> {
        let (give, freed) = oneshot::channel();
        let mut servers = self.lock();
        servers.of(server.into()).waiting.push_back(give);
        self.have_swept(&mut servers);
        freed
    }

    /// Keeps a connection whose answer has been read, or is of no interest any more.
    pub(in crate::http) fn keep(self: &Arc<Self>, mut connection: Pooled) {
        if connection.is_reusable() {
            connection.rest();
            self.put(connection);
        }
    }

    /// Gives a connection to whoever waits for it, or keeps it.
    pub(super) fn put(self: &Arc<Self>, mut connection: Pooled) {
        let mut servers = self.lock();
        let server = servers.of(Arc::clone(connection.server()));
        while let Some(waiting) = server.waiting.pop_front() {
            match waiting.send(connection) {
                Ok(()) => return,
                Err(back) => connection = back,
            }
        }
        let room = IDLE_CONNECTIONS_PER_HOST.saturating_sub(server.connections.len());
        let refused = if room > 0 {
            server.connections.push(connection);
            None
        } else {
            Some(connection)
        };
        self.have_swept(&mut servers);
        drop(servers);
        // Closing takes its time, which nobody waits for.
        drop(refused);
    }

    fn have_swept(self: &Arc<Self>, servers: &mut Servers) {
        if !servers.are_swept
            && let Ok(runtime) = Handle::try_current()
        {
            servers.are_swept = true;
            // All of them at once, however many there are.
            runtime.spawn(unconstrained(sweep(Arc::downgrade(self))));
        }
    }

    /// Closes connections that are over or too old; gives whether any are left. Nobody waits for more than those of one
    /// server.
    pub(super) async fn close_old(self: &Arc<Self>, now: Instant) -> bool {
        let authorities: Vec<_> = self.lock().by_authority.keys().cloned().collect();
        for authority in authorities {
            let connections = match self.lock().by_authority.get_mut(&authority) {
                Some(server) => std::mem::take(&mut server.connections),
                None => continue,
            };
            for mut connection in connections {
                if now.duration_since(connection.idle_since()) < IDLE_TIMEOUT && connection.is_reusable() {
                    self.put(connection);
                }
            }
            yield_now().await;
        }
        let mut servers = self.lock();
        servers.by_authority.retain(|_, server| {
            server.waiting.retain(|waiting| !waiting.is_closed());
            !server.connections.is_empty() || !server.waiting.is_empty()
        });
        servers.are_swept = !servers.by_authority.is_empty();
        servers.are_swept
    }

    /// How many connections there are, with so many servers by name at the most. What a URL has besides host and port is
    /// left out: it may be secret.
    pub(super) fn connections(&self, most: usize) -> IdleConnections {
        let servers = self.lock();
        let all: Vec<_> = servers.by_authority.iter().take(MOST_LOOKED_AT).collect();
        let count = |server: &Server| Reverse((server.connections.len(), server.waiting.len()));
        let total = all.iter().map(|(_, server)| server.connections.len()).sum();
        let busiest = foremost(all, most, |a, b| (count(a.1), a.0).cmp(&(count(b.1), b.0)));
        let shown = |(authority, server): (&Arc<str>, &Server)| HostConnections {
            host: authority
                .rsplit_once('@')
                .map_or(&**authority, |(_, host)| host)
                .to_owned(),
            idle: server.connections.len(),
            waiting: server
                .waiting
                .iter()
                .filter(|waiting| !waiting.is_closed())
                .count(),
        };
        IdleConnections {
            connections: total,
            hosts: servers.by_authority.len(),
            busiest: busiest.into_iter().map(shown).collect(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Servers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Servers {
    fn of(&mut self, server: Arc<str>) -> &mut Server {
        self.by_authority.entry(server).or_default()
    }
}

/// Looks idle connections through for as long as there are any.
async fn sweep(idle: Weak<Idle>) {
    loop {
        sleep(SWEEP).await;
        let Some(idle) = idle.upgrade() else { return };
        if !idle.close_old(Instant::now()).await {
            return;
        }
    }
}
