//! Tokens that were taken of a bucket.

/// Tokens that were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tokens {
    /// How many.
    pub tokens: u32,
    /// How often some were taken of that bucket by now, by whomever; 0 where nobody else can.
    pub leases: u64,
}
