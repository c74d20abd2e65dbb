//! Event patterns against what is known of them.

mod corpora;
mod examples;
mod explained;
mod hostile;
mod operators;
mod reference;
mod required;
mod scaling_up;
mod structure;

use serde_json::value::RawValue;

use super::Pattern;
use crate::budget::Budget;
use crate::reading::Reading;
use crate::steps::Steps;
use crate::wanted::Wanted;
use crate::{FilterError, FilterLimits, Scalar, Subject};

/// An event that is nothing but its data.
struct Data<'d>(&'d str);

impl Subject for Data<'_> {
    fn attribute(&self, _name: &str) -> Option<Scalar<'_>> {
        None
    }

    fn each_attribute(&self, _visit: &mut dyn FnMut(&str, Scalar<'_>)) {}

    fn data(&self) -> Option<&RawValue> {
        serde_json::from_str(self.0).ok()
    }
}

/// Compiles a pattern of data.
fn compile(pattern: &str) -> Result<Pattern, FilterError> {
    compile_within(pattern, &FilterLimits::default())
}

fn compile_within(pattern: &str, limits: &FilterLimits) -> Result<Pattern, FilterError> {
    let json = RawValue::from_string(format!(r#"{{"data":{pattern}}}"#)).expect("a pattern is JSON");
    Pattern::compile(&json, "", &mut Budget::new(limits))
}

fn matches(pattern: &Pattern, event: &str) -> bool {
    let mut wanted = Wanted::default();
    pattern.paths(&mut |path| {
        wanted.add(path);
    });
    pattern.matches(&Reading::of(&Data(event), &wanted), &Steps::new(usize::MAX))
}

/// `true`, `false` or `error`, as the oracle says it.
fn verdict(pattern: &str, event: &str) -> &'static str {
    match compile(pattern) {
        Err(_) => "error",
        Ok(_) if !event.trim_start().starts_with('{') => "error",
        Ok(pattern) if matches(&pattern, event) => "true",
        Ok(_) => "false",
    }
}
