//! Runs one hot path of the gateway so many times, for `cargo xtask instructions`, which has callgrind count it.
//!
//! Without arguments it lists the scenarios and how many iterations each has.

mod events;
mod filters;
mod function;
mod local_gateway;
mod matching;
mod measured;
mod queued;
mod sync_event;

use std::io::{Write as _, stdout};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};

/// That of the product.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Something to count.
struct Scenario {
    name: &'static str,
    /// So many that random hash seeds and the pace of threads change the count of one by well under 1 %.
    iterations: u32,
    /// Prepares, and hands the rest to [`measured::measured_section`].
    run: fn(u32) -> Result<()>,
}

const SCENARIOS: [Scenario; 9] = [
    Scenario {
        name: "decode-binary",
        iterations: 5_000,
        run: events::decode_binary,
    },
    Scenario {
        name: "decode-structured",
        iterations: 5_000,
        run: events::decode_structured,
    },
    Scenario {
        name: "encode",
        iterations: 5_000,
        run: events::encode,
    },
    Scenario {
        name: "match-1",
        iterations: 50_000,
        run: |iterations| matching::among(1, iterations),
    },
    Scenario {
        name: "match-1000",
        iterations: 50_000,
        run: |iterations| matching::among(1_000, iterations),
    },
    Scenario {
        name: "match-100000",
        iterations: 50_000,
        run: |iterations| matching::among(100_000, iterations),
    },
    Scenario {
        name: "filter-match",
        iterations: 20_000,
        run: filters::one_of_many,
    },
    Scenario {
        name: "sync-event",
        iterations: 500,
        run: sync_event::receive,
    },
    Scenario {
        name: "queue-delivery",
        iterations: 500,
        run: queued::send_receive_settle,
    },
];

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => {
            for scenario in &SCENARIOS {
                writeln!(stdout(), "{} {}", scenario.name, scenario.iterations)?;
            }
        }
        [name] if name == function::ARGUMENT => function::serve()?,
        [name] => {
            let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name);
            let scenario = scenario.with_context(|| format!("there is no scenario {name}"))?;
            (scenario.run)(scenario.iterations)?;
        }
        _ => bail!("usage: instructions [scenario]"),
    }
    Ok(ExitCode::SUCCESS)
}
