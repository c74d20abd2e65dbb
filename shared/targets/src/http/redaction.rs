//! Cuts secrets out of what a server said, where it may have repeated what it was called with. Only what people read is
//! cut: errors, and what is kept of failed deliveries. Callers get results as they are.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use domain::dead_letter::LastResponse;
use domain::resource::TargetUrl;
use memchr::memmem;

use crate::answer::FunctionAnswer;
use crate::call::Caller;
use crate::error::InvokeError;

/// What stands in their place.
const MASK: &str = "*****";
/// Shorter texts are no secrets, but would be found everywhere.
const MIN_BYTES: usize = 4;
/// Most bytes of a failure that are looked through.
const MOST_BYTES: usize = 64 * 1024;

/// Most credentials of a URL that are looked for one by one: each costs a look through the whole text.
const MOST_CREDENTIALS: usize = 256;

/// The secrets of a call.
#[derive(Clone, Default)]
pub(crate) struct Redaction {
    secrets: Vec<String>,
    /// Whether there are too many to look for, so that nothing is shown.
    hides_all: bool,
}

impl Redaction {
    /// What must not be shown of the answers to a URL: its credentials, which the server knows.
    pub(crate) fn of_url(url: &TargetUrl) -> Self {
        let mut redaction = Self::default();
        redaction.add_url(url);
        redaction
    }

    /// Adds the credentials of a URL.
    pub(crate) fn add_url(&mut self, url: &TargetUrl) {
        let credentials = url.credentials();
        if credentials.len() > MOST_CREDENTIALS {
            self.hides_all = true;
            return;
        }
        for credential in credentials {
            self.add(credential);
        }
    }

    /// Adds a secret.
    pub(crate) fn add(&mut self, secret: impl Into<String>) {
        let secret = secret.into();
        if secret.len() >= MIN_BYTES {
            self.secrets.push(secret);
        }
    }

    /// A text without any of the secrets, nor the beginning of one where the text is cut off. Takes time in proportion
    /// to the text, whatever is in it. No mask is looked through again: secrets that look like one would make it grow.
    pub(crate) fn of<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        if self.hides_all && !text.is_empty() {
            return Cow::Owned(MASK.into());
        }
        let mut found: Vec<Range<usize>> = Vec::new();
        for secret in self.secrets.iter().map(String::as_bytes) {
            found.extend(memmem::find_iter(text, secret).map(|at| at..at + secret.len()));
            let cut = cut_off(text, secret);
            if cut >= MIN_BYTES {
                found.push(text.len() - cut..text.len());
            }
        }
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        found.sort_unstable_by_key(|range| range.start);
        let mut kept = Vec::new();
        let mut done = 0;
        for range in found {
            if range.start >= done {
                kept.extend_from_slice(&text[done..range.start]);
                kept.extend_from_slice(MASK.as_bytes());
            }
            // Secrets may contain or overlap each other.
            done = done.max(range.end);
        }
        kept.extend_from_slice(&text[done..]);
        Cow::Owned(kept)
    }

    /// The beginning of a failure's body: more than is kept of it, and few enough bytes to be looked through at once.
    pub(crate) fn beginning(&self, body: &Bytes) -> Bytes {
        let body = body.slice(..body.len().min(MOST_BYTES));
        match self.of(&body) {
            Cow::Borrowed(_) => body,
            Cow::Owned(redacted) => redacted.into(),
        }
    }

    /// What is kept of a failure.
    pub(crate) fn last_response(&self, status: Option<u16>, body: &Bytes) -> LastResponse {
        LastResponse::new(status, &self.beginning(body))
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction").finish_non_exhaustive()
    }
}

/// How many bytes the longest beginning of a secret has, not all of it, that a text ends with (Knuth, Morris and Pratt).
fn cut_off(text: &[u8], secret: &[u8]) -> usize {
    // Of each beginning of the secret: the longest shorter one that it ends with.
    let mut shorter = vec![0; secret.len()];
    let longer = |mut length: usize, byte: u8, shorter: &[usize]| {
        while length > 0 && byte != secret[length] {
            length = shorter[length - 1];
        }
        length + usize::from(byte == secret[length])
    };
    for at in 1..secret.len() {
        shorter[at] = longer(shorter[at - 1], secret[at], &shorter);
    }
    let tail = &text[text.len().saturating_sub(secret.len() - 1)..];
    tail.iter()
        .fold(0, |length, &byte| longer(length, byte, &shorter))
}

