//! How much of schemas a space may keep.

use super::{ConfigurationError, SchemaBound, SchemaBounds, Snapshot};
use crate::resource::EventType;

impl SchemaBounds {
    /// Refuses an event type with more versions than are kept. What is there already may stay.
    pub(super) fn check(
        &self,
        event_type: &EventType,
        stored: Option<&EventType>,
        snapshot: &Snapshot,
    ) -> Result<(), ConfigurationError> {
        let bytes = event_type.schema_bytes();
        if bytes <= stored.map_or(0, EventType::schema_bytes) {
            return Ok(());
        }
        let refused = |bound, limit| Err(ConfigurationError::TooMuchSchema { bound, limit });
        if event_type.schema_versions().count() > self.max_versions {
            return refused(SchemaBound::Versions, self.max_versions);
        }
        if bytes > self.max_bytes {
            return refused(SchemaBound::Bytes, self.max_bytes);
        }
        let here = snapshot.event_types.get(&event_type.name);
        let here = here.map_or(0, |here| here.resource.schema_bytes());
        let others = snapshot.schema_bytes.saturating_sub(here);
        if others.saturating_add(bytes) > self.max_bytes_in_space {
            return refused(SchemaBound::BytesInSpace, self.max_bytes_in_space);
        }
        Ok(())
    }
}
