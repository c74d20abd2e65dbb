//! Runs every engine and scenario in fresh processes, interleaved, and prints the medians as a table.

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

const ENGINES: [&str; 4] = ["file", "redb", "redb-quick", "fjall"];
const SCENARIOS: [&str; 10] = [
    "put",
    "group",
    "group-deletes",
    "open-10k",
    "open-10k-rewritten",
    "kill-10k",
    "kill-200k",
    "reclaim",
    "group-deletes-1m",
    "kill-1m",
];
/// Scenarios the plain file takes part in: it can only append.
const FILE_SCENARIOS: usize = 3;
/// Scenarios before those that first write a million entries, which run in the first round only.
const SHORT_SCENARIOS: usize = 8;

/// Figures by row and engine, one value a round; rows keep the order in which they first appeared.
#[derive(Default)]
struct Figures {
    rows: Vec<String>,
    values: BTreeMap<(String, &'static str), Vec<f64>>,
}

/// Runs everything `rounds` times. Each process is pinned to core 0, as the gateway would be.
pub fn all(rounds: u32) -> Result<()> {
    let mut figures = Figures::default();
    for round in 1..=rounds {
        for (position, scenario) in SCENARIOS.into_iter().enumerate() {
            for engine in ENGINES {
                if round > 1 && position >= SHORT_SCENARIOS {
                    continue;
                }
                if engine == "file" && position >= FILE_SCENARIOS {
                    continue;
                }
                eprintln!("round {round}: {engine} {scenario}");
                figures.add(engine, &run(engine, scenario)?)?;
            }
        }
    }
    figures.print();
    Ok(())
}

fn run(engine: &str, scenario: &str) -> Result<String> {
    let output = Command::new("taskset")
        .args(["-c", "0"])
        .arg(std::env::current_exe()?)
        .args([engine, scenario])
        .stderr(Stdio::inherit())
        .output()
        .context("taskset (util-linux) did not start")?;
    ensure!(output.status.success(), "{engine} {scenario} failed");
    Ok(String::from_utf8(output.stdout)?)
}

impl Figures {
    fn add(&mut self, engine: &'static str, lines: &str) -> Result<()> {
        for line in lines.lines() {
            let (name, value) = line.rsplit_once(' ').context("not a figure")?;
            if !self.rows.iter().any(|row| row == name) {
                self.rows.push(name.to_owned());
            }
            self.values
                .entry((name.to_owned(), engine))
                .or_default()
                .push(value.parse()?);
        }
        Ok(())
    }

    fn print(&mut self) {
        println!("| median | {} |", ENGINES.join(" | "));
        println!("|---|{}", "---:|".repeat(ENGINES.len()));
        for row in &self.rows {
            print!("| {row} |");
            for engine in ENGINES {
                match self.values.get_mut(&(row.clone(), engine)) {
                    Some(values) => {
                        values.sort_by(f64::total_cmp);
                        print!(" {} |", format_value(values[values.len() / 2]));
                    }
                    None => print!(" |"),
                }
            }
            println!();
        }
    }
}

/// At most three digits, or whole numbers: more than a shared machine gives.
fn format_value(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}
