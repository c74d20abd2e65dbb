//! What an event pattern may want of one value.

use std::fmt;
use std::net::IpAddr;

use super::address::{Cidr, address};
use super::ignore_case;
use super::range::Range;
use super::shown::listed;
use super::wildcard::Wildcard;
use crate::number::{self, Decimal};
use crate::reading::Seen;
use crate::shown::shown_text;
use crate::steps::Steps;
use crate::{Scalar, Test};

/// Bytes of a text that are searched in the time of a comparison.
const SEARCHED_A_STEP: usize = 16;

/// One of the alternatives in an array of a pattern. What few patterns have is in a box, so that a text takes no more than it
/// needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ValueTest {
    Text(Box<str>),
    /// A text that is an address: it may be written otherwise.
    Address(Box<(Box<str>, IpAddr)>),
    Number(Box<str>),
    Bool(bool),
    Null,
    Prefix(Box<str>),
    Suffix(Box<str>),
    EqualsIgnoreCase(Box<str>),
    PrefixIgnoreCase(Box<str>),
    SuffixIgnoreCase(Box<str>),
    Wildcard(Wildcard),
    Numeric(Box<Range>),
    Cidr(Box<(Box<str>, Cidr)>),
    /// The same in an array without numbers, where Event Ruler takes some numbers for addresses.
    CidrOrDigits(Box<(Box<str>, Cidr)>),
    /// There is a value.
    Exists,
    /// There is none.
    Absent,
    /// There is a value, and none of these tests passes.
    AnythingBut(Box<[ValueTest]>),
}

impl ValueTest {
    /// Whether a value passes. No value passes [`Self::Absent`]. It is a step, and searching a long text some more: without
    /// steps left nothing passes.
    pub(super) fn passes(&self, seen: &Seen<'_>, steps: &Steps) -> bool {
        if !steps.take(1) {
            return false;
        }
        match (self, seen.scalar()) {
            (Self::AnythingBut(tests), _) => !tests.iter().any(|test| test.passes(seen, steps)),
            (Self::Exists, _) | (Self::Null, Scalar::Null) => true,
            (Self::Bool(wanted), Scalar::Bool(value)) => wanted == value,
            (Self::Number(wanted), Scalar::Number(_)) => seen
                .number()
                .is_some_and(|value| Decimal::of(wanted).compare(&value).is_eq()),
            (Self::Numeric(range), Scalar::Number(_)) => {
                seen.number().is_some_and(|value| range.contains(&value))
            }
            (Self::Wildcard(wildcard), Scalar::String(text)) => {
                steps.take(text.len() / SEARCHED_A_STEP) && wildcard.matches(text)
            }
            (Self::CidrOrDigits(block), Scalar::Number(value)) => block.1.contains_digits(value),
            (_, Scalar::String(text)) => self.passes_text(text),
            _ => false,
        }
    }

    /// Whether it is about numbers.
    pub(super) fn is_numeric(&self) -> bool {
        match self {
            Self::Number(_) | Self::Numeric(_) => true,
            Self::AnythingBut(tests) => tests.iter().any(Self::is_numeric),
            _ => false,
        }
    }

    fn passes_text(&self, text: &str) -> bool {
        match self {
            Self::Text(wanted) => **wanted == *text,
            Self::Address(wanted) => *wanted.0 == *text || address(text) == Some(wanted.1),
            Self::Prefix(prefix) => {
                text.starts_with(&**prefix) || is_all_but_quote(text, prefix.strip_suffix('"'))
            }
            Self::Suffix(suffix) => {
                text.ends_with(&**suffix) || is_all_but_quote(text, suffix.strip_prefix('"'))
            }
            Self::EqualsIgnoreCase(wanted) => ignore_case::equal(text, wanted),
            Self::PrefixIgnoreCase(prefix) => {
                ignore_case::strip_start(text, prefix).is_some()
                    || (prefix.strip_suffix('"')).is_some_and(|all| ignore_case::equal(text, all))
            }
            Self::SuffixIgnoreCase(suffix) => {
                ignore_case::strip_end(text, suffix).is_some()
                    || (suffix.strip_prefix('"')).is_some_and(|all| ignore_case::equal(text, all))
            }
            Self::Cidr(block) | Self::CidrOrDigits(block) => {
                address(text).is_some_and(|address| block.1.contains(address))
            }
            _ => false,
        }
    }