/// The result of a call, without secrets in what is kept of a failed delivery, which people read. What callers get stays
/// as it is.
pub(super) fn redacted(
    mut answered: Result<FunctionAnswer, InvokeError>,
    caller: Caller,
    redaction: impl FnOnce() -> Redaction,
) -> Result<FunctionAnswer, InvokeError> {
    match &mut answered {
        Err(InvokeError::FunctionFailed { response, .. }) => {
            let body = Bytes::copy_from_slice(response.body.as_bytes());
            *response = redaction().last_response(response.status, &body);
        }
        Ok(answer) if answer.rejection.is_some() && !caller.waits() => {
            answer.body = redaction().beginning(&answer.body);
        }
        Ok(_) | Err(_) => {}
    }
    answered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(secrets: &[&str]) -> Redaction {
        let mut redaction = Redaction::default();
        for secret in secrets {
            redaction.add(*secret);
        }
        redaction
    }

    #[test]
    fn secrets_go() {
        let redaction = of(&["token", "tokentoken2", "abc", "", "ababac"]);
        for (text, want) in [
            ("nothing", "nothing"),
            ("abc", "abc"),
            ("", ""),
            ("a token, and token", "a *****, and *****"),
            ("x tokentoken2 y", "x ***** y"),
            ("cut off: toke", "cut off: *****"),
            ("cut off: tokentok", "cut off: *****"),
            ("token: toke", "*****: *****"),
            ("tok", "tok"),
            ("abababac", "ab*****"),
            ("abababa", "ab*****"),
            ("ababab", "ab*****"),
            ("abab ab", "abab ab"),
        ] {
            let got = redaction.of(text.as_bytes());
            assert_eq!(std::str::from_utf8(&got).unwrap(), want, "{text}");
        }
        assert_eq!(format!("{redaction:?}"), "Redaction { .. }");
    }

    #[test]
    fn a_secret_where_a_body_is_cut_off_does_not_show() {
        let redaction = of(&["0123456789"]);
        for blanks in MOST_BYTES - 11..=MOST_BYTES {
            let body = " ".repeat(blanks) + "0123456789" + &"x".repeat(100_000);
            let beginning = redaction.beginning(&body.into());
            // Three bytes of it and fewer are no secret.
            let digits = beginning.iter().filter(|byte| byte.is_ascii_digit()).count();
            assert!(digits < MIN_BYTES, "{blanks}");
        }
    }

    /// What takes minutes where each place of the text is compared with the whole of each secret.
    #[test]
    fn a_text_that_resembles_the_secrets_takes_no_longer() {
        let secrets: Vec<_> = (0..9).map(|n| "a".repeat(16 * 1024) + &n.to_string()).collect();
        let redaction = of(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
        let body = Bytes::from(vec![b'a'; 10 * 1024 * 1024]);
        let redacted = redaction.of(&body);
        assert_eq!(redacted.len(), body.len() - 16 * 1024 + MASK.len());
        let beginning = redaction.beginning(&body);
        assert_eq!(beginning.len(), MOST_BYTES - 16 * 1024 + MASK.len());
    }

    #[test]
    fn a_url_with_countless_values_costs_nothing_and_shows_nothing() {
        let url = format!("https://h/?{}", "&key=value1".repeat(100_000));
        let redaction = Redaction::of_url(&url.as_str().into());
        let body = Bytes::from(vec![b'x'; MOST_BYTES]);
        assert_eq!(redaction.beginning(&body), MASK);
        assert_eq!(redaction.last_response(Some(500), &body).body, MASK);
        let few = Redaction::of_url(&"https://u:password@h/?key=value1".into());
        assert_eq!(&*few.of(b"password and value1"), b"***** and *****");
    }

    #[test]
    fn work_is_linear_in_the_text() {
        let secrets: Vec<_> = (0..64).map(|n| "a".repeat(60) + &n.to_string()).collect();
        let redaction = of(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
        for (name, piece) in [
            ("resembles the secrets", "a".to_owned()),
            ("all secrets", "a".repeat(60) + "1"),
            ("beginnings of secrets", "a".repeat(60) + "x"),
        ] {
            let text = |n: usize| piece.repeat(n * 64 / piece.len());
            scaling::assert_linear(name, 200, text, |text| redaction.of(text.as_bytes()).len());
        }
    }

    #[test]
    fn secrets_that_look_like_the_mask_do_not_make_texts_grow() {
        let redaction = of(&["****"; 64]);
        let redacted = redaction.of(&[b'*'; 4 * 1024]);
        assert_eq!(redacted.len(), 1024 * MASK.len());
    }
}
