//! A value of an event as filters compare it: what takes long to find out of it is found out once, for all of them.

use crate::Scalar;
use crate::number::{Decimal, Layout};

/// Bytes from which on a number is worth to be gone through only once.
const LONG: usize = 64;

/// A value without parts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen<'e> {
    scalar: Scalar<'e>,
    /// Of a long number.
    layout: Option<Box<Layout>>,
}

impl<'e> Seen<'e> {
    /// A value of an event.
    pub(crate) fn of(scalar: Scalar<'e>) -> Self {
        let layout = match &scalar {
            Scalar::Number(text) if text.len() >= LONG => Some(Box::new(Layout::of(text))),
            _ => None,
        };
        Self { scalar, layout }
    }

    /// The value.
    pub(crate) fn scalar(&self) -> &Scalar<'e> {
        &self.scalar
    }

    /// The number that it is, if it is one.
    pub(crate) fn number(&self) -> Option<Decimal<'_>> {
        let Scalar::Number(text) = &self.scalar else {
            return None;
        };
        Some(match &self.layout {
            Some(layout) => layout.decimal(text),
            None => Decimal::of(text),
        })
    }
}
