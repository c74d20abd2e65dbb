//! Whether the data of events is what the schemas of their types say.
//!
//! An event is looked at by the event types of the spaces that it reaches; one that reaches nobody, by those of all spaces
//! whose path it is on.

use std::sync::Arc;

use dataflow::schema::{Schema, Violation, ViolationLimits};
use domain::event::{CheckedData, Event};
use domain::ids::Space;
use domain::resource::Validation;
use domain::routing::ValidatedType;
use offload::{LARGE_BODY, off_runtime_for};

use super::matched::Matched;
use super::schema_violated::SchemaViolated;
use crate::error::GatewayError;
use crate::intake::Arrived;
use crate::metrics::EventMetrics;

mod compiled;

use compiled::Compiled;
pub use compiled::SchemaSettings;

/// Checks data.
#[derive(Debug)]
pub(crate) struct Schemas {
    compiled: Compiled,
    limits: ViolationLimits,
    metrics: Arc<EventMetrics>,
}

impl Schemas {
    pub(crate) fn new(settings: SchemaSettings, metrics: Arc<EventMetrics>) -> Self {
        Self {
            compiled: Compiled::new(settings),
            limits: ViolationLimits::default(),
            metrics,
        }
    }

    /// Refuses a request of which an event does not fit, where that is to be refused.
    pub(crate) async fn check(
        &self,
        arrived: &Arrived<'_>,
        matched: &[Matched<'_>],
    ) -> Result<(), GatewayError> {
        for event in matched {
            let types = arrived
                .table
                .validated_types(event.event.event_type(), &arrived.path.path);
            for validated in types.filter(|validated| concerns(event, &validated.event_type().space)) {
                self.check_event(validated, &event.event).await?;
            }
        }
        Ok(())
    }

    async fn check_event(&self, validated: &ValidatedType, event: &Arc<Event>) -> Result<(), GatewayError> {
        let Some((version, text)) = validated.version(event.data_schema().as_deref()) else {
            return Ok(());
        };
        let event_type = validated.event_type();
        let Some(schema) = self.compiled.get(event_type, version, text).await else {
            return Ok(());
        };
        let violations = self.violations(schema, &event_type.space, event).await;
        let Some(first) = violations.first() else {
            return Ok(());
        };
        let is_rejected = event_type.validation == Validation::Reject;
        self.metrics.space(&event_type.space).schema_violated(is_rejected);
        if is_rejected {
            return Err(GatewayError::SchemaViolated(Box::new(SchemaViolated {
                event_id: event.id().to_owned(),
                event_type: event_type.name.to_string(),
                version,
                violations,
            })));
        }
        tracing::warn!(
            space = %event_type.space, event.r#type = %event_type.name, event.id = event.id(), version,
            violations = violations.len(), path = %first.path, reason = %first.message,
            "Event does not fit the schema of its type."
        );
        Ok(())
    }

    async fn violations(&self, schema: Arc<Schema>, space: &Space, event: &Arc<Event>) -> Vec<Violation> {
        let limits = self.limits;
        if event.json_bytes() < LARGE_BODY {
            return violations(&schema, event, &limits);
        }
        let event = Arc::clone(event);
        off_runtime_for(space.as_str(), move || violations(&schema, &event, &limits)).await
    }
}

/// Whether an event concerns a space: it reaches somebody there, or nobody at all.
fn concerns(event: &Matched<'_>, space: &Space) -> bool {
    let is_there = |other: &Space| other == space;
    event.reaches_nobody()
        || event.sync.is_some_and(|sync| is_there(&sync.space))
        || event.deliveries.iter().any(|delivery| is_there(&delivery.space))
}

fn violations(schema: &Schema, event: &Event, limits: &ViolationLimits) -> Vec<Violation> {
    match event.checked_data() {
        CheckedData::Json(json) => schema.violations(json.get(), limits),
        CheckedData::Nothing => schema.violations("null", limits),
        CheckedData::Bytes => vec![Violation::of_bytes()],
    }
}
