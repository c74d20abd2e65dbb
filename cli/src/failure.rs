//! What can keep a command from doing what it was asked for, and the exit code of each (docs/cli.md).

use std::io;
use std::path::PathBuf;

use http::StatusCode;

/// Why a command did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The arguments do not go together.
    #[error("{0}")]
    Usage(String),
    /// The gateway refused.
    #[error("{}", .0.problems.first().map_or("refused", |problem| &problem.message))]
    Refused(Refusal),
    /// Nothing answered.
    #[error("{url} cannot be reached: {reason}")]
    Unreachable {
        /// What was called.
        url: String,
        /// What stood in the way, with its causes.
        reason: String,
    },
    /// An answer that no gateway gives.
    #[error("{url} did not answer as a gateway does: {reason}")]
    Foreign {
        /// What was called.
        url: String,
        /// What is odd about it.
        reason: String,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// What was read is not what it should be.
    #[error("{0}")]
    Malformed(String),
    /// Standard input cannot be read.
    #[error("standard input: {0}")]
    Input(io::Error),
    /// Nobody reads what is written.
    #[error("standard output: {0}")]
    Output(io::Error),
    /// Something could not be done for a reason of this machine.
    #[error("{0}")]
    Machine(String),
    /// Some of several things failed, and each was told of.
    #[error("{0}")]
    Partly(String),
    /// The gateway and a document differ, and that was the question.
    #[error("there are differences")]
    Different,
    /// Records of changes do not hang together, and that was the question.
    #[error("{0}")]
    Broken(String),
}

/// What the gateway says of a request that it does not carry out.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// What is wrong, one at least.
    pub(crate) problems: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) message: String,
    /// Further lines: what they are about, and what they say.
    pub(crate) details: Vec<(String, String)>,
}

impl Failure {
    /// A file that cannot be read or written.
    pub(crate) fn file(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::File {
            path: path.into(),
            source,
        }
    }

    /// Whether the answer was this status.
    pub(crate) fn is_status(&self, status: StatusCode) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status == status)
    }

    /// The exit code of the program.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            // Who reads only the first lines has what they want.
            Self::Output(err) if err.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::File { .. }
            | Self::Malformed(_)
            | Self::Input(_)
            | Self::Output(_)
            | Self::Machine(_)
            | Self::Partly(_) => 1,
            Self::Usage(_) => 2,
            Self::Refused(refusal) => match refusal.status.as_u16() {
                404 => 4,
                401 | 403 => 5,
                500.. => 6,
                _ => 3,
            },
            Self::Unreachable { .. } | Self::Foreign { .. } => 6,
            Self::Different => 10,
            Self::Broken(_) => 11,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16) -> Failure {
        Failure::Refused(Refusal {
            status: StatusCode::from_u16(status).unwrap(),
            problems: Vec::new(),
        })
    }

    #[test]
    fn exit_codes_tell_failures_apart() {
        let broken = io::Error::from(io::ErrorKind::BrokenPipe);
        for (failure, code) in [
            (Failure::Usage(String::new()), 2),
            (refused(400), 3),
            (refused(409), 3),
            (refused(422), 3),
            (refused(404), 4),
            (refused(401), 5),
            (refused(403), 5),
            (refused(503), 6),
            (Failure::Different, 10),
            (Failure::Broken(String::new()), 11),
            (Failure::Malformed(String::new()), 1),
            (Failure::Output(broken), 0),
        ] {
            assert_eq!(failure.exit_code(), code, "{failure:?}");
        }
    }
}
