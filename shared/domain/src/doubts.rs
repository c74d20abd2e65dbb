//! What a resource says that cannot work, although the wire contract takes it: URLs that no call can be made to, ARNs of
//! another service, paths that no request has. Existing clients send such, so that it is told rather than refused, unless
//! somebody wants it refused.

use std::fmt;

use http::{HeaderName, Method};

use crate::resource::{Cors, LambdaFunction, Provider};

#[cfg(test)]
mod tests;

/// Most bytes of a name that is not doubted: URLs, logs and tables have to hold it.
const MAX_NAME_BYTES: usize = 256;

/// Something that cannot work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    /// Path of the member.
    pub field: &'static str,
    /// What would be right; with the member before it, a sentence of printable ASCII.
    pub reason: &'static str,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.reason)
    }
}

/// Of the name of an event type or function.
pub(crate) fn of_name(field: &'static str, name: &str) -> Option<Doubt> {
    let reason = "must have at most 256 bytes";
    (name.len() > MAX_NAME_BYTES).then_some(Doubt { field, reason })
}

/// Of the path of a subscription or CORS configuration. What requests have there is known: a path is compared as it was sent,
/// which is percent-encoded (docs/contract.md §2.2).
pub(crate) fn of_path(path: &str) -> Option<Doubt> {
    let is_bare = |segment: &str| segment == "*" || segment == ":";
    // The characters of RFC 3986, section 3.3, and the percent sign of what is encoded.
    let is_of_path = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:@".contains(&byte);
    let reason = if path.contains("://") {
        "must be a path alone, without scheme and host"
    } else if path.contains(['?', '#']) {
        "must have no query and no fragment: only the path of a request is compared"
    } else if path.contains(['{', '}']) {
        "must have no braces, which no request has there: a parameter is written :name"
    } else if path.split('/').any(is_bare) {
        "must name its wildcards and parameters: *rest, :name"
    } else if !path.bytes().all(is_of_path) {
        "must be percent-encoded, as it is in requests"
    } else {
        return None;
    };
    Some(Doubt {
        field: "path",
        reason,
    })
}

/// Of a CORS configuration: entries of its lists that nothing a browser sends is equal to.
pub(crate) fn of_cors(cors: &Cors) -> Vec<Doubt> {
    let is_method = |entry: &String| entry != "*" && Method::from_bytes(entry.as_bytes()).is_ok();
    // `*` is a character of names as well.
    let is_header = |entry: &String| HeaderName::from_bytes(entry.as_bytes()).is_ok();
    let of_lists = [
        (
            cors.allowed_origins.iter().all(|entry| is_origin(entry)),
            "allowedOrigins",
            "must be origins, such as https://app.example.com: a scheme, a host and perhaps a port, with one * at most and nothing \
             behind them",
        ),
        (
            cors.allowed_methods.iter().all(is_method),
            "allowedMethods",
            "must be names of methods, of which * is none",
        ),
        (
            cors.allowed_headers.iter().all(is_header),
            "allowedHeaders",
            "must be names of headers, or *",
        ),
    ];
    let of_lists = of_lists.into_iter().filter(|(is_usable, ..)| !is_usable);
    let of_lists = of_lists.map(|(_, field, reason)| Doubt { field, reason });
    of_path(&cors.path).into_iter().chain(of_lists).collect()
}

/// Whether browsers may send an origin that the entry stands for.
fn is_origin(entry: &str) -> bool {
    let (has_scheme, rest) = match entry.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, entry),
    };
    let is_of_host = |byte: u8| byte.is_ascii_graphic() && !b"/?#@\\".contains(&byte);
    let is_pattern = match entry.matches('*').count() {
        0 => false,
        1 => true,
        _ => return false,
    };
    entry.eq_ignore_ascii_case("null")
        || (has_scheme || is_pattern) && !rest.is_empty() && rest.bytes().all(is_of_host)
}

/// Of the settings of a provider. Those that came after the contract are checked when they are read.
pub(crate) fn of_provider(provider: &Provider) -> Vec<Doubt> {
    let (of_target, region) = match provider {
        Provider::Http(endpoint) => (of_url("provider.url", &endpoint.url), None),
        Provider::AwsLambda(function) => (of_lambda(function), Some(&function.region)),
        Provider::AwsKinesis(stream) => (None, Some(&stream.region)),
        Provider::AwsFirehose(stream) => (None, Some(&stream.region)),
        Provider::AwsSqs(queue) => (of_url("provider.queueUrl", &queue.queue_url), Some(&queue.region)),
        Provider::AwsSns(topic) => (None, Some(&topic.region)),
        Provider::AwsEventBridge(bus) => (None, Some(&bus.region)),
        Provider::AwsStepFunctions(machine) => (None, Some(&machine.region)),
        _ => (None, None),
    };
    let of_region = region.filter(|region| !is_region(region)).map(|_| Doubt {
        field: "provider.region",
        reason: "must be a region of AWS, such as eu-west-1",
    });
    of_target.into_iter().chain(of_region).collect()
}

fn of_url(field: &'static str, url: &str) -> Option<Doubt> {
    let rest = ["http://", "https://"].into_iter().find_map(|scheme| {
        let start = url.get(..scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then(|| &url[scheme.len()..])
    });
    let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    let host = authority.and_then(|authority| authority.rsplit('@').next());
    let has_host = host.is_some_and(|host| !host.is_empty() && !host.starts_with(':'));
    let reason = "must be an http or https URL with a host: no call can be made otherwise";
    (!has_host).then_some(Doubt { field, reason })
}

/// Lambda takes names and parts of ARNs as well; what begins as an ARN has to be one of a function.
fn of_lambda(function: &LambdaFunction) -> Option<Doubt> {
    let mut parts = function.arn.split(':');
    if parts.next() != Some("arn") {
        return None;
    }
    let (_partition, service, region) = (parts.next(), parts.next(), parts.next());
    let reason = if service != Some("lambda") {
        "must be the ARN of a Lambda function: arn:aws:lambda:..."
    } else if region != Some(function.region.as_str()) {
        "must be the ARN of a function in that region"
    } else {
        return None;
    };
    Some(Doubt {
        field: "provider.arn",
        reason,
    })
}

/// Whether a text has the form of a region: `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').take(6).collect();
    let [first, middle @ .., number] = parts.as_slice() else {
        return false;
    };
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_word(first) && !middle.is_empty() && middle.iter().all(|part| is_word(part)) && is_number
}
