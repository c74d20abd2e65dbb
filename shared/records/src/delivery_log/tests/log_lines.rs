//! Attempts in the log of the process.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::*;

/// Takes down the fields of each event.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<Map<String, Value>>>>);

struct Fields<'a>(&'a mut Map<String, Value>);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0
            .insert(field.name().to_owned(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Map::new();
        event.record(&mut Fields(&mut fields));
        fields.insert("target".to_owned(), event.metadata().target().into());
        fields.insert("level".to_owned(), event.metadata().level().as_str().into());
        self.0.lock().unwrap().push(fields);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn a_line_has_the_fields_of_the_json() {
    let outcomes = [
        AttemptOutcome::Delivered,
        AttemptOutcome::Retrying,
        AttemptOutcome::DeadLettered,
        AttemptOutcome::Paused,
    ];
    for outcome in outcomes {
        let full = DeliveryAttempt {
            outcome,
            variant: Some("v2".into()),
            ..attempt("shop", 3)
        };
        let bare = DeliveryAttempt {
            variant: None,
            request_id: None,
            status: None,
            error: None,
            next_attempt_at: None,
            ..full.clone()
        };
        for attempt in [full, bare] {
            let lines = Lines::default();
            tracing::subscriber::with_default(lines.clone(), || DeliveryLog::Tracing.note(attempt.clone()));
            let mut line = lines.0.lock().unwrap().remove(0);
            let mut taken = |name| line.remove(name);
            assert_eq!(taken("target"), Some("delivery".into()));
            assert_eq!(taken("level"), Some("INFO".into()));
            assert_eq!(taken("message"), Some("Delivery attempted.".into()));
            let json: BTreeMap<String, Value> =
                serde_json::from_value(serde_json::to_value(&attempt).unwrap()).unwrap();
            assert_eq!(line.into_iter().collect::<BTreeMap<_, _>>(), json);
        }
    }
}

#[tokio::test]
async fn they_cannot_be_read_back() {
    let read = DeliveryLog::Tracing.read(&"shop".into(), &ANY, 10).await;
    assert_eq!(read.unwrap(), None);
}
