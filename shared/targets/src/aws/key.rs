//! Keys that keep events together: partition keys of streams, message groups of queues and topics.

use domain::event::Event;
use sha2::{Digest as _, Sha256};

use crate::call::Call;

/// Most characters of a partition key.
const MOST_KEY: usize = 256;
/// Most characters of a message group, and of a deduplication id.
const MOST_GROUP: usize = 128;
/// Group of what has neither a path nor a source.
const NO_SOURCE: &str = "event-gateway";

/// The partition key at a path of the event; `None` where there is nothing. A text that is too long for a key is
/// replaced by its SHA-256, which keeps the same events together.
pub(crate) fn partition_key(call: &Call<'_>, path: Option<&str>) -> Option<String> {
    let key = at(call.event, path?)?;
    Some(if key.chars().count() <= MOST_KEY {
        key
    } else {
        digest(&key)
    })
}

/// How a message of a FIFO queue or topic, or a fair one, is marked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    pub(crate) group: Option<String>,
    pub(crate) deduplication: Option<String>,
}

impl Marks {
    /// The group is what is at the path, if anything is. Messages to a FIFO queue or topic must have one: it is the
    /// source of the event otherwise. They are known by their delivery, so that a second attempt within five minutes of
    /// a first one that was taken adds nothing.
    pub(crate) fn of(call: &Call<'_>, path: Option<&str>, name: &str) -> Self {
        let is_fifo = name.strip_suffix(".fifo").is_some();
        let group = path.and_then(|path| at(call.event, path));
        let group = group.or_else(|| {
            let source = || at(call.event, "source").unwrap_or_else(|| NO_SOURCE.to_owned());
            is_fifo.then(source)
        });
        let identity = call.identity.as_ref().filter(|_| is_fifo);
        Self {
            group: group.map(|group| as_mark(&group)),
            deduplication: identity.map(|identity| as_mark(identity.delivery.as_ref())),
        }
    }

    /// Bytes of both.
    pub(crate) fn size(&self) -> usize {
        [&self.group, &self.deduplication]
            .into_iter()
            .flatten()
            .map(String::len)
            .sum()
    }
}

/// An empty text keeps nothing together.
fn at(event: Option<&Event>, path: &str) -> Option<String> {
    event?.text_at(path).filter(|text| !text.is_empty())
}

/// The text itself where it may be a mark, its SHA-256 otherwise.
fn as_mark(text: &str) -> String {
    let is_mark = text.len() <= MOST_GROUP && text.bytes().all(|byte| byte.is_ascii_graphic());
    if is_mark { text.to_owned() } else { digest(text) }
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::call::{CallIdentity, Caller};

    fn event(data: &str) -> Event {
        let json = format!(
            r#"{{"specversion":"1.0","id":"1","source":"/shop","type":"t","datacontenttype":"application/json","data":{data}}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    fn call(event: Option<&Event>) -> Call<'_> {
        Call {
            payload: Bytes::new(),
            event,
            identity: Some(CallIdentity {
                delivery: "d-1".into(),
                subscription: None,
                attempt: 1,
                trace: None,
            }),
            caller: Caller::Queue,
            original: None,
            needs_answer: true,
            hops: domain::hops::Hops::NONE,
        }
    }

    #[test]
    fn partition_keys() {
        let long = "x".repeat(257);
        for (data, path, want) in [
            (r#"{"id":"7"}"#.to_owned(), Some("data.id"), Some("7".to_owned())),
            (
                r#"{"id":7.10}"#.to_owned(),
                Some("data.id"),
                Some("7.10".to_owned()),
            ),
            (r#"{"id":""}"#.to_owned(), Some("data.id"), None),
            (r#"{"id":null}"#.to_owned(), Some("data.id"), None),
            ("1".to_owned(), Some("data.id"), None),
            ("1".to_owned(), None, None),
            ("1".to_owned(), Some("source"), Some("/shop".to_owned())),
            (
                format!("\"{}\"", "é".repeat(256)),
                Some("data"),
                Some("é".repeat(256)),
            ),
            (format!("\"{long}\""), Some("data"), Some(digest(&long))),
        ] {
            let event = event(&data);
            assert_eq!(partition_key(&call(Some(&event)), path), want, "{data}");
        }
        assert_eq!(partition_key(&call(None), Some("source")), None);
    }

    #[test]
    fn marks() {
        let group = |data: &str, path, name| {
            let event = event(data);
            Marks::of(&call(Some(&event)), path, name).group
        };
        let (fifo, standard) = ("https://sqs/1/q.fifo", "https://sqs/1/q");
        assert_eq!(
            group(r#"{"id":"7"}"#, Some("data.id"), fifo).as_deref(),
            Some("7")
        );
        assert_eq!(
            group(r#"{"id":"7"}"#, Some("data.id"), standard).as_deref(),
            Some("7")
        );
        assert_eq!(group("1", Some("data.id"), fifo).as_deref(), Some("/shop"));
        assert_eq!(group("1", None, fifo).as_deref(), Some("/shop"));
        assert_eq!(group("1", Some("data.id"), standard), None);
        assert_eq!(group("1", None, standard), None);
        for odd in ["größe", "a b", &"x".repeat(129)] {
            let group = group(&format!("\"{odd}\""), Some("data"), fifo).unwrap();
            assert!(group.len() == 64 && group == digest(odd), "{odd}: {group}");
        }
        assert_eq!(
            Marks::of(&call(None), None, fifo).group.as_deref(),
            Some(NO_SOURCE)
        );
    }

    #[test]
    fn deliveries_are_known_by_their_id_in_fifo_queues_alone() {
        let deduplication = |name| Marks::of(&call(None), None, name).deduplication;
        assert_eq!(deduplication("q.fifo").as_deref(), Some("d-1"));
        assert_eq!(deduplication("q"), None);
    }

    #[test]
    fn digests() {
        assert_eq!(
            digest("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
