//! What it costs to find the filters that an event passes: times, bytes and changes, at a thousand and a hundred thousand filters.
//!
//! Figures, no test: no assertion looks at a time.

mod event;
mod measure;
mod samples;
mod scenarios;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let scenarios = scenarios::all();
    if let Some(unknown) = wanted.iter().find(|name| !scenarios.iter().any(|(known, _)| known == name)) {
        let known: Vec<&str> = scenarios.iter().map(|(name, _)| *name).collect();
        bail!("unknown scenario {unknown:?}; there are {}", known.join(", "));
    }
    for (name, run) in scenarios {
        if wanted.is_empty() || wanted.iter().any(|one| one == name) {
            run(name)?;
        }
    }
    Ok(())
}
