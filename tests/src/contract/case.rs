//! Cases as they are written in the contract files, and loading all of them.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::step::Step;

/// One case: a numbered behaviour of the wire.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// `C-nnn` or `X-nnn`, unique over all files.
    pub id: String,
    /// The behaviour in one line.
    pub title: String,
    /// Sections of docs/contract.md and numbers of its quirks.
    pub r#ref: String,
    /// Runs alone, after all others: it looks at something that every request changes.
    #[serde(default)]
    pub exclusive: bool,
    /// Runs on the gateway that has hosted domains.
    #[serde(default)]
    pub hosted: bool,
    /// Runs on a gateway of its own.
    pub spawn: Option<Spawn>,
    #[serde(default)]
    setup: Vec<WrittenStep>,
    steps: Vec<WrittenStep>,
}

/// A gateway of its own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spawn {
    /// Command line flags beyond ports and data directory.
    pub flags: Vec<String>,
}

/// A step with its repetitions, before placeholders are replaced.
#[derive(Clone, Debug, Deserialize)]
struct WrittenStep {
    #[serde(default)]
    each: Vec<Map<String, Value>>,
    #[serde(flatten)]
    members: Map<String, Value>,
}

/// One step to make, as it is written.
#[derive(Debug)]
pub(super) struct NumberedStep {
    /// Position in the case, setup included, from 1.
    pub(super) number: usize,
    /// Its keys, with those of the repetition.
    pub(super) members: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    area: String,
    cases: Vec<Case>,
}

/// Why the cases cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or the directory cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// What was to be read.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// A file is not a list of cases.
    #[error("cannot understand {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause, with its line.
        source: serde_yaml_ng::Error,
    },
    /// A step says something that the runner does not know.
    #[error("case {id}, step {number}")]
    Step {
        /// Id of the case.
        id: String,
        /// Number of the step.
        number: usize,
        /// The cause.
        source: serde_json::Error,
    },
    /// Two cases have one id.
    #[error("case {0} exists twice")]
    Duplicate(String),
    /// A file is named differently from its area.
    #[error("{path} is not named after its area {area}")]
    Misnamed {
        /// The file.
        path: PathBuf,
        /// The area it names.
        area: String,
    },
}

impl Case {
    /// Loads the cases of all `*.yaml` files of a directory, in the order of file names.
    pub fn load_all(directory: &Path) -> Result<Vec<Self>, LoadError> {
        let failed = |source| LoadError::Read {
            path: directory.to_owned(),
            source,
        };
        let entries = fs::read_dir(directory).map_err(failed)?;
        let mut files = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed)?;
        files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
        files.sort();
        let mut cases = Vec::new();
        for path in files {
            cases.extend(Self::load(path)?);
        }
        let mut seen = BTreeSet::new();
        match cases.iter().find(|case| !seen.insert(case.id.as_str())) {
            Some(twice) => Err(LoadError::Duplicate(twice.id.clone())),
            None => Ok(cases),
        }
    }

    fn load(path: PathBuf) -> Result<Vec<Self>, LoadError> {
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) => return Err(LoadError::Read { path, source }),
        };
        let file: CaseFile = match serde_yaml_ng::from_str(&text) {
            Ok(file) => file,
            Err(source) => return Err(LoadError::File { path, source }),
        };
        if path.file_stem().is_none_or(|stem| stem != file.area.as_str()) {
            return Err(LoadError::Misnamed {
                path,
                area: file.area,
            });
        }
        for case in &file.cases {
            case.readable_steps()?;
        }
        Ok(file.cases)
    }

    /// Whether the case can only run over a real connection.
    pub fn needs_connection(&self) -> bool {
        self.readable_steps()
            .is_ok_and(|steps| steps.iter().any(Step::needs_connection))
    }

    /// Whether the case looks at the metrics page.
    pub fn reads_metrics(&self) -> bool {
        self.readable_steps()
            .is_ok_and(|steps| steps.iter().any(|step| !step.metrics.is_empty()))
    }

    /// Setup and steps in order, repetitions written out.
    pub(super) fn steps(&self) -> impl Iterator<Item = NumberedStep> {
        self.setup
            .iter()
            .chain(&self.steps)
            .zip(1..)
            .flat_map(|(step, number)| {
                let once = [Map::new()];
                let repetitions = if step.each.is_empty() {
                    once.to_vec()
                } else {
                    step.each.clone()
                };
                repetitions.into_iter().map(move |changes| {
                    let members = step.members.clone().into_iter().chain(changes).collect();
                    NumberedStep { number, members }
                })
            })
    }

    fn readable_steps(&self) -> Result<Vec<Step>, LoadError> {
        let read = self.steps().map(|step| {
            let number = step.number;
            Step::from_members(step.members).map_err(|source| LoadError::Step {
                id: self.id.clone(),
                number,
                source,
            })
        });
        read.collect()
    }
}
