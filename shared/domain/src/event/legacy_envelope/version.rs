//! The versions whose events had a form of their own.

/// A version of the gateway whose events had a form of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LegacyVersion {
    /// 0.5, of 2017.
    V0_5,
    /// 0.6.
    V0_6,
    /// 0.7, the first that knew CloudEvents.
    V0_7,
}
