//! Names that templates need not define: what is known of the rule and of the event as a whole.

use std::borrow::Cow;

use crate::transform::context::TransformContext;
use crate::transform::input_transformer::path::Found;
use crate::transform::input_transformer::tree::{Parts, Tree};

/// A reserved name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::transform::input_transformer) enum Reserved {
    RuleArn,
    RuleName,
    /// The event without its payload.
    Event,
    /// The event.
    EventJson,
    IngestionTime,
}

impl Reserved {
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "aws.events.rule-arn" => Self::RuleArn,
            "aws.events.rule-name" => Self::RuleName,
            "aws.events.event" => Self::Event,
            "aws.events.event.json" => Self::EventJson,
            "aws.events.event.ingestion-time" => Self::IngestionTime,
            _ => return None,
        })
    }

    pub(in crate::transform::input_transformer) fn value<'t, 'a>(
        self,
        event: &'t Tree<'a>,
        context: &TransformContext<'t>,
    ) -> Found<'t, 'a> {
        match self {
            Self::RuleArn => Found::Text(context.rule_arn.into()),
            Self::RuleName => Found::Text(context.rule_name.into()),
            Self::IngestionTime => Found::Text(context.ingestion_time.into()),
            Self::EventJson => Found::One(event),
            Self::Event => Found::Made(without_payload(event, context.ingestion_time).into()),
        }
    }
}

/// The event without `detail` and `data`, as EventBridge has it: names without dashes, and the time of ingestion as its
/// time.
fn without_payload(event: &Tree<'_>, ingestion_time: &str) -> String {
    let Parts::Object(members) = event.parts() else {
        return event.text().to_owned();
    };
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let kept = members
        .iter()
        .filter(|(name, _)| !matches!(name.as_ref(), "detail" | "data" | "data_base64"));
    let written: Vec<_> = kept
        .map(|(name, value)| {
            let value = if name == "time" && !ingestion_time.is_empty() {
                Cow::Owned(quoted(ingestion_time))
            } else {
                Cow::Borrowed(value.text())
            };
            format!("{}:{value}", quoted(&camel_case(name)))
        })
        .collect();
    format!("{{{}}}", written.join(","))
}

/// `detail-type` as `detailType`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('-');
    let mut text = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut signs = word.chars();
        text.extend(signs.next().map(|sign| sign.to_ascii_uppercase()));
        text.push_str(signs.as_str());
    }
    text
}
