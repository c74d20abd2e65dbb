//! The member at the end of a path of names, found in one pass over the text however deep it is.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::members::Name;

/// The member that is reached from a value by one name after another; of duplicates the last, as everywhere. The value
/// itself where there are no names. `None` where there is none, or where something on the way is no object.
pub(crate) fn member_at<'a>(value: &'a RawValue, names: &[&str]) -> Option<&'a RawValue> {
    let mut deserializer = serde_json::Deserializer::from_str(value.get());
    At(names).deserialize(&mut deserializer).ok().flatten()
}

/// The names that are left.
struct At<'n>(&'n [&'n str]);

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Option<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        if self.0.is_empty() {
            return serde::Deserialize::deserialize(deserializer).map(Some);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        let Some((first, rest)) = self.0.split_first() else {
            return Ok(None);
        };
        while let Some(Name(name)) = map.next_key()? {
            if name == *first {
                found = map.next_value_seed(At(rest))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::member_at;

    #[test]
    fn members() {
        let json = r#" {"a":{"b":[1],"b":{"c":"x"}},"a\u0062":1,"n":null,"l":[{"a":1}],"s":"{\"a\":1}","t":true,"f":1.5} "#;
        let value = serde_json::from_str(json).unwrap();
        for (path, want) in [
            ("a.b.c", Some("\"x\"")),
            ("a.b", Some("{\"c\":\"x\"}")),
            ("ab", Some("1")),
            ("n", Some("null")),
            ("A", None),
            ("a.c", None),
            ("n.a", None),
            ("l.a", None),
            ("s.a", None),
            ("t.a", None),
            ("f.a", None),
        ] {
            let names: Vec<_> = path.split('.').collect();
            let found = member_at(value, &names).map(serde_json::value::RawValue::get);
            assert_eq!(found, want, "{path}");
        }
        assert_eq!(
            member_at(value, &[]).map(serde_json::value::RawValue::get),
            Some(json.trim())
        );
    }
}
