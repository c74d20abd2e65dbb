//! Numbers as JSON writes them, compared exactly: nothing becomes a floating-point number on the way.

use std::cmp::Ordering;

/// The digits of a number and where its point is: `0.DIGITS × 10^point`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decimal<'t> {
    negative: bool,
    /// Digits of the integer part and of the fraction, without zeros at the ends of both together. Empty: zero.
    digits: (&'t str, &'t str),
    point: i64,
}

/// What a number is apart from its text, so that a long one is gone through once however often it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    negative: bool,
    /// Where its digits begin and end: those of the integer part, and those of the fraction.
    digits: [(usize, usize); 2],
    point: i64,
}

impl Layout {
    /// That of a number.
    pub(crate) fn of(text: &str) -> Self {
        let Decimal {
            negative,
            digits: (whole, fraction),
            point,
        } = Decimal::of(text);
        let place = |digits: &str| {
            let start = digits.as_ptr().addr().saturating_sub(text.as_ptr().addr());
            (start, start + digits.len())
        };
        Self {
            negative,
            digits: [place(whole), place(fraction)],
            point,
        }
    }

    /// The number, whose text is the one that this was made of.
    pub(crate) fn decimal<'t>(&self, text: &'t str) -> Decimal<'t> {
        let [whole, fraction] = self
            .digits
            .map(|(start, end)| text.get(start..end).unwrap_or_default());
        Decimal {
            negative: self.negative,
            digits: (whole, fraction),
            point: self.point,
        }
    }
}

impl<'t> Decimal<'t> {
    /// Reads a number.
    pub(crate) fn of(text: &'t str) -> Self {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (digits, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], exponent(&text[at + 1..])),
            None => (text, 0),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let whole = whole.trim_start_matches('0');
        let mut fraction = fraction.trim_end_matches('0');
        let mut point = length(whole);
        if whole.is_empty() {
            let significant = fraction.trim_start_matches('0');
            point = length(significant) - length(fraction);
            fraction = significant;
        }
        let whole = if fraction.is_empty() {
            whole.trim_end_matches('0')
        } else {
            whole
        };
        let zero = whole.is_empty() && fraction.is_empty();
        Self {
            negative: negative && !zero,
            digits: (whole, fraction),
            point: if zero { 0 } else { point.saturating_add(exponent) },
        }
    }

    fn is_zero(&self) -> bool {
        self.digits.0.is_empty() && self.digits.1.is_empty()
    }

    /// Which of two numbers is larger. What differs is found in as many steps as the shorter one has digits.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.compare_size(other),
            (true, true) => other.compare_size(self),
        }
    }

    /// Compares without regard to the signs.
    fn compare_size(&self, other: &Self) -> Ordering {
        let digits = |of: &Self| of.digits.0.bytes().chain(of.digits.1.bytes());
        match (self.is_zero(), other.is_zero()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => (self.point.cmp(&other.point)).then_with(|| digits(self).cmp(digits(other))),
        }
    }
}

fn length(digits: &str) -> i64 {
    i64::try_from(digits.len()).unwrap_or(i64::MAX)
}

/// An exponent. What no computer could write out is as large as numbers get here.
fn exponent(text: &str) -> i64 {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let size = digits.bytes().fold(0_i64, |size, digit| {
        size.saturating_mul(10)
            .saturating_add(i64::from(digit.wrapping_sub(b'0')))
    });
    // Half of the room is left for the digits before the exponent.
    let size = size.min(i64::MAX / 2);
    if negative { -size } else { size }
}

/// The one text of all ways to write a number: `1`, `1.0` and `10e-1` have the same.
pub(crate) fn canonical(text: &str) -> String {
    let number = Decimal::of(text);
    if number.is_zero() {
        return "0".to_owned();
    }
    let (whole, fraction) = number.digits;
    let exponent = number.point.saturating_sub(length(whole) + length(fraction));
    let sign = if number.negative { "-" } else { "" };
    if exponent == 0 {
        return [sign, whole, fraction].concat();
    }
    format!("{sign}{whole}{fraction}e{exponent}")
}

/// Which of two numbers is larger.
pub(crate) fn compare(one: &str, other: &str) -> Ordering {
    Decimal::of(one).compare(&Decimal::of(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_have_one_text() {
        for (text, expected) in [
            ("1", "1"),
            ("1.0", "1"),
            ("1e0", "1"),
            ("10e-1", "1"),
            ("0.01E+2", "1"),
            ("-0", "0"),
            ("0e5", "0"),
            ("-0.000", "0"),
            ("-1.50", "-15e-1"),
            ("100", "1e2"),
            ("1e2", "1e2"),
            ("3.018e2", "3018e-1"),
            ("301.8", "3018e-1"),
            ("0.0012", "12e-4"),
            ("1002.0030", "1002003e-3"),
            ("12345678901234567890", "1234567890123456789e1"),
        ] {
            assert_eq!(canonical(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_compared_exactly() {
        let ascending = [
            "-1e999999999999999999999999",
            "-1e400",
            "-12345678901234567891",
            "-12345678901234567890",
            "-2",
            "-1.5",
            "-0.001",
            "0",
            "1e-999999999999999999999999",
            "1e-400",
            "0.00099",
            "0.001",
            "0.1",
            "1",
            "9007199254740992",
            "9007199254740992.5",
            "9007199254740993",
            "1e308",
            "1e309",
            "1e999999999",
        ];
        for (i, one) in ascending.iter().enumerate() {
            for (j, other) in ascending.iter().enumerate() {
                assert_eq!(compare(one, other), i.cmp(&j), "{one} and {other}");
                let (one_read, other_read) = (Layout::of(one), Layout::of(other));
                let compared = one_read.decimal(one).compare(&other_read.decimal(other));
                assert_eq!(compared, i.cmp(&j), "{one} and {other}, read before");
            }
        }
    }

    #[test]
    fn exponents_cost_nothing() {
        assert_eq!(canonical("1e999999999"), "1e999999999");
        assert!(compare("1e999999999", "10e999999998").is_eq());
        assert!(canonical("1e99999999999999999999999999999").len() < 32);
    }
}
