//! What lists of resources are called.

use domain::resource::Kind;

/// Member of a list answer that holds the resources of a kind.
pub(in crate::config) fn collection(kind: Kind) -> &'static str {
    match kind {
        Kind::EventType => "eventTypes",
        Kind::Function => "functions",
        Kind::Subscription => "subscriptions",
        Kind::Cors => "cors",
        Kind::Space => "spaces",
        Kind::Key => "keys",
        Kind::Tenant => "tenants",
    }
}
