//! What is wrong with the hooks of a resource.

use std::borrow::Cow;
use std::fmt;

/// Hooks that cannot be taken: which one, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookError {
    /// Its place in `hooks`, from 0; `None` where it is not about a single one.
    pub index: Option<usize>,
    /// Its member, with the place in a filter; empty where it is about the whole of it.
    pub member: Cow<'static, str>,
    /// The rule that is broken, for programs.
    pub rule: &'static str,
    /// What is wrong, and what would be right.
    pub reason: Cow<'static, str>,
}

impl HookError {
    pub(super) fn at(
        index: usize,
        member: impl Into<Cow<'static, str>>,
        rule: &'static str,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            index: Some(index),
            member: member.into(),
            rule,
            reason: reason.into(),
        }
    }

    pub(super) fn of_all(rule: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self {
            index: None,
            member: Cow::Borrowed(""),
            rule,
            reason: reason.into(),
        }
    }

    /// The path of what it is about, such as `hooks[1].timeoutMs`.
    pub fn place(&self) -> String {
        let index = self.index.map(|index| format!("[{index}]")).unwrap_or_default();
        let dot = if self.member.is_empty() { "" } else { "." };
        format!("hooks{index}{dot}{}", self.member)
    }
}

impl fmt::Display for HookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.place(), self.reason)
    }
}

impl std::error::Error for HookError {}
