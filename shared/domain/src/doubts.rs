//! What a resource says that cannot work, although nothing in its form is wrong: URLs that no call can be made to, ARNs of
//! another service, paths that no request has. What the wire contract takes, as existing clients send it, is told rather than
//! refused, unless somebody wants it refused; what nobody can mean is refused.

use std::fmt;

use http::{HeaderName, Method};

use crate::resource::{Cors, LambdaFunction, Provider};

#[cfg(test)]
mod tests;

/// Most bytes of a name that is not doubted: URLs, logs and tables have to hold it.
const MAX_NAME_BYTES: usize = 256;

/// Most bytes of a name that is taken.
const MAX_TAKEN_NAME_BYTES: usize = 1024;

/// Something that cannot work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    /// Path of the member.
    pub field: &'static str,
    /// What would be right; with the member before it, a sentence of printable ASCII.
    pub reason: &'static str,
    /// What becomes of it where nobody says how careful to be.
    pub consequence: Consequence,
}

/// What becomes of something that cannot work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// Its sender is told. The contract takes it (docs/contract.md §1.5, §1.6, §3.1).
    Told,
    /// It is refused: the contract does not name it, and no client that is known sends it.
    Refused,
}

impl Doubt {
    fn told(field: &'static str, reason: &'static str) -> Self {
        Self::new(field, reason, Consequence::Told)
    }

    fn refused(field: &'static str, reason: &'static str) -> Self {
        Self::new(field, reason, Consequence::Refused)
    }

    fn new(field: &'static str, reason: &'static str, consequence: Consequence) -> Self {
        Self {
            field,
            reason,
            consequence,
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.reason)
    }
}

/// Of the name of an event type or function. The contract has no limit (docs/contract.md §1.5); a longer one than any that is
/// taken fits in no line of a log and in few URLs.
pub(crate) fn of_name(field: &'static str, name: &str) -> Option<Doubt> {
    if name.len() > MAX_TAKEN_NAME_BYTES {
        Some(Doubt::refused(
            field,
            "must have at most 1024 bytes, and better 256",
        ))
    } else if name.len() > MAX_NAME_BYTES {
        Some(Doubt::told(field, "must have at most 256 bytes"))
    } else {
        None
    }
}

/// Of the path of a subscription, which may have question marks (docs/contract.md §1.6).
pub(crate) fn of_path(path: &str) -> Option<Doubt> {
    of_compared_path(path, Consequence::Told)
}

/// Of a path. What requests have there is known: it is compared as it was sent, which is percent-encoded (docs/contract.md
/// §2.2). What is not is stored all the same (§1.9).
fn of_compared_path(path: &str, with_query: Consequence) -> Option<Doubt> {
    let is_bare = |segment: &str| segment == "*" || segment == ":";
    // The characters of RFC 3986, section 3.3, and the percent sign of what is encoded.
    let is_of_path = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:@".contains(&byte);
    let refused = |reason| Some(Doubt::refused("path", reason));
    if path.contains("://") {
        refused("must be a path alone, without scheme and host")
    } else if path.contains(['{', '}']) {
        refused("must have no braces, which no request has there: a parameter is written :name")
    } else if path.split('/').any(is_bare) {
        refused("must name its wildcards and parameters: *rest, :name")
    } else if path.contains(['?', '#']) {
        let reason = "must have no query and no fragment: only the path of a request is compared";
        Some(Doubt::new("path", reason, with_query))
    } else if !path.bytes().all(is_of_path) {
        Some(Doubt::told(
            "path",
            "must be percent-encoded, as it is in requests",
        ))
    } else {
        None
    }
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
    let of_lists = of_lists.map(|(_, field, reason)| Doubt::told(field, reason));
    let of_path = of_compared_path(&cors.path, Consequence::Refused);
    of_path.into_iter().chain(of_lists).collect()
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
    let of_region = region.and_then(|region| of_region(region));
    of_target.into_iter().chain(of_region).collect()
}

/// A single word is taken, as the contract has it and emulators do: `local`, `elasticmq`.
fn of_region(region: &str) -> Option<Doubt> {
    let (field, reason) = ("provider.region", "must be a region of AWS, such as eu-west-1");
    if is_region(region) {
        None
    } else if is_word(region) {
        Some(Doubt::told(field, reason))
    } else {
        Some(Doubt::refused(field, reason))
    }
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
    if has_host {
        None
    } else if is_without_scheme(url) {
        Some(Doubt::refused(field, reason))
    } else {
        Some(Doubt::told(field, reason))
    }
}

/// Whether a URL begins with a host and a port, `localhost:8080/f`, which is read as a scheme and what it names. Other schemes
/// are taken (docs/contract.md §3.1).
fn is_without_scheme(url: &str) -> bool {
    let Some((_, rest)) = url.split_once(':') else {
        return false;
    };
    let port = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Lambda takes names and parts of ARNs as well; what begins as an ARN has to be one of a function.
fn of_lambda(function: &LambdaFunction) -> Option<Doubt> {
    let mut parts = function.arn.split(':');
    if parts.next() != Some("arn") {
        return None;
    }
    let (_partition, service, region) = (parts.next(), parts.next(), parts.next());
    let field = "provider.arn";
    if service != Some("lambda") {
        let reason = "must be the ARN of a Lambda function: arn:aws:lambda:...";
        // One that names no service is one of nothing, and taken (docs/contract.md §3.1).
        let is_of_other = service.is_some_and(|service| !service.is_empty());
        let doubt = if is_of_other { Doubt::refused } else { Doubt::told };
        Some(doubt(field, reason))
    } else if region != Some(function.region.as_str()) {
        Some(Doubt::told(field, "must be the ARN of a function in that region"))
    } else {
        None
    }
}

/// Whether a text has the form of a region: `us-east-1`, `us-gov-west-1`, `eusc-de-east-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').take(6).collect();
    let [first, middle @ .., number] = parts.as_slice() else {
        return false;
    };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_word(first) && !middle.is_empty() && middle.iter().all(|part| is_word(part)) && is_number
}

fn is_word(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase())
}
