//! How much memory evaluations on this thread may still take. Not in the published crate: see the
//! README of the folder above.
//!
//! Every string, array and object that is read or built is charged when it is made, and nothing is
//! given back: what is built in total is bounded, hence also what is held at a time. Charges are
//! estimates that do not lie below what an allocator hands out. Without [`allow`] there is no bound.

use std::cell::Cell;

thread_local! {
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Bytes of an array or object, or of a string, apart from what it holds.
const BASE: usize = 64;
/// Bytes of an item of an array.
const ITEM: usize = 24;
/// Bytes of a field of an object, with its places in the hash table.
const FIELD: usize = 64;
/// Bytes of an object apart from its fields.
const OBJECT: usize = 224;

/// Documents and evaluations on this thread take so many bytes from now on, `usize::MAX` for any number.
pub fn allow(bytes: usize) {
    LEFT.set(bytes);
}

/// Whether what was allowed is used up.
pub fn is_exhausted() -> bool {
    LEFT.get() == 0
}

/// Whether so many bytes more would be too many.
pub(crate) fn has_room(bytes: usize) -> bool {
    bytes <= LEFT.get()
}

#[inline]
fn take(bytes: usize) {
    let left = LEFT.get();
    if left != usize::MAX {
        LEFT.set(left.saturating_sub(bytes));
    }
}

/// A step of a walk through a value, which may be far longer than the value is large: parts of it may be shared. Whoever walks
/// stops where this is false, and the evaluation fails soon after.
#[inline]
pub(crate) fn take_step() -> bool {
    take(STEP);
    !is_exhausted()
}

/// What a step is charged.
const STEP: usize = 32;

/// Most bytes of a value that an error shows.
pub(crate) fn detail_limit(otherwise: usize) -> usize {
    if LEFT.get() == usize::MAX { otherwise } else { DETAIL }
}

/// Most bytes of a value that an error shows where memory is bounded.
const DETAIL: usize = 4096;

#[inline]
pub(crate) fn take_string(len: usize) {
    take(BASE + len);
}

#[inline]
pub(crate) fn take_array(len: usize) {
    take(BASE + len * ITEM);
}

#[inline]
pub(crate) fn take_object(len: usize) {
    take(OBJECT + len * FIELD);
}

/// Bytes that an array of so many items takes.
pub(crate) fn of_array(len: usize) -> usize {
    BASE + len * ITEM
}

/// Bytes that a regular expression may need for ways back on a text of so many bytes. A repeated group keeps some for each
/// character; a repeated character or class does not.
pub(crate) fn of_ways_back(pattern: &str, text: usize) -> usize {
    let bytes = pattern.as_bytes();
    let repeats = |next: u8| matches!(next, b'*' | b'+' | b'{');
    if !bytes.windows(2).any(|pair| pair[0] == b')' && repeats(pair[1])) {
        return 0;
    }
    let kept = bytes.iter().filter(|byte| matches!(byte, b'(' | b'|' | b'*' | b'+' | b'?' | b'{'));
    kept.count().saturating_mul(WAY_BACK).saturating_mul(text)
}

/// Bytes of a way back, in a list that grows.
const WAY_BACK: usize = 80;

/// Bytes of a function, with the variables that it keeps.
const FUNCTION: usize = 512;

#[inline]
pub(crate) fn take_function() {
    take(FUNCTION);
}

/// The error of an evaluation that takes more than is allowed.
#[cold]
pub(crate) fn exhausted() -> crate::Error {
    crate::Error::new("U1001").with("message", "The evaluation would take more memory than is allowed")
}
