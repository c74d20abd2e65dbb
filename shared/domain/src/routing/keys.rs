//! Which spaces take events only with a key, and the keys that open them.

use std::sync::Arc;

use super::path_tree::specific_pattern_matches;
use crate::access::Scope;
use crate::api_key::{GivenKey, PresentedKey};
use crate::configuration::{Change, Stored};
use crate::ids::{KeyId, Space};
use crate::persistent_map::PersistentMap;
use crate::resource::{ApiKey, EmitMode, SpaceSettings};
use crate::type_pattern;

/// The keys of all spaces, and which spaces want one of theirs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Keys {
    /// Only spaces that have some.
    of_spaces: PersistentMap<Space, PersistentMap<KeyId, Arc<ApiKey>>>,
    /// The spaces that want one.
    guarded: PersistentMap<Space, ()>,
}

impl Keys {
    /// Takes over the settings of a space; `None` where it has none any more.
    pub(super) fn set(&mut self, space: &Space, settings: Option<&SpaceSettings>) {
        if settings.and_then(|settings| settings.emit) == Some(EmitMode::Key) {
            self.guarded.insert(space.clone(), ());
        } else {
            self.guarded.remove(space);
        }
    }

    /// Whether there are any, or any is wanted.
    pub(super) fn are_known(&self) -> bool {
        !(self.of_spaces.is_empty() && self.guarded.is_empty())
    }

    /// Whether any space wants them.
    pub(super) fn are_needed(&self) -> bool {
        !self.guarded.is_empty()
    }

    /// The space of this name, if it wants keys.
    pub(super) fn guarded(&self, space: &str) -> Option<&Space> {
        self.guarded.get_key_value(space).map(|(space, ())| space)
    }

    /// Whether a space takes what somebody sends.
    pub(super) fn admit(&self, space: &Space, sending: &Sending<'_>) -> Result<(), KeyRefusal> {
        if !self.guarded.contains_key(space) {
            return Ok(());
        }
        let GivenKey::WellFormed(presented) = sending.key.ok_or(KeyRefusal::Missing)? else {
            return Err(KeyRefusal::Unknown);
        };
        let keys = self.of_spaces.get(space);
        let key = keys.and_then(|keys| keys.get(presented.id()));
        let key = key.filter(|key| key.is_opened_by(presented, sending.now));
        let key = key.ok_or(KeyRefusal::Unknown)?;
        if may_send(key, sending.event_type, sending.path) {
            Ok(())
        } else {
            Err(KeyRefusal::Beyond)
        }
    }

    /// The key of any space that somebody opens with what they sent.
    pub(super) fn opened_by(&self, presented: &PresentedKey, now: u64) -> Option<&ApiKey> {
        let mut keys = self
            .of_spaces
            .values()
            .filter_map(|keys| keys.get(presented.id()));
        let key = keys.find(|key| key.is_opened_by(presented, now));
        key.map(|key| &**key)
    }

    /// Carries over a change of a key.
    pub(super) fn apply(&mut self, change: &Change<ApiKey>) {
        if let Some(Stored { resource: key, .. }) = &change.before
            && let Some(keys) = self.of_spaces.get_mut(&key.space)
        {
            keys.remove(&key.key_id);
            if keys.is_empty() {
                self.of_spaces.remove(&key.space);
            }
        }
        if let Some(Stored { resource: key, .. }) = &change.after {
            let keys = self.of_spaces.entry(key.space.clone()).or_default();
            keys.insert(key.key_id.clone(), Arc::clone(key));
        }
    }
}

/// Whether the holder of a key may send an event of a type, if that is known, on a path.
pub fn may_send(key: &ApiKey, event_type: Option<&str>, path: &str) -> bool {
    let is_of_type =
        |pattern: &String| event_type.is_none_or(|event_type| type_pattern::is_to(pattern, event_type));
    let is_on_path = |pattern: &String| specific_pattern_matches(pattern, path);
    key.allows(Scope::EventsEmit)
        && (key.event_types.is_empty() || key.event_types.iter().any(is_of_type))
        && (key.paths.is_empty() || key.paths.iter().any(is_on_path))
}

/// Why something may not be sent to a space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRefusal {
    /// It comes without a key.
    Missing,
    /// What it comes with is no key of the space, or one that has ended.
    Unknown,
    /// The key does not allow it.
    Beyond,
    /// The space belongs to a tenant that is suspended.
    Suspended,
}

/// What somebody sends, as far as keys have to do with it.
#[derive(Debug, Clone, Copy)]
pub struct Sending<'a> {
    /// The key that it comes with.
    pub key: Option<&'a GivenKey>,
    /// The type of the event, if it is known yet.
    pub event_type: Option<&'a str>,
    /// The effective path.
    pub path: &'a str,
    /// The time now, in milliseconds since the Unix epoch.
    pub now: u64,
}
