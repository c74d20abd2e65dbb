//! Requests that a function gets as they came, without an event around them: what is sent, and where to
//! (docs/targets.md, "Requests as they came").

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Version, uri::PathAndQuery};
use percent_encoding::percent_decode_str;

use crate::event::{HTTP_REQUEST, request_host};
use crate::function_response::end_to_end;
use crate::origin::{Origin, TrustedProxies};
use crate::routing::RoutingTable;

mod forwarded;
mod normalized;

/// A request of a client, with what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct OriginalRequest<'a> {
    /// Its head.
    pub parts: &'a Parts,
    /// Its body.
    pub body: &'a Bytes,
    /// The path that it was routed by, still percent-encoded.
    pub path: &'a str,
    /// The path of the subscription that it matched.
    pub pattern: &'a str,
    /// Who sent it.
    pub origin: Origin,
    /// Whose word about that is taken.
    pub trusted: &'a TrustedProxies,
    /// Whether it is a batch of events, each of which has subscribers of its own.
    pub is_batch: bool,
    /// Whether its connection can go on with another protocol.
    pub can_upgrade: bool,
}

/// A request that cannot be passed on. The texts are the wire's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotPassedOn {
    /// A server might take its path for one beside the function's URL.
    #[error("the path has segments that lead elsewhere: \".\" or \"..\"")]
    DotSegments,
    /// A server might take its path for one that belongs to another subscription, with another authorizer.
    #[error(
        "the path belongs to another subscription once its escapes are decoded and empty segments and \";\" parameters \
         left out: send it in that form"
    )]
    OtherSubscription,
    /// It would be passed on once for each event.
    #[error("a batch of events is no request that can be passed on: send them one by one")]
    Batch,
    /// It asks for another protocol on a connection that has none.
    #[error(
        "this connection cannot be upgraded: the gateway speaks HTTP/2 on it, or runs where there are no upgrades"
    )]
    NoUpgrade,
}

impl<'a> OriginalRequest<'a> {
    /// The client's address, by the word of the proxies that are believed.
    pub fn client(&self) -> Option<IpAddr> {
        self.trusted.client(self.origin, &self.parts.headers)
    }

    /// The scheme that the client used, by the same word.
    pub fn scheme(&self) -> &'static str {
        self.trusted.scheme(self.origin, &self.parts.headers)
    }

    /// Refuses what must not be passed on, or cannot be.
    pub fn check(&self) -> Result<(), NotPassedOn> {
        if self.is_batch {
            return Err(NotPassedOn::Batch);
        }
        if has_dot_segments(self.rest()) {
            return Err(NotPassedOn::DotSegments);
        }
        if self.upgrade().is_some() && !self.can_upgrade {
            return Err(NotPassedOn::NoUpgrade);
        }
        Ok(())
    }

    /// Refuses one whose path a server may read as another, where that one is reached through another subscription: paths
    /// are routed by as text, and whoever guards one must not be gone past by writing it otherwise. Nothing is looked up for
    /// a path that can be read in one way only.
    pub fn check_route(&self, table: &RoutingTable) -> Result<(), NotPassedOn> {
        let Some(normal) = normalized::normalized(self.path) else {
            return Ok(());
        };
        let sync = |path| table.routes(HTTP_REQUEST, self.parts.method.as_str(), path).sync;
        match (sync(self.path), sync(&normal)) {
            (Some(one), Some(other)) if !Arc::ptr_eq(one, other) => Err(NotPassedOn::OtherSubscription),
            _ => Ok(()),
        }
    }

    /// The part of its path that the function's URL does not stand for: what is there from the first parameter or
    /// wildcard of the subscription's path on, with the slash before it. Empty where there is none.
    pub fn rest(&self) -> &'a str {
        let is_variable = |segment: &str| segment.starts_with([':', '*']);
        let mut segments = self.pattern.split('/').skip(1);
        let Some(fixed) = segments.position(is_variable) else {
            return "";
        };
        let mut rest = self.path;
        for _ in 0..fixed {
            let next = rest.get(1..).and_then(|after| after.find('/'));
            rest = next.map_or("", |at| &rest[at + 1..]);
        }
        rest
    }

    /// Where it goes: the path and the query of the function's URL, each with what the request has. A parameter of the
    /// query that the function's credentials take is left out. `None` where that is too long for a target.
    pub fn target(&self, base: &PathAndQuery, taken: Option<&str>) -> Option<PathAndQuery> {
        let rest = self.rest();
        let mut target = base.path().to_owned();
        if !rest.is_empty() {
            target.truncate(target.trim_end_matches('/').len());
            target.push_str(rest);
        }
        let query = self.parts.uri.query().unwrap_or_default();
        let own = base.query().unwrap_or_default();
        let is_taken = |pair: &&str| taken.is_some_and(|taken| decoded_name(pair) == decoded_name(taken));
        let pairs = own
            .split('&')
            .chain(query.split('&').filter(|pair| !is_taken(pair)));
        let mut separator = '?';
        for pair in pairs.filter(|pair| !pair.is_empty()) {
            target.push(separator);
            target.push_str(pair);
            separator = '&';
        }
        target.try_into().ok()
    }

    /// The headers that are sent: those of the client but for what belongs to its connection, and what the gateway knows
    /// of it.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = end_to_end(self.parts.headers.clone());
        for name in [header::HOST, header::EXPECT, header::PROXY_AUTHORIZATION] {
            headers.remove(name);
        }
        let host = request_host(self.parts);
        forwarded::tell(&mut headers, self.origin, &host, self.trusted);
        if let Some(protocol) = self.upgrade() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
            headers.insert(header::UPGRADE, protocol.clone());
        }
        headers
    }

    /// The protocol that the client wants to go on with. Another version of HTTP is none: its requests would go past all
    /// that the gateway decides. Such a wish may be ignored, and is.
    pub fn upgrade(&self) -> Option<&'a HeaderValue> {
        let headers = &self.parts.headers;
        let protocol = headers.get(header::UPGRADE)?;
        let is_http = |name: &str| {
            let name = name.trim();
            name.get(..3)
                .is_some_and(|start| start.eq_ignore_ascii_case("h2c"))
                || name
                    .get(..4)
                    .is_some_and(|start| start.eq_ignore_ascii_case("http"))
        };
        let mut connection = headers.get_all(header::CONNECTION).iter();
        let is_asked = connection.any(|line| {
            let mut tokens = line.as_bytes().split(|b| *b == b',');
            tokens.any(|token| token.trim_ascii().eq_ignore_ascii_case(b"upgrade"))
        });
        let is_one = headers.get_all(header::UPGRADE).iter().count() == 1;
        let is_other = protocol.to_str().is_ok_and(|text| !text.split(',').any(is_http));
        (is_asked && is_one && is_other && self.parts.version == Version::HTTP_11).then_some(protocol)
    }
}

/// The name of a pair of a query, however it is written.
fn decoded_name(pair: &str) -> String {
    let name = pair.split('=').next().unwrap_or_default().replace('+', " ");
    percent_decode_str(&name).decode_utf8_lossy().into_owned()
}

/// Whether a server that decodes or resolves paths could take one for another than it begins as.
fn has_dot_segments(path: &str) -> bool {
    if !path.contains(['.', '%']) {
        return false;
    }
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    let mut segments = decoded.split(|b| matches!(b, b'/' | b'\\'));
    // Some servers leave parameters out before they resolve a segment.
    segments.any(|segment| {
        let name = segment.split(|b| *b == b';').next().unwrap_or_default();
        matches!(name, b"." | b"..")
    })
}

#[cfg(test)]
mod tests;
