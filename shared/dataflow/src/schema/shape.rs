//! How much work a schema makes, whatever the data: circles that lead nowhere are refused, and so is what has too many
//! subschemas look at the same value.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::document::Document;
use super::keywords::Place;
use super::looks::Looks;
use super::measure::Measure;
use super::work::Work;
use super::{SchemaError, SchemaFault, SchemaLimits};

/// How often a list of reasons may look at parts of the data, as a power of two.
const LISTED_LOOKS: f64 = 16.0;
/// How many subschemas may lead from one to the next without going into the data.
const LONGEST_CHAIN: usize = 128;

/// What is known of the work before there is data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// By how many subschemas a member or element is looked at, at most, each time that its parent is.
    branches: usize,
    /// How many times a value is looked at.
    looks: usize,
    is_recursive: bool,
    /// The most that is done with one value each time.
    work: Work,
}

/// Work of a subschema, on the way or done.
enum Width {
    InProgress,
    Of(Work),
}

impl Shape {
    pub(super) fn of(document: &Document, limits: &SchemaLimits) -> Result<Self, SchemaError> {
        let mut widths = Widths {
            document,
            limits,
            known: HashMap::new(),
        };
        let mut work = Work::default();
        let mut seen = HashSet::new();
        let mut waiting = vec![(String::new(), document.root())];
        while let Some((pointer, value)) = waiting.pop() {
            if !seen.insert(pointer.clone()) {
                continue;
            }
            work = work.most(widths.width(&pointer, value, 0)?);
            let Value::Object(object) = value else { continue };
            waiting.extend(document.referred(object));
            for held in document.held(object) {
                waiting.push((held.pointer(&pointer), held.value));
            }
        }
        let looks = Looks::of(document, limits)?;
        Ok(Self {
            branches: looks.branches,
            looks: looks.most.max(1),
            is_recursive: looks.is_recursive,
            work,
        })
    }

    /// Whether data may take more steps to be checked than are taken. What refers to itself is remembered meanwhile.
    pub(super) fn takes_too_long(self, data: &Measure, limits: &SchemaLimits) -> bool {
        self.steps(data) > limits.steps
    }

    /// Steps that a check of data takes at most.
    pub(super) fn steps(self, data: &Measure) -> usize {
        data.values
            .saturating_mul(self.work.steps)
            .saturating_mul(self.looks)
    }

    /// Whether a list of what data breaks may be larger than is made, or look too often at the same parts.
    pub(super) fn lists_too_much(self, data: &Measure, limits: &SchemaLimits) -> bool {
        let mut looks = self.looks;
        if self.is_recursive && self.branches > 1 {
            #[expect(clippy::cast_precision_loss, reason = "an estimate")]
            let power = (self.branches as f64).log2() * data.depth as f64;
            if power > LISTED_LOOKS {
                return true;
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is small and positive"
            )]
            let often = power.exp2().ceil() as usize;
            looks = looks.saturating_mul(often);
        }
        let violations = self.work.violations.saturating_mul(looks);
        data.violation_bytes.saturating_mul(violations) > limits.listed_bytes
    }
}

/// Works out how many subschemas look at a value.
struct Widths<'a> {
    document: &'a Document,
    limits: &'a SchemaLimits,
    known: HashMap<String, Width>,
}

impl Widths<'_> {
    /// What all subschemas do with the value that this one looks at.
    fn width(&mut self, pointer: &str, value: &Value, chain: usize) -> Result<Work, SchemaError> {
        let Value::Object(object) = value else {
            return Ok(Work::of_boolean());
        };
        let too_wide = || SchemaError::at(pointer, SchemaFault::TooWide(self.limits.width));
        match self.known.get(pointer) {
            Some(Width::InProgress) => return Err(SchemaError::at(pointer, SchemaFault::Circular)),
            Some(Width::Of(work)) => return Ok(*work),
            None => {}
        }
        if chain > LONGEST_CHAIN {
            return Err(too_wide());
        }
        self.known.insert(pointer.to_owned(), Width::InProgress);
        let document = self.document;
        let mut sum = Work::of(object);
        for (target, value) in document.referred(object) {
            sum = sum.and(self.width(&target, value, chain + 1)?);
        }
        for held in document.held(object) {
            if held.place == Place::Here {
                sum = sum.and(self.width(&held.pointer(pointer), held.value, chain + 1)?);
            }
        }
        if sum.subschemas > self.limits.width {
            return Err(SchemaError::at(pointer, SchemaFault::TooWide(self.limits.width)));
        }
        self.known.insert(pointer.to_owned(), Width::Of(sum));
        Ok(sum)
    }
}
