//! Paths into an event: `$.detail.items[0].name`, `$.detail.items[*].name`, `$.detail.*`.

use std::borrow::Cow;

use super::tree::{Parts, Tree};
use crate::transform::error::{TransformError, code};

/// Most steps of a path.
const MOST_STEPS: usize = 32;
/// Most bytes of a path.
const LONGEST: usize = 4096;

/// What events of EventBridge call what CloudEvents call otherwise: paths of imported rules find it all the same.
const SAME: [(&str, &str); 3] = [
    ("detail", "data"),
    ("detail-type", "type"),
    ("resources", "subject"),
];

/// A compiled path.
#[derive(Debug)]
pub(in crate::transform) struct Path {
    steps: Vec<Step>,
}

#[derive(Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    Element(usize),
    All,
}

/// What a path leads to.
#[derive(Clone)]
pub(super) enum Found<'t, 'a> {
    One(&'t Tree<'a>),
    /// What a path with `*` leads to.
    Several(Vec<&'t Tree<'a>>),
    /// A text that is no part of the event.
    Text(Cow<'t, str>),
    /// JSON that is no part of the event.
    Made(Cow<'t, str>),
}

impl Path {
    /// Reads a path; positions are characters from its begin.
    pub(super) fn compile(path: &str) -> Result<Self, TransformError> {
        let wrong = |rest: &str, why: &str| {
            let position = path.chars().count() - rest.chars().count();
            let message = format!("the path {path:?} {why}");
            Err(TransformError::new(code::PATH, message).at(position))
        };
        if path.len() > LONGEST {
            return Err(TransformError::new(
                code::PATH,
                format!("a path is longer than {LONGEST} bytes"),
            ));
        }
        let Some(mut rest) = path.strip_prefix('$') else {
            return wrong(path, "does not begin with $");
        };
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if steps.len() == MOST_STEPS {
                return wrong(rest, &format!("has more than {MOST_STEPS} steps"));
            }
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let (name, left) = after.split_at(end);
                if name.is_empty() {
                    return wrong(after, "has a step without a name");
                }
                steps.push(if name == "*" {
                    Step::All
                } else {
                    Step::Member(name.to_owned())
                });
                rest = left;
            } else if let Some((inner, left)) = rest.strip_prefix('[').and_then(|after| after.split_once(']'))
            {
                let quoted = ['\'', '"'].into_iter().find_map(|quote| {
                    let name = inner.strip_prefix(quote)?.strip_suffix(quote)?;
                    (!name.is_empty()).then_some(name)
                });
                steps.push(match (inner, quoted, inner.parse()) {
                    ("*", ..) => Step::All,
                    (_, Some(name), _) => Step::Member(name.to_owned()),
                    (_, None, Ok(index)) => Step::Element(index),
                    (_, None, Err(_)) => {
                        return wrong(rest, "has brackets without an index, a name in quotes or *");
                    }
                });
                rest = left;
            } else {
                return wrong(rest, "goes on without . or [");
            }
        }
        Ok(Self { steps })
    }

    /// What it leads to; `None` if there is nothing.
    pub(super) fn value<'t, 'a>(&self, event: &'t Tree<'a>) -> Option<Found<'t, 'a>> {
        let mut found = vec![event];
        for (index, step) in self.steps.iter().enumerate() {
            found = found
                .into_iter()
                .flat_map(|value| step.of(value, index == 0))
                .collect();
        }
        if self.steps.contains(&Step::All) {
            return Some(Found::Several(found));
        }
        found.pop().map(Found::One)
    }
}

impl Step {
    fn of<'t, 'a>(&self, value: &'t Tree<'a>, is_first: bool) -> Vec<&'t Tree<'a>> {
        match (self, value.parts()) {
            (Self::Member(name), _) => {
                let same = || SAME.iter().find(|(theirs, _)| is_first && theirs == name);
                let found = value
                    .member(name)
                    .or_else(|| same().and_then(|(_, ours)| value.member(ours)));
                found.into_iter().collect()
            }
            (Self::Element(index), Parts::List(elements)) => elements.get(*index).into_iter().collect(),
            (Self::All, Parts::List(elements)) => elements.iter().collect(),
            (Self::All, Parts::Object(members)) => members.iter().map(|(_, value)| value).collect(),
            (Self::Element(_) | Self::All, _) => Vec::new(),
        }
    }
}

impl<'a> Found<'_, 'a> {
    /// It as JSON.
    pub(super) fn json(&self) -> Cow<'a, str> {
        match self {
            Self::One(value) => Cow::Borrowed(value.text()),
            Self::Several(values) => {
                let texts: Vec<_> = values.iter().map(|value| value.text()).collect();
                Cow::Owned(format!("[{}]", texts.join(",")))
            }
            Self::Made(json) => Cow::Owned(json.clone().into_owned()),
            Self::Text(text) => Cow::Owned(serde_json::Value::from(text.as_ref()).to_string()),
        }
    }
}
