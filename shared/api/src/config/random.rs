//! The randomness of keys and identifiers.

use domain::api_key::DIGITS;

use crate::error::ApiError;

/// So many digits of base 62, each of them as likely as any other.
pub(super) fn digits<const N: usize>() -> Result<String, ApiError> {
    // The largest multiple of 62 that a byte can hold: what is beyond would favour the first digits.
    const FAIR: u8 = 248;
    let mut text = String::with_capacity(N);
    let mut bytes = [0; 64];
    while text.len() < N {
        getrandom::fill(&mut bytes).map_err(|_| ApiError::no_randomness())?;
        let fair = bytes.iter().filter(|byte| **byte < FAIR);
        let missing = N - text.len();
        text.extend(
            fair.take(missing)
                .map(|byte| char::from(DIGITS[usize::from(byte % 62)])),
        );
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_of_base_62_and_never_the_same() {
        let (one, other) = (digits::<200>().unwrap(), digits::<200>().unwrap());
        assert!(one.bytes().all(|byte| DIGITS.contains(&byte)), "{one}");
        assert_eq!((one.len(), one == other), (200, false));
    }
}
