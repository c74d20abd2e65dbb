//! How often an event has been passed on by a gateway: what ends an event that comes back for ever.
//!
//! Calls over HTTP carry the count in a header, what streams, queues and topics get carries it in the event. A function
//! that leaves it out when it sends something on begins anew, which nobody can see from here.

use std::fmt;

use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::json::Json;

/// Header with the count, of calls of functions and of requests that come back.
pub const HOPS_HEADER: &str = "x-event-gateway-hops";

/// Extension attribute with the count, of events that travel without headers.
pub const HOPS_EXTENSION: &str = "eventgatewayhops";

const SMALL: [&str; 17] = [
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16",
];

/// How often an event, or what it came from, was passed on by a gateway. 0 of what a client sends by itself.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(transparent)]
pub struct Hops(u8);

/// A count that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} must be one number from 0 to 255")]
pub struct HopsError {
    /// Header or attribute.
    name: &'static str,
}

impl Hops {
    /// Of what a client sends by itself.
    pub const NONE: Self = Self(0);

    /// So many.
    pub const fn new(count: u8) -> Self {
        Self(count)
    }

    /// What a request says of itself.
    pub fn of_request(headers: &HeaderMap) -> Result<Self, HopsError> {
        let refused = || HopsError { name: HOPS_HEADER };
        let mut lines = headers.get_all(HOPS_HEADER).iter();
        let Some(line) = lines.next() else {
            return Ok(Self::NONE);
        };
        // A second one may be smaller, and nobody knows which of them counts.
        match (number(line.as_bytes()), lines.next()) {
            (Some(count), None) => Ok(Self(count)),
            _ => Err(refused()),
        }
    }

    /// What an event says of itself, by its [`HOPS_EXTENSION`].
    pub(crate) fn of_extension(value: Option<&Json>) -> Result<Self, HopsError> {
        let Some(value) = value else {
            return Ok(Self::NONE);
        };
        let count = value.scalar_text().and_then(|text| number(text.as_bytes()));
        count.map(Self).ok_or(HopsError { name: HOPS_EXTENSION })
    }

    /// The count of what is passed on now.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The count of what goes to so many at once: each doubling counts as a passing on, since what comes back several
    /// times each time grows without bounds long before the count ends it.
    #[must_use]
    pub fn spread(self, receivers: usize) -> Self {
        if receivers < 2 {
            return self;
        }
        let doublings = usize::BITS - (receivers - 1).leading_zeros();
        Self(self.0.saturating_add(u8::try_from(doublings).unwrap_or(u8::MAX)))
    }

    /// How many.
    pub const fn count(self) -> u8 {
        self.0
    }

    /// Whether there were none.
    pub const fn is_none(&self) -> bool {
        self.0 == 0
    }

    /// The value of the header.
    pub fn to_header(self) -> HeaderValue {
        // What nearly all calls carry takes no memory.
        match SMALL.get(usize::from(self.0)) {
            Some(text) => HeaderValue::from_static(text),
            None => HeaderValue::from(u16::from(self.0)),
        }
    }

    /// The value of the attribute.
    pub(crate) fn to_json(self) -> Json {
        Json::from_value(&self.0)
    }
}

impl fmt::Display for Hops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Digits, and nothing else: no sign, no space, no second number.
fn number(text: &[u8]) -> Option<u8> {
    if !(1..=3).contains(&text.len()) || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;

    fn of_request(lines: &[&'static str]) -> Result<u8, String> {
        let lines = lines.iter().map(|line| HeaderValue::from_static(line));
        let headers = lines.map(|line| (http::HeaderName::from_static(HOPS_HEADER), line));
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(name, value);
        }
        Hops::of_request(&map)
            .map(Hops::count)
            .map_err(|err| err.to_string())
    }

    #[test]
    fn headers() {
        assert_eq!(of_request(&[]), Ok(0));
        for (text, count) in [("0", 0), ("1", 1), ("016", 16), ("255", 255)] {
            assert_eq!(of_request(&[text]), Ok(count), "{text}");
        }
        let refused = Err("x-event-gateway-hops must be one number from 0 to 255".to_owned());
        for text in [
            "",
            "256",
            "-1",
            "+1",
            "1.0",
            "1e1",
            "1, 2",
            "0x1",
            "18446744073709551616",
            "one",
            "1 ",
        ] {
            assert_eq!(of_request(&[text]), refused, "{text}");
        }
        assert_eq!(of_request(&["3", "3"]), refused);
    }

    #[test]
    fn events_of_every_version() {
        for start in [
            r#"{"eventType":"t","cloudEventsVersion":"0.1","source":"/s","eventID":"1","extensions":{"#,
            r#"{"specversion":"1.0","type":"t","source":"/s","id":"1","#,
        ] {
            let end = if start.contains("extensions") { "}}" } else { "}" };
            let of = |value: &str| -> Result<u8, HopsError> {
                let text = format!("{start}\"eventgatewayhops\":{value}{end}");
                // Some values are none that an attribute can have at all.
                let refused = HopsError { name: HOPS_EXTENSION };
                let event: Event = serde_json::from_str(&text).map_err(|_| refused)?;
                event.hops().map(Hops::count)
            };
            // In the binary mode every attribute is a text.
            assert_eq!((of("7"), of(r#""7""#)), (Ok(7), Ok(7)));
            for value in ["256", "-1", "1.5", "1e2", "true", "[]", "{}", r#""""#, r#""x""#] {
                assert!(of(value).is_err(), "{value}");
            }
            let event: Event = serde_json::from_str(&format!("{start}\"a\":1{end}")).unwrap();
            assert_eq!(event.hops(), Ok(Hops::NONE));
            let passed_on = event.with_hops(Hops::new(3)).with_hops(Hops::new(4));
            assert_eq!(passed_on.hops(), Ok(Hops::new(4)));
            let text = String::from_utf8(passed_on.to_json()).unwrap();
            assert_eq!(text.matches("\"eventgatewayhops\":4").count(), 1, "{text}");
        }
    }

    #[test]
    fn doublings_count() {
        for (receivers, count) in [(0, 1), (1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (8, 4), (1000, 11)] {
            assert_eq!(Hops::new(1).spread(receivers).count(), count, "{receivers}");
        }
        assert_eq!(Hops::new(254).spread(usize::MAX), Hops::new(255));
        // However many there are at each turn, few deliveries come of one event.
        for receivers in 1..=32_u64 {
            let (mut hops, mut deliveries, mut all) = (Hops::NONE, 1_u64, 0);
            while hops <= Hops::new(16) {
                deliveries *= receivers;
                all += deliveries;
                hops = hops.spread(usize::try_from(receivers).unwrap()).next();
            }
            assert!(all < 1 << 17, "{receivers}: {all}");
        }
    }

    #[test]
    fn the_count_ends_where_it_does() {
        assert_eq!(Hops::NONE.next(), Hops::new(1));
        assert_eq!(Hops::new(255).next(), Hops::new(255));
        for count in [0, 1, 16, 17] {
            assert_eq!(Hops::new(count).to_header(), count.to_string());
        }
        assert_eq!(Hops::new(200).to_header(), "200");
    }
}
