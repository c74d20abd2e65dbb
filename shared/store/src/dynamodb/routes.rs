//! The routing table of this instance, and the protocol that bounds its age (docs/adr/0006): a table serves only while it
//! was confirmed a short time ago, with one strongly consistent read of the versions of all spaces.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;

use arc_swap::ArcSwap;
use clocks::{Moment, TimeSource};
use domain::configuration::SpaceRules;
use domain::ids::Space;
use domain::routing::{PathOwnership, RoutingTable};
use domain::space_version::SpaceVersion;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::task::spawn_blocking;

use super::freshness::{Decision, Freshness};
use super::load::load;
use super::table::Table;
use crate::broken_filters::warn_of_broken_filters;
use crate::error::StoreError;
use crate::foreign_paths::warn_of_foreign_paths;
use crate::routes_state::RoutesState;
use confirmations::{Confirmation, ConfirmationFailure, Confirmations};
use held::{HeldRoutes, LoadedSpace};
use refuted::Refuted;

mod confirmations;
mod held;
mod refuted;

/// How many spaces are loaded at once.
const PARALLEL_SPACES: usize = 16;

/// The routing table of an instance.
#[derive(Debug)]
pub(super) struct Routes {
    table: Table,
    freshness: Freshness,
    clock: TimeSource,
    ownership: PathOwnership,
    held: ArcSwap<HeldRoutes>,
    confirmations: Confirmations,
    refuted: Refuted,
}

impl Routes {
    /// Nothing yet: the first request loads.
    pub(super) fn new(table: &Table, freshness: Freshness, clock: TimeSource, rules: SpaceRules) -> Self {
        Self {
            table: table.impatient(),
            freshness,
            clock: clock.clone(),
            ownership: rules.paths,
            held: ArcSwap::from_pointee(HeldRoutes::nothing(rules)),
            confirmations: Confirmations::new(clock),
            refuted: Refuted::new(freshness.revalidate_after),
        }
    }

    /// A table that is recent enough for a request that begins now, and holds at least these states if there are such.
    /// Requests for states that there are not wait for one confirmation, and for no other within the time for which a
    /// table serves without one.
    pub(super) async fn recent(
        self: &Arc<Self>,
        at_least: &[SpaceVersion],
    ) -> Result<Arc<RoutingTable>, StoreError> {
        let held = self.held.load();
        let now = self.clock.now();
        let is_new_enough = held.reaches(at_least) || self.refuted.answers(&held, at_least, now);
        let decision = self.freshness.decide(held.confirmed, now, is_new_enough);
        if decision != Decision::ConfirmFirst {
            let table = held.table.clone();
            if decision == Decision::ServeAndConfirm {
                self.join_recent();
            }
            return Ok(table);
        }
        drop(held);
        let newest = self.confirmations.newest();
        let confirmation = self.join_recent();
        let (number, mut started) = (confirmation.number, confirmation.started);
        confirmation.wait().await?;
        let mut held = self.held.load_full();
        if number <= newest && !held.reaches(at_least) {
            // It may have read the versions before the write that the request is to see. One that starts now has not.
            let confirmation = self.join(|confirmation, _| confirmation.number > newest);
            started = confirmation.started;
            confirmation.wait().await?;
            held = self.held.load_full();
        }
        self.refuted.note(&held, at_least, started);
        Ok(held.table.clone())
    }

    /// A table that holds everything that was written before this is called.
    pub(super) async fn newest(self: &Arc<Self>) -> Result<Arc<RoutingTable>, StoreError> {
        let newest = self.confirmations.newest();
        self.join(|confirmation, _| confirmation.number > newest)
            .wait()
            .await?;
        Ok(self.held.load().table.clone())
    }

    /// How recent the table is that this instance has, with so many of its spaces at the most.
    pub(super) fn state(&self, most: usize) -> RoutesState {
        self.held.load().state(self.clock.now(), most)
    }

    /// Brings the table up to date with everything that is written by now.
    pub(super) async fn confirm(self: &Arc<Self>) -> Result<(), StoreError> {
        self.join(|_, _| false).wait().await
    }

