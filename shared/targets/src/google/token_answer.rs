//! Reads the answers of token servers.

use std::time::{Duration, SystemTime};

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use clocks::since_epoch;
use http::header::DATE;
use serde::de::DeserializeOwned;

use super::jwt;
use super::refusal::GoogleError;
use crate::error::{BoxError, InvokeError};
use crate::http::HttpResponse;
use crate::tokens::Token;

/// Most bytes that a token server may answer.
pub(super) const MAX_ANSWER: usize = 64 * 1024;

/// Who gives out tokens, as errors name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TokenServer(pub(super) &'static str);

/// A token server that cannot be understood, or reached.
#[derive(Debug, thiserror::Error)]
pub(super) enum TokenError {
    #[error("{server}: {reason}")]
    Answer {
        server: &'static str,
        reason: &'static str,
    },
    #[error("{server}: no answer")]
    Exchange { server: &'static str, source: BoxError },
}

impl TokenServer {
    /// Reads the JSON of a successful answer.
    pub(super) fn json<T: DeserializeOwned>(self, response: &HttpResponse) -> Result<T, InvokeError> {
        self.check(response)?;
        // The cause would show a part of the answer.
        serde_json::from_slice(&response.body).map_err(|_| self.broken("there is no token in its answer"))
    }

    /// Fails unless the answer is a success.
    pub(super) fn check(self, response: &HttpResponse) -> Result<(), InvokeError> {
        if response.status.is_success() {
            Ok(())
        } else {
            Err(GoogleError::of(self.0, response).into_failure(response))
        }
    }

    /// An ID token with the time that it has left, by the clock of who gave it: that of this machine may be wrong.
    pub(super) fn id_token(self, text: String, response: &HttpResponse) -> Result<Token, InvokeError> {
        let expiry = jwt::expiry(&text).ok_or_else(|| self.broken("its ID token is no JSON Web Token"))?;
        let lifetime = left(Duration::from_secs(expiry), response);
        Ok(Token { text, lifetime })
    }

    /// An access token that is good for so many seconds.
    pub(super) fn access_token(self, text: String, seconds: Option<u64>) -> Result<Token, InvokeError> {
        if text.is_empty() {
            return Err(self.broken("there is no token in its answer"));
        }
        let lifetime = seconds.map_or(Token::DEFAULT_LIFETIME, Duration::from_secs);
        Ok(Token { text, lifetime })
    }

    /// An access token that is good until a time (RFC 3339).
    pub(super) fn access_token_until(
        self,
        text: String,
        expiry: &str,
        response: &HttpResponse,
    ) -> Result<Token, InvokeError> {
        let expiry = DateTime::from_str(expiry, Format::DateTimeWithOffset)
            .ok()
            .and_then(|time| u64::try_from(time.secs()).ok());
        let seconds = expiry.map(|expiry| left(Duration::from_secs(expiry), response).as_secs());
        self.access_token(text, seconds)
    }

    /// The answer makes no sense; the next one may.
    pub(super) fn broken(self, reason: &'static str) -> InvokeError {
        InvokeError::unavailable(TokenError::Answer {
            server: self.0,
            reason,
        })
    }

    /// Says that it was not the function that did not answer.
    pub(super) fn unreachable(self, error: InvokeError) -> InvokeError {
        let server = self.0;
        match error {
            InvokeError::Unavailable { permanent, source } => InvokeError::Unavailable {
                permanent,
                source: TokenError::Exchange { server, source }.into(),
            },
            InvokeError::TimedOut { .. } => self.broken("no answer in time"),
            InvokeError::ResponseTooLarge { .. } => self.broken("its answer is too large"),
            other => other,
        }
    }
}

/// Time from an answer to a time since the Unix epoch.
fn left(expiry: Duration, response: &HttpResponse) -> Duration {
    let date = response.headers.get(DATE).and_then(|date| date.to_str().ok());
    let now = date
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .unwrap_or_else(SystemTime::now);
    expiry.saturating_sub(since_epoch(now))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{HeaderMap, StatusCode};

    use super::*;
    use crate::http::Redaction;

    fn at(date: &'static str) -> HttpResponse {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, date.parse().unwrap());
        HttpResponse {
            status: StatusCode::OK,
            headers,
            body: Bytes::new(),
            held: None,
            redaction: Redaction::default(),
        }
    }

    #[test]
    fn lifetimes_are_told_by_the_servers_clock() {
        let server = TokenServer("server");
        // 784111777 seconds.
        let response = at("Sun, 06 Nov 1994 08:49:37 GMT");
        for (expiry, seconds) in [
            ("1994-11-06T09:49:37Z", 3600),
            ("1994-11-06T09:49:37.5+01:00", 0),
            ("1994-11-06T08:49:38.999999999Z", 1),
            ("1990-01-01T00:00:00Z", 0),
        ] {
            let token = server
                .access_token_until("t".to_owned(), expiry, &response)
                .unwrap();
            assert_eq!(token.lifetime, Duration::from_secs(seconds), "{expiry}");
        }
        let token = server.access_token_until("t".to_owned(), "soon", &response);
        assert_eq!(token.unwrap().lifetime, Token::DEFAULT_LIFETIME);
        assert!(server.access_token(String::new(), Some(1)).is_err());
        // {"exp":784111787}
        let id = "e30.eyJleHAiOjc4NDExMTc4N30.c2ln".to_owned();
        let of = |response: &HttpResponse| server.id_token(id.clone(), response).unwrap().lifetime;
        assert_eq!(of(&response), Duration::from_secs(10));
        // Without a date it is the clock of this machine, by which that was long ago.
        assert_eq!(of(&at("yesterday")), Duration::ZERO);
    }
}
