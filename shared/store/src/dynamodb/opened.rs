//! What was read of a space where the key of some secrets may not be had for now.

use std::collections::BTreeSet;

use domain::configuration::{Snapshot, Stored};
use domain::ids::FunctionId;
use domain::resource::{Function, Resource as _};

use super::space_snapshot::SpaceSnapshot;
use crate::encryption::has_secrets;
use crate::error::StoreError;

/// What was read, and which functions in it have their secrets as they are stored because these do not open.
#[derive(Debug, Default)]
pub(super) struct Opened<T> {
    value: T,
    sealed: BTreeSet<FunctionId>,
    /// Why the first of them does not open; none if all are open.
    error: Option<StoreError>,
}

impl<T> Opened<T> {
    /// Something in which everything is open.
    pub(super) fn all(value: T) -> Self {
        Self {
            value,
            sealed: BTreeSet::new(),
            error: None,
        }
    }

    /// The same with more around it.
    pub(super) fn map<U>(self, with: impl FnOnce(T) -> U) -> Opened<U> {
        Opened {
            value: with(self.value),
            sealed: self.sealed,
            error: self.error,
        }
    }

    /// All of it, for what is to be written or shown: an error if any of it is not open.
    pub(super) fn complete(self) -> Result<T, StoreError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(self.value),
        }
    }

    /// All of it, and what is not open, for those who use nothing of that.
    pub(super) fn into_parts(self) -> (T, BTreeSet<FunctionId>, Option<StoreError>) {
        (self.value, self.sealed, self.error)
    }
}

impl Opened<Snapshot> {
    /// Adds a function that does not open.
    pub(super) fn insert_sealed(&mut self, function: Stored<Function>, error: StoreError) {
        self.sealed.insert(function.resource.id().clone());
        self.value.insert(function);
        self.error.get_or_insert(error);
    }

    /// Adds one that is open.
    pub(super) fn insert(&mut self, function: Stored<Function>) {
        self.value.insert(function);
    }
}

impl Opened<SpaceSnapshot> {
    /// A published snapshot whose key cannot be had.
    pub(super) fn closed(state: SpaceSnapshot, error: StoreError) -> Self {
        let functions = state.snapshot.iter::<Function>();
        let sealed = functions.filter(|function| has_secrets(&*function.resource));
        Self {
            sealed: sealed.map(|function| function.resource.id().clone()).collect(),
            error: Some(error),
            value: state,
        }
    }
}
