//! What a schema of samples says nothing of: told, so that nobody takes the schema for all that there is.

use std::fmt;

use crate::schema::pointer::push_name;

/// Most bytes of a path that is shown.
const MOST_PATH: usize = 256;

/// Why something is left out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reason {
    /// It is nested deeper than so many levels.
    TooDeep(usize),
    /// The schema has so many parts already.
    TooMany(usize),
    /// It has more than so many names.
    Map(usize),
}

/// What is told of it.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    told: Vec<String>,
    /// Of so many places more nothing else is told.
    others: usize,
}

impl LeftOut {
    /// Tells of one more place, or counts it where enough is told.
    pub(super) fn add(&mut self, place: &[&str], reason: Reason, most: usize) {
        if self.told.len() >= most {
            self.others += 1;
            return;
        }
        let place = pointer(place);
        let place = if place.is_empty() { "all data" } else { &place };
        self.told.push(format!("{place}: {reason}"));
    }

    pub(super) fn into_warnings(mut self) -> Vec<String> {
        if self.others > 0 {
            self.told
                .push(format!("something is left out at {} more places", self.others));
        }
        self.told
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooDeep(most) => {
                write!(
                    f,
                    "what is nested deeper than {most} levels is left out and may be anything"
                )
            }
            Self::TooMany(most) => write!(
                f,
                "the schema has {most} parts, and the other members are left out and may be anything"
            ),
            Self::Map(most) => write!(
                f,
                "more than {most} names, so that it is taken for a map, whose members may be anything"
            ),
        }
    }
}

/// A JSON pointer, cut: no more is looked at than is shown, as names can be as long as data.
fn pointer(place: &[&str]) -> String {
    let mut text = String::new();
    for name in place {
        push_name(&mut text, start(name, MOST_PATH));
        if text.len() > MOST_PATH {
            text.truncate(start(&text, MOST_PATH).len());
            text.push('…');
            break;
        }
    }
    text
}

/// The start of a text, of so many bytes at most.
fn start(text: &str, most: usize) -> &str {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
