//! Every reader and converter of what strangers send takes time in proportion to its input, whatever that holds. A
//! reader that is added gets a row here.

#![expect(
    clippy::unwrap_used,
    reason = "a test says by panicking that its ground gave way"
)]

mod events;
mod function_answers;
mod plans;
mod requests;
mod resources;
mod routing;
mod shapes;
mod values;

/// Size of the smaller inputs: as many members, elements or headers.
const SIZE: usize = 2_000;
