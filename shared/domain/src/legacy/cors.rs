//! CORS of requests that carry the header `Event` (docs/contract.md §7.3): 0.6 and 0.7 allowed everything. Here nobody gets
//! credentials who is not named, so that everything but these is allowed.

use http::{HeaderMap, Method, header};

use crate::cors_decision::preflight_method;
use crate::ids::{CorsId, Space};
use crate::resource::{Cors, Metadata};

/// Header that announces an event.
const EVENT: &str = "event";

/// What browsers may do with a request that carries an event by the header `Event`, or asks whether it may; `None` for
/// all other requests.
pub fn event_cors(method: &Method, headers: &HeaderMap) -> Option<Cors> {
    let concerns_event = if preflight_method(method, headers).is_some() {
        headers
            .get_all(header::ACCESS_CONTROL_REQUEST_HEADERS)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(','))
            .any(|name| name.trim().eq_ignore_ascii_case(EVENT))
    } else {
        headers.get(EVENT).is_some_and(|value| !value.is_empty())
    };
    concerns_event.then(everything)
}

fn everything() -> Cors {
    let texts = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
    Cors {
        space: Space::or_default(""),
        cors_id: CorsId::from(""),
        method: String::new(),
        path: String::new(),
        allowed_origins: texts(&["*"]),
        allowed_methods: texts(&["HEAD", "GET", "POST", "PUT", "PATCH", "DELETE"]),
        allowed_headers: texts(&["*"]),
        allow_credentials: false,
        exposed_headers: Vec::new(),
        max_age: None,
        allow_private_network: false,
        metadata: Metadata::new(),
    }
}
