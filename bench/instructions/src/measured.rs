//! The section that is counted. `xtask/src/instructions/callgrind.rs` knows both functions by their names.

use std::hint::black_box;

use anyhow::Result;

/// Does the work so many times. What all threads execute between its beginning and [`end_of_section`] is counted.
#[inline(never)]
pub(crate) fn measured_section(iterations: u32, work: &mut dyn FnMut() -> Result<()>) -> Result<()> {
    for _ in 0..iterations {
        work()?;
    }
    end_of_section(iterations);
    Ok(())
}

/// Does nothing, but is called.
#[inline(never)]
fn end_of_section(iterations: u32) {
    black_box(iterations);
}
