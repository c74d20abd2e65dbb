//! Each way to be found, and what is not to be done twice, or at all.

use std::{
    borrow::Cow,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::value::RawValue;

use super::support::{Event, compile, found, index};
use crate::{FilterIndex, Scalar, Subject};

#[test]
fn each_kind_of_requirement_finds_its_filter() {
    for (filter, passes, fails) in [
        (r#"{"exact":{"subject":"abc"}}"#, "abc", "abd"),
        (r#"{"prefix":{"subject":"ab"}}"#, "abc", "aabc"),
        (r#"{"suffix":{"subject":"bc"}}"#, "abc", "abcc"),
        (r#"{"sql":"subject LIKE '%bcd%'"}"#, "abcde", "abce"),
        (r#"{"sql":"subject LIKE '%bc%'"}"#, "abc", "acb"),
        (r#"{"sql":"subject LIKE '%été%'"}"#, "un été", "un ete"),
        (r#"{"sql":"subject IN ('a', 'b')"}"#, "b", "c"),
        (r#"{"sql":"subject = 7"}"#, "7", "8"),
        (
            r#"{"pattern":{"subject":[{"equals-ignore-case":"Straße"}]}}"#,
            "STRASSE",
            "strase",
        ),
        (
            r#"{"pattern":{"subject":[{"wildcard":"*abc*def*"}]}}"#,
            "xabcxdefx",
            "xabcxdfx",
        ),
        (r#"{"pattern":{"subject":[{"prefix":""}]}}"#, "", "7"),
        (r#"{"pattern":{"subject":[7]}}"#, "7", "seven"),
        (r#"{"pattern":{"subject":[true]}}"#, "true", "false"),
    ] {
        let index = index(&[
            &format!("[{filter}]"),
            r#"[{"exact":{"subject":"somebody else's"}}]"#,
        ]);
        assert_eq!(
            found(&index, &Event::with(&[("subject", passes)])),
            [0],
            "{filter}"
        );
        assert_eq!(
            found(&index, &Event::with(&[("subject", fails)])),
            [0; 0],
            "{filter}"
        );
        assert_eq!(index.unindexed(), 0, "{filter}");
    }
}

#[test]
fn what_no_requirement_finds_is_counted_and_tried() {
    let mut index = index(&[
        r#"[{"not":{"exact":{"subject":"a"}}}]"#,
        r#"[{"not":{"exact":{"subject":"a"}}},{"exact":{"type":"t"}}]"#,
        r#"[{"pattern":{"subject":[{"exists":false}]}}]"#,
    ]);
    assert_eq!(index.unindexed(), 2);
    assert_eq!(found(&index, &Event::with(&[("type", "t")])), [0, 1, 2]);
    assert_eq!(found(&index, &Event::with(&[("subject", "a")])), [0; 0]);
    index.remove(&0);
    index.insert(2, compile(r#"[{"exact":{"type":"t"}}]"#));
    assert_eq!(index.unindexed(), 0);
    assert_eq!(found(&index, &Event::with(&[("type", "t")])), [1, 2]);
}

#[test]
fn a_filter_is_found_once_however_many_anchors_find_it() {
    let index = index(&[
        r#"[{"any":[{"exact":{"subject":"a"}},{"prefix":{"subject":"a"}},{"exact":{"type":"t"}}]}]"#,
        r#"[{"pattern":{"data":{"x":["a","b"]}}}]"#,
    ]);
    let event = Event {
        attributes: Event::with(&[("subject", "a"), ("type", "t")]).attributes,
        ..Event::of_data(r#"{"x":["a","b","a","b"]}"#)
    };
    assert_eq!(found(&index, &event), [0, 1]);
}

#[test]
fn a_value_that_comes_again_is_not_gone_through_again() {
    // Two thousand filters for each of thirty thousand values would be sixty million.
    let mut index = FilterIndex::default();
    for key in 0..2_000 {
        index.insert(key, compile(r#"[{"pattern":{"data":{"x":["a"]}}}]"#));
    }
    index.insert(2_000, compile(r#"[{"pattern":{"data":{"x":["b"]}}}]"#));
    let mut hits = crate::index::hits::Hits::default();
    let value = Scalar::String(Cow::Borrowed("a"));
    let field = index
        .wanted
        .child("data")
        .unwrap()
        .child("x")
        .unwrap()
        .field()
        .unwrap();
    for _ in 0..30_000 {
        index.anchors.probe(field, &value, &mut hits);
    }
    assert_eq!(hits.into_entries().len(), 2_000);
}

#[test]
fn all_lengths_of_prefixes_and_suffixes_are_found_in_one_pass() {
    let mut index = FilterIndex::default();
    for length in 1..=200 {
        let text = "é".repeat(length);
        index.insert(
            length,
            compile(&format!(r#"[{{"prefix":{{"subject":"{text}"}}}}]"#)),
        );
        index.insert(
            1_000 + length,
            compile(&format!(r#"[{{"suffix":{{"subject":"x{text}"}}}}]"#)),
        );
    }
    let subject = "é".repeat(150) + "x" + &"é".repeat(120);
    let all: Vec<usize> = (1..=150).chain([1_120]).collect();
    assert_eq!(found(&index, &Event::with(&[("subject", &subject)])), all);
    for length in 2..=200 {
        index.remove(&length);
    }
    assert_eq!(found(&index, &Event::with(&[("subject", &subject)])), [1, 1_120]);
}

#[test]
fn literals_are_found_among_few_and_many() {
    let mut index = FilterIndex::default();
    let filter = |key: usize| compile(&format!(r#"[{{"sql":"subject LIKE '%word{key}%'"}}]"#));
    for key in 0..60 {
        index.insert(key, filter(key));
        assert_eq!(
            found(&index, &Event::with(&[("subject", "no such thing")])),
            [0; 0]
        );
        let subject = format!("a word{key}, and wor0");
        let both = if key < 10 { vec![key] } else { vec![key / 10, key] };
        assert_eq!(found(&index, &Event::with(&[("subject", &subject)])), both);
    }
    for key in (0..60).rev() {
        assert_eq!(
            found(&index, &Event::with(&[("subject", &format!("word{key}"))])).last(),
            Some(&key)
        );
        index.remove(&key);
        let expected = if key < 10 { vec![] } else { vec![key / 10] };
        assert_eq!(
            found(&index, &Event::with(&[("subject", &format!("word{key}"))])),
            expected
        );
    }
}

/// An event that counts how often its data is asked for.
#[derive(Debug)]
struct Counting<'e>(&'e Event, AtomicUsize);

impl Subject for Counting<'_> {
    fn attribute(&self, name: &str) -> Option<Scalar<'_>> {
        self.0.attribute(name)
    }

    fn each_attribute(&self, visit: &mut dyn FnMut(&str, Scalar<'_>)) {
        self.0.each_attribute(visit);
    }

    fn data(&self) -> Option<&RawValue> {
        self.1.fetch_add(1, Ordering::Relaxed);
        self.0.data()
    }
}

#[test]
fn data_is_read_for_those_who_may_get_the_event_and_look_at_it() {
    let index = index(&[
        r#"[{"exact":{"type":"plain"}}]"#,
        r#"[{"pattern":{"type":["deep"],"data":{"x":[{"anything-but":["a"]}]}}}]"#,
    ]);
    for (event_type, found, reads) in [("other", 0, 0), ("plain", 1, 0), ("deep", 1, 1)] {
        let event = Event {
            attributes: Event::with(&[("type", event_type)]).attributes,
            ..Event::of_data(r#"{"x":"b"}"#)
        };
        let event = Counting(&event, AtomicUsize::new(0));
        let mut count = 0;
        index.matches(&event, &mut |_| count += 1);
        assert_eq!((count, event.1.into_inner()), (found, reads), "{event_type}");
    }
}

#[test]
fn filters_hang_where_the_fewest_others_do() {
    let mut index = FilterIndex::default();
    for key in 0..1_000 {
        index.insert(
            key,
            compile(&format!(r#"[{{"exact":{{"type":"t","subject":"s{key}"}}}}]"#)),
        );
    }
    let mut hits = crate::index::hits::Hits::default();
    for (name, value) in [("type", "t"), ("subject", "s700")] {
        let field = index.wanted.child(name).unwrap().field().unwrap();
        index
            .anchors
            .probe(field, &Scalar::String(Cow::Borrowed(value)), &mut hits);
    }
    assert!(
        hits.into_entries().len() < 5,
        "a type that all share finds no one"
    );
}

#[test]
fn an_index_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<FilterIndex<String>>();
}
