//! Instructions by scenario, as they are recorded and compared.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context as _, Result, bail};

/// What stands before that in a table.
const MACHINE: &str = "counted with: ";

const HEAD: &str = "\
# Instructions that one iteration of each scenario takes, and what they were counted with.
# Written by `cargo xtask instructions --record`; CONTRIBUTING.md says when.
";

/// How far a count may be from the recorded one, in percent.
const TOLERANCE: u64 = 3;

/// Instructions that one iteration of each scenario takes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Counts {
    /// What they were counted with.
    pub(super) machine: String,
    scenarios: BTreeMap<String, u64>,
}

/// What a count is beside the recorded one.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is about the same.
    Kept { recorded: u64, counted: u64 },
    /// It is higher.
    Grew { recorded: u64, counted: u64 },
    /// It is lower.
    Fell { recorded: u64, counted: u64 },
    /// None is recorded.
    NotRecorded { counted: u64 },
    /// One is recorded, and there is no such scenario.
    NoScenario,
}

impl Counts {
    /// Counts of no scenario.
    pub(super) fn new(machine: String) -> Self {
        let scenarios = BTreeMap::new();
        Self { machine, scenarios }
    }

    /// Sets the count of a scenario.
    pub(super) fn set(&mut self, scenario: &str, instructions: u64) {
        self.scenarios.insert(scenario.to_owned(), instructions);
    }

    /// Reads what was recorded.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut lines = text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty());
        let machine = lines.next().and_then(|line| line.strip_prefix(MACHINE));
        let mut counts = Self::new(
            machine
                .context("it does not say first what it was counted with")?
                .to_owned(),
        );
        for line in lines {
            let Some((scenario, instructions)) = line.split_once(' ') else {
                bail!("{line} is not a scenario with its count");
            };
            let instructions = instructions.trim_start().parse();
            counts.set(
                scenario,
                instructions.with_context(|| format!("{line} is not a scenario with its count"))?,
            );
        }
        Ok(counts)
    }

    /// What counts are beside these, for each scenario of the two.
    pub(super) fn compare(&self, counted: &Self) -> BTreeMap<String, Verdict> {
        let recorded = self.scenarios.keys().map(|name| (name, Verdict::NoScenario));
        let counted = counted.scenarios.iter().map(|(name, &counted)| {
            let verdict = match self.scenarios.get(name) {
                Some(&recorded) => Verdict::of(recorded, counted),
                None => Verdict::NotRecorded { counted },
            };
            (name, verdict)
        });
        recorded
            .chain(counted)
            .map(|(name, verdict)| (name.clone(), verdict))
            .collect()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}{MACHINE}{}", self.machine)?;
        for (scenario, instructions) in &self.scenarios {
            writeln!(f, "{scenario:20} {instructions:>8}")?;
        }
        Ok(())
    }
}

impl Verdict {
    fn of(recorded: u64, counted: u64) -> Self {
        let hundred = u128::from(counted) * 100;
        if hundred > u128::from(recorded) * u128::from(100 + TOLERANCE) {
            Self::Grew { recorded, counted }
        } else if hundred < u128::from(recorded) * u128::from(100 - TOLERANCE) {
            Self::Fell { recorded, counted }
        } else {
            Self::Kept { recorded, counted }
        }
    }

    /// Whether it must not stay.
    pub(super) fn fails(&self) -> bool {
        match self {
            Self::Grew { .. } | Self::NotRecorded { .. } | Self::NoScenario => true,
            Self::Kept { .. } | Self::Fell { .. } => false,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept { recorded, counted } => write!(f, "{counted:>8} instructions, recorded {recorded}"),
            Self::Grew { recorded, counted } => write!(
                f,
                "{counted:>8} instructions, recorded {recorded}: more than {TOLERANCE} % above"
            ),
            Self::Fell { recorded, counted } => write!(
                f,
                "{counted:>8} instructions, recorded {recorded}: more than {TOLERANCE} % below"
            ),
            Self::NotRecorded { counted } => write!(f, "{counted:>8} instructions, none recorded"),
            Self::NoScenario => f.write_str("recorded, but there is no such scenario"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(scenarios: &[(&str, u64)]) -> Counts {
        let mut counts = Counts::new("rustc 1.0.0 for somewhere".to_owned());
        for (scenario, instructions) in scenarios {
            counts.set(scenario, *instructions);
        }
        counts
    }

    #[test]
    fn what_is_recorded_is_read_again() {
        let written = counts(&[("decode", 1234), ("a-scenario-with-a-long-name", 123_456_789)]);
        assert_eq!(Counts::parse(&written.to_string()).unwrap(), written);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for text in [
            "",
            "decode 1\n",
            "counted with: c\ndecode\n",
            "counted with: c\ndecode many\n",
        ] {
            assert!(Counts::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn growth_of_more_than_the_tolerance_fails() {
        for (counted, fails, fell) in [
            (10_301, true, false),
            (10_300, false, false),
            (10_000, false, false),
            (9_700, false, false),
            (9_699, false, true),
        ] {
            let verdict = Verdict::of(10_000, counted);
            assert_eq!(verdict.fails(), fails, "{counted}");
            assert_eq!(matches!(verdict, Verdict::Fell { .. }), fell, "{counted}");
        }
    }

    #[test]
    fn the_table_and_the_scenarios_have_to_agree() {
        let verdicts = counts(&[("gone", 1), ("kept", 2)]).compare(&counts(&[("kept", 2), ("new", 3)]));
        let kept = Verdict::Kept {
            recorded: 2,
            counted: 2,
        };
        let want = [
            ("gone", Verdict::NoScenario),
            ("kept", kept),
            ("new", Verdict::NotRecorded { counted: 3 }),
        ];
        assert_eq!(
            verdicts,
            BTreeMap::from(want.map(|(name, verdict)| (name.to_owned(), verdict)))
        );
        let failing: Vec<_> = verdicts.values().map(Verdict::fails).collect();
        assert_eq!(failing, [true, false, true]);
    }
}
