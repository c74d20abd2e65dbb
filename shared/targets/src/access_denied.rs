//! The refusals of AWS Lambda that clients are told about.

/// Codes of AWS Lambda that the client gets a message of its own for (docs/contract.md §2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessDeniedCode {
    /// The credentials lack the permission to invoke the function.
    AccessDenied,
    /// The session token has expired.
    ExpiredToken,
    /// AWS does not know the credentials.
    UnrecognizedClient,
}

impl AccessDeniedCode {
    /// The code as AWS spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "AccessDeniedException",
            Self::ExpiredToken => "ExpiredTokenException",
            Self::UnrecognizedClient => "UnrecognizedClientException",
        }
    }

    /// The code of that spelling.
    pub(crate) fn of(code: &str) -> Option<Self> {
        [Self::AccessDenied, Self::ExpiredToken, Self::UnrecognizedClient]
            .into_iter()
            .find(|known| known.as_str() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for code in [
            "AccessDeniedException",
            "ExpiredTokenException",
            "UnrecognizedClientException",
        ] {
            assert_eq!(AccessDeniedCode::of(code).unwrap().as_str(), code);
        }
        assert_eq!(AccessDeniedCode::of("AccessDenied"), None);
    }
}