    /// The confirmation under way or, if a request that begins now must not be served from what that one finds, another.
    /// One that an instance began before it was frozen is such a case.
    fn join_recent(self: &Arc<Self>) -> Confirmation {
        self.join(|confirmation, now| self.freshness.allows(confirmation.started, now))
    }

    fn join(self: &Arc<Self>, suits: impl FnOnce(&Confirmation, Moment) -> bool) -> Confirmation {
        let start = |number, started| {
            let routes = self.clone();
            async move {
                let confirmed = routes.carry_out(number, started).await;
                confirmed.map_err(|err| {
                    // Told here, because nobody may be waiting.
                    tracing::warn!(error = &err as &dyn Error, "routes cannot be confirmed");
                    failure(err)
                })
            }
        };
        self.confirmations.join_or_start(suits, start)
    }

    async fn carry_out(&self, number: u64, started: Moment) -> Result<(), StoreError> {
        let records = self.table.versions().await?;
        let mut versions: HashMap<Space, u64> = HashMap::with_capacity(records.len());
        versions.extend(records.into_iter().map(|record| (record.space, record.version)));
        let mut loaded = HashMap::new();
        loop {
            let held = self.held.load_full();
            // A later one has come first, and what it found is newer.
            if held.confirmation >= number {
                return Ok(());
            }
            // What another confirmation brought meanwhile may be newer than what was loaded for this one.
            loaded.retain(|space, loaded: &mut LoadedSpace| loaded.state.version >= held.version(space));
            self.load_differing(&held, &versions, started, &mut loaded)
                .await?;
            let next = if loaded.is_empty() {
                held.confirmed(number, started, &loaded)
            } else {
                let (held, loaded) = (held.clone(), loaded.clone());
                let build = spawn_blocking(move || held.confirmed(number, started, &loaded));
                build.await.map_err(StoreError::unavailable)?
            };
            let previous = self.held.compare_and_swap(&held, Arc::new(next));
            if Arc::ptr_eq(&previous, &held) {
                let snapshots = loaded.values().map(|loaded| &loaded.state.snapshot);
                if held.confirmed.is_none() {
                    warn_of_foreign_paths(self.ownership, snapshots.clone());
                }
                warn_of_broken_filters(snapshots);
                return Ok(());
            }
        }
    }

    /// Loads the spaces whose version is not the one that is held. It may be lower, or a space may be gone: then the table
    /// was restored from a backup, and what it says now is what counts. Secrets that do not open keep the functions of
    /// their own space from being called, and nothing else; later confirmations try them again. While what is held may
    /// still serve and has them open, it is no confirmation: the key may be had in a moment.
    async fn load_differing(
        &self,
        held: &HeldRoutes,
        versions: &HashMap<Space, u64>,
        now: Moment,
        loaded: &mut HashMap<Space, LoadedSpace>,
    ) -> Result<(), StoreError> {
        let gone = held.spaces().filter(|space| !versions.contains_key(*space));
        let differing: Vec<(Space, u64)> = versions
            .iter()
            .map(|(space, version)| (space, *version))
            .chain(gone.map(|space| (space, 0)))
            .filter(|(space, version)| held.lacks(space, *version, now) && !loaded.contains_key(*space))
            .map(|(space, version)| (space.clone(), version))
            .collect();
        let serves = held
            .confirmed
            .is_some_and(|confirmed| self.freshness.allows(confirmed, now));
        let new: Vec<(Space, LoadedSpace)> = stream::iter(differing)
            .map(async |(space, version)| {
                let (state, sealed, error) = load(&self.table, &space, version).await?.into_parts();
                if let Some(error) = error {
                    if serves && held.is_open(&space) {
                        return Err(error);
                    }
                    let error = &error as &dyn Error;
                    tracing::error!(%space, functions = sealed.len(), error, "functions cannot be called");
                }
                let loaded = LoadedSpace {
                    state,
                    sealed,
                    began: now,
                };
                Ok::<_, StoreError>((space, loaded))
            })
            .buffer_unordered(PARALLEL_SPACES)
            .try_collect()
            .await?;
        loaded.extend(new);
        Ok(())
    }
}

fn failure(err: StoreError) -> ConfirmationFailure {
    match err {
        StoreError::Unavailable { source } => source,
        other => Arc::new(other),
    }
}
