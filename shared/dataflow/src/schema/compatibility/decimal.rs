//! Whether a number is a multiple of another, to the digit.

use serde_json::Number;

/// A number as digits and a power of ten.
struct Decimal {
    digits: i128,
    exponent: i32,
}

impl Decimal {
    fn of(number: &Number) -> Option<Self> {
        let text = number.to_string();
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text.as_str(), 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}").parse().ok()?;
        let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?;
        Some(Self { digits, exponent })
    }

    fn scaled_to(&self, exponent: i32) -> Option<i128> {
        let by = u32::try_from(self.exponent.checked_sub(exponent)?).ok()?;
        self.digits.checked_mul(10_i128.checked_pow(by)?)
    }
}

/// Whether every multiple of the one is one of the other. `false` where that cannot be said.
pub(super) fn is_multiple(number: &Number, of: &Number) -> bool {
    let decide = || {
        let (number, of) = (Decimal::of(number)?, Decimal::of(of)?);
        let exponent = number.exponent.min(of.exponent);
        let (number, of) = (number.scaled_to(exponent)?, of.scaled_to(exponent)?);
        Some(number.checked_rem(of)? == 0)
    };
    decide().unwrap_or(false)
}