    /// Adds what holds for every value that passes, as alternatives. `false` if nothing holds.
    pub(super) fn requires(&self, alternatives: &mut Vec<Test>) -> bool {
        let test = match self {
            Self::Absent => return false,
            Self::Text(text) => Test::Text(text.clone()),
            Self::Address(wanted) => {
                let (text, ip) = &**wanted;
                if ip.is_ipv6() {
                    alternatives.push(Test::Contains(":".into()));
                } else {
                    // The same within version 6 begins with zeros or what stands for them.
                    alternatives.push(Test::Prefix(":".into()));
                    alternatives.push(Test::Prefix("0".into()));
                    alternatives.push(Test::Text(ip.to_string().into()));
                }
                Test::Text(text.clone())
            }
            Self::Number(number) => Test::Number(number::canonical(number).into()),
            Self::Bool(value) => Test::Bool(*value),
            Self::Null => Test::Null,
            Self::Prefix(prefix) => match prefix.strip_suffix('"').unwrap_or(prefix) {
                "" => Test::Present,
                prefix => Test::Prefix(prefix.into()),
            },
            Self::Suffix(suffix) => match suffix.strip_prefix('"').unwrap_or(suffix) {
                "" => Test::Present,
                suffix => Test::Suffix(suffix.into()),
            },
            Self::EqualsIgnoreCase(text) => Test::TextIgnoringCase(ignore_case::fold(text).into()),
            Self::Wildcard(wildcard) => wildcard.requirement(),
            Self::PrefixIgnoreCase(_)
            | Self::SuffixIgnoreCase(_)
            | Self::Numeric(_)
            | Self::Cidr(_)
            | Self::CidrOrDigits(_)
            | Self::Exists
            | Self::AnythingBut(_) => Test::Present,
        };
        alternatives.push(test);
        true
    }
}

/// Event Ruler compares texts in their quotes, so that the end of a prefix or the start of a suffix may be one of those: of
/// the texts that a pattern with a quote there fits, one is the text without it.
fn is_all_but_quote(text: &str, without_quote: Option<&str>) -> bool {
    without_quote == Some(text)
}

impl fmt::Display for ValueTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&shown_text(text)),
            Self::Address(wanted) => f.write_str(&shown_text(&wanted.0)),
            Self::Number(number) => f.write_str(number),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Null => f.write_str("null"),
            Self::Prefix(text) => write!(f, "prefix {}", shown_text(text)),
            Self::Suffix(text) => write!(f, "suffix {}", shown_text(text)),
            Self::EqualsIgnoreCase(text) => write!(f, "equals-ignore-case {}", shown_text(text)),
            Self::PrefixIgnoreCase(text) => write!(f, "prefix equals-ignore-case {}", shown_text(text)),
            Self::SuffixIgnoreCase(text) => write!(f, "suffix equals-ignore-case {}", shown_text(text)),
            Self::Wildcard(wildcard) => write!(f, "wildcard {}", shown_text(&wildcard.text())),
            Self::Numeric(range) => write!(f, "numeric {range}"),
            Self::Cidr(block) | Self::CidrOrDigits(block) => write!(f, "cidr {}", shown_text(&block.0)),
            Self::Exists => f.write_str("exists"),
            Self::Absent => f.write_str("exists false"),
            Self::AnythingBut(tests) => {
                write!(f, "anything-but {}", listed(tests, ToString::to_string, " or "))
            }
        }
    }
}
