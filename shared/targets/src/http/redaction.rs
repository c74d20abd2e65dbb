//! Cuts secrets out of what a server said, where it may have repeated what it was called with.

/// What stands in their place.
const MASK: &str = "*****";
/// Shorter texts are no secrets, but would be found everywhere.
const MIN_BYTES: usize = 4;

/// The text without any of the secrets, nor the beginning of one where the text is cut off. `None` if there is none.
pub(crate) fn redact(text: &[u8], secrets: &[String]) -> Option<Vec<u8>> {
    let mut redacted: Option<Vec<u8>> = None;
    // Longer ones first: one may be part of another.
    let mut secrets: Vec<&[u8]> = secrets.iter().map(String::as_bytes).collect();
    secrets.retain(|secret| secret.len() >= MIN_BYTES);
    secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
    for secret in secrets {
        let current = redacted.as_deref().unwrap_or(text);
        if let Some(without) = without(current, secret) {
            redacted = Some(without);
        }
    }
    redacted
}

/// The text without one secret; `None` if it is not in it.
fn without(text: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
    let mut kept = Vec::new();
    let mut rest = text;
    let mut is_found = false;
    while let Some(at) = rest.windows(secret.len()).position(|window| window == secret) {
        kept.extend_from_slice(&rest[..at]);
        kept.extend_from_slice(MASK.as_bytes());
        rest = &rest[at + secret.len()..];
        is_found = true;
    }
    let cut = (MIN_BYTES..secret.len())
        .rev()
        .find(|&length| rest.ends_with(&secret[..length]));
    if let Some(length) = cut {
        kept.extend_from_slice(&rest[..rest.len() - length]);
        kept.extend_from_slice(MASK.as_bytes());
        return Some(kept);
    }
    kept.extend_from_slice(rest);
    is_found.then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go() {
        let secrets = ["token".to_owned(), "tokentoken2".to_owned(), "abc".to_owned()];
        for (text, want) in [
            ("nothing", None),
            ("abc", None),
            ("", None),
            ("a token, and token", Some("a *****, and *****")),
            ("x tokentoken2 y", Some("x ***** y")),
            ("cut off: toke", Some("cut off: *****")),
            ("cut off: tokentok", Some("cut off: *****")),
            ("tok", None),
        ] {
            let got = redact(text.as_bytes(), &secrets);
            assert_eq!(got.as_deref(), want.map(str::as_bytes), "{text}");
        }
    }
}
