//! Event types of subscriptions that stand for several: `order.*` for all that start with `order.`, `*` for all but the
//! gateway's own. Names of event types have no asterisk, so that none of them looks like one.

use crate::event::SYSTEM_PREFIX;
use crate::validation;

/// Most bytes of a pattern: an event is looked up by each length that there is.
pub const MAX_TYPE_PATTERN_BYTES: usize = 256;

/// What an event type with an asterisk stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypePattern<'a> {
    /// Every type but those of the gateway's own events: a function that gets the events about its own calls would be called
    /// for ever.
    Any,
    /// The types that start so; it ends in a dot.
    Prefix(&'a str),
}

impl<'a> TypePattern<'a> {
    /// The pattern that a text is, if it is one.
    pub fn of(text: &'a str) -> Option<Self> {
        let prefix = text.strip_suffix('*')?;
        if prefix.is_empty() {
            return Some(Self::Any);
        }
        let is_prefix = prefix.ends_with('.') && text.len() <= MAX_TYPE_PATTERN_BYTES;
        let name = prefix.strip_suffix('.').unwrap_or_default();
        (is_prefix && validation::is_name(name)).then_some(Self::Prefix(prefix))
    }

    /// Whether it stands for a type.
    pub fn matches(self, event_type: &str) -> bool {
        match self {
            Self::Any => !event_type.starts_with(SYSTEM_PREFIX),
            Self::Prefix(prefix) => event_type.starts_with(prefix),
        }
    }
}

/// Whether the event type of a subscription, pattern or not, stands for a type.
pub fn is_to(subscribed: &str, event_type: &str) -> bool {
    match TypePattern::of(subscribed) {
        Some(pattern) => pattern.matches(event_type),
        None => subscribed == event_type,
    }
}

/// Rule of the event type of a subscription.
pub(crate) fn rule(text: &str) -> Option<&'static str> {
    match TypePattern::of(text) {
        Some(_) => None,
        None => validation::name(text, "eventType"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (text, want) in [
            ("*", Some(TypePattern::Any)),
            ("order.*", Some(TypePattern::Prefix("order."))),
            ("a-b_c.d.*", Some(TypePattern::Prefix("a-b_c.d."))),
            ("order*", None),
            ("order", None),
            (".*", None),
            ("*.created", None),
            ("order.*.*", None),
            ("order/x.*", None),
            ("order.**", None),
            ("", None),
        ] {
            assert_eq!(TypePattern::of(text), want, "{text}");
        }
        let long = format!("{}.*", "x".repeat(MAX_TYPE_PATTERN_BYTES - 2));
        assert!(TypePattern::of(&long).is_some());
        assert_eq!(TypePattern::of(&format!("x{long}")), None);
        assert_eq!(rule(&format!("x{long}")), Some("eventType"));
        assert_eq!(
            (rule("*"), rule("a"), rule(""), rule("a*")),
            (None, None, Some("required"), Some("eventType"))
        );
    }

    #[test]
    fn what_they_stand_for() {
        for (subscribed, event_type, want) in [
            ("order.*", "order.created", true),
            ("order.*", "order.line.added", true),
            ("order.*", "order.", true),
            ("order.*", "order", false),
            ("order.*", "orders.created", false),
            ("*", "http.request", true),
            ("*", "eventgateway.function.invoked", false),
            ("eventgateway.*", "eventgateway.function.invoked", true),
            ("eventgateway.function.*", "eventgateway.event.received", false),
            ("order.created", "order.created", true),
            ("order.created", "order.*", false),
        ] {
            assert_eq!(is_to(subscribed, event_type), want, "{subscribed} {event_type}");
        }
    }
}
