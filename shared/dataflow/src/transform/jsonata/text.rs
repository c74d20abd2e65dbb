//! The result of an expression as JSON text, members in the order of the expression.

use jlens_core::output::Builder;

/// How deep a result may be nested: readers of JSON take about that much.
const MOST_LEVELS: usize = 100;

/// Writes a result.
#[derive(Debug, Default)]
pub(super) struct Text {
    level: usize,
    /// Whether the result is nested too deep; what was written is of no use then.
    pub(super) is_too_deep: bool,
}

impl Text {
    fn opens(&mut self, sign: &str) -> String {
        self.level += 1;
        self.is_too_deep |= self.level > MOST_LEVELS;
        sign.to_owned()
    }

    fn closes(&mut self, mut text: String, sign: char) -> String {
        self.level = self.level.saturating_sub(1);
        text.push(sign);
        text
    }
}

/// Adds a value to a list or an object that is written, unless nothing of it will be used: then it costs nothing.
fn add(text: &mut String, key: Option<&str>, value: &str) {
    if text.len() > 1 {
        text.push(',');
    }
    if let Some(key) = key {
        text.push_str(&quoted(key));
        text.push(':');
    }
    text.push_str(value);
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl Builder for Text {
    type Value = String;
    type Array = String;
    type Object = String;

    fn null(&mut self) -> String {
        "null".to_owned()
    }

    fn bool(&mut self, value: bool) -> String {
        value.to_string()
    }

    fn number(&mut self, value: f64) -> String {
        // As JavaScript prints them: integers without a point or an exponent.
        if value == 0.0 {
            "0".to_owned()
        } else if value.fract() == 0.0 && value.abs() < 1e21 {
            value.to_string()
        } else {
            serde_json::Value::from(value).to_string()
        }
    }

    fn string(&mut self, value: &str) -> String {
        quoted(value)
    }

    fn array(&mut self, _len: usize) -> String {
        self.opens("[")
    }

    fn push(&mut self, array: &mut String, item: String) {
        if !self.is_too_deep {
            add(array, None, &item);
        }
    }

    fn end_array(&mut self, array: String) -> String {
        self.closes(array, ']')
    }

    fn object(&mut self, _len: usize) -> String {
        self.opens("{")
    }

    fn insert(&mut self, object: &mut String, key: &str, value: String) {
        if !self.is_too_deep {
            add(object, Some(key), &value);
        }
    }

    fn end_object(&mut self, object: String) -> String {
        self.closes(object, '}')
    }
}
