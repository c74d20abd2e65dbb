//! Resources to put into a store.

use domain::ids::Space;
use domain::resource::{Cors, EventType, Function, Resource, Subscription};

pub(crate) fn decode<R: Resource>(space: &Space, id: Option<&R::Id>, body: &str) -> R {
    R::decode(space, id, body.as_bytes()).unwrap()
}

pub(crate) fn function(space: &Space, id: &str) -> Function {
    let body =
        format!(r#"{{"functionId":"{id}","type":"http","provider":{{"url":"http://localhost/{id}"}}}}"#);
    decode(space, None, &body)
}

pub(crate) fn event_type(space: &Space, name: &str) -> EventType {
    decode(space, None, &format!(r#"{{"name":"{name}"}}"#))
}

pub(crate) fn sync(space: &Space, event_type: &str, function: &str, path: &str) -> Subscription {
    subscription(space, "sync", event_type, function, path)
}

pub(crate) fn asynchronous(space: &Space, event_type: &str, function: &str, path: &str) -> Subscription {
    subscription(space, "async", event_type, function, path)
}

fn subscription(space: &Space, kind: &str, event_type: &str, function: &str, path: &str) -> Subscription {
    let body = format!(
        r#"{{"type":"{kind}","eventType":"{event_type}","functionId":"{function}","path":"{path}","method":"GET"}}"#
    );
    decode(space, None, &body)
}

pub(crate) fn cors(space: &Space, path: &str) -> Cors {
    decode(space, None, &format!(r#"{{"method":"GET","path":"{path}"}}"#))
}
