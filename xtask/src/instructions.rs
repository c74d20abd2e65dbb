//! How many instructions the hot paths take: counted under callgrind, compared with `bench/instructions/counts.txt`.

mod callgrind;
mod counts;
mod machine;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::program::output;
use counts::{Counts, Verdict};

/// The recorded counts, from the root of the workspace.
const COUNTS: &str = "bench/instructions/counts.txt";

/// Where things are, as `cargo metadata` has it.
#[derive(Debug, Deserialize)]
struct Workspace {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

/// Counts, and fails where a hot path takes more instructions than are recorded.
pub(crate) fn compare() -> ExitCode {
    report(try_compare())
}

/// Counts, and records the counts.
pub(crate) fn record() -> ExitCode {
    report(try_record())
}

fn report(outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("instructions: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn try_compare() -> Result<()> {
    let Some(valgrind) = callgrind::find()? else {
        println!("instructions: not run, valgrind is not installed");
        return Ok(());
    };
    let workspace = Workspace::read()?;
    let path = workspace.workspace_root.join(COUNTS);
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {COUNTS}"))?;
    let recorded = Counts::parse(&text).with_context(|| format!("{COUNTS} cannot be read"))?;
    let machine = machine::describe(&valgrind)?;
    if recorded.machine != machine {
        println!(
            "instructions: not run: counted with {}, this is {machine}",
            recorded.machine
        );
        return Ok(());
    }
    let counted = workspace.count(&valgrind, machine)?;
    let verdicts = recorded.compare(&counted);
    for (scenario, verdict) in &verdicts {
        println!("{scenario:20} {verdict}");
    }
    let failed = verdicts.iter().filter(|(_, verdict)| verdict.fails()).count();
    if failed > 0 {
        bail!(
            "{failed} of {} scenarios differ from {COUNTS}: CONTRIBUTING.md says what to do",
            verdicts.len()
        );
    }
    if verdicts
        .iter()
        .any(|(_, verdict)| matches!(verdict, Verdict::Fell { .. }))
    {
        println!("instructions: bring {COUNTS} down: cargo xtask instructions --record");
    }
    println!("instructions: clean");
    Ok(())
}

fn try_record() -> Result<()> {
    let valgrind = callgrind::find()?.context("nothing recorded, valgrind is not installed")?;
    let workspace = Workspace::read()?;
    let counted = workspace.count(&valgrind, machine::describe(&valgrind)?)?;
    let path = workspace.workspace_root.join(COUNTS);
    std::fs::write(&path, counted.to_string()).with_context(|| format!("cannot write {COUNTS}"))?;
    print!("{counted}");
    Ok(())
}

impl Workspace {
    fn read() -> Result<Self> {
        let arguments = ["metadata", "--no-deps", "--format-version", "1", "--locked"];
        let json = output(Command::new(env!("CARGO")).args(arguments))?;
        serde_json::from_str(&json).context("cargo metadata answered something unexpected")
    }

    /// Counts all scenarios of the release build. That is made by whoever runs this: a build in here would have another
    /// environment, which dependencies are compiled anew for.
    fn count(&self, valgrind: &Path, machine: String) -> Result<Counts> {
        let program = self.target_directory.join("release/instructions");
        if !program.exists() {
            bail!("there are no scenarios yet: cargo build --release --workspace --bins --tests");
        }
        let profiles = self.target_directory.join("instructions");
        let mut counts = Counts::new(machine);
        for line in output(&mut Command::new(&program))?.lines() {
            let (scenario, iterations) = line.split_once(' ').context("a scenario has no iterations")?;
            let iterations: u64 = iterations.parse().context("a scenario has no iterations")?;
            let whole = callgrind::count(valgrind, &program, scenario, &profiles.join(scenario))
                .with_context(|| format!("{scenario} was not counted"))?;
            let average = whole
                .checked_div(iterations)
                .context("a scenario has no iterations")?;
            counts.set(scenario, average);
        }
        Ok(counts)
    }
}
