//! What a token claims, once its signature is known to be good.

use std::collections::BTreeMap;

use domain::authorizer::Authorization;
use serde_json::Value;

use super::refusal::TokenRefusal;

/// The claims of a token.
pub(super) struct Claims(BTreeMap<String, Value>);

impl Claims {
    /// Of a token whose signature was checked.
    pub(super) fn of(claims: BTreeMap<String, Value>) -> Self {
        Self(claims)
    }

    /// Whether the token is good at a point in time, in seconds since the Unix epoch, if clocks differ by so many seconds at
    /// most (RFC 7519, sections 4.1.4 and 4.1.5). A token without an end is not.
    pub(super) fn check_times(&self, at: u64, leeway: u64) -> Result<(), TokenRefusal> {
        let end = self.seconds("exp")?.ok_or(TokenRefusal::MissingClaim)?;
        if at >= end.saturating_add(leeway) {
            return Err(TokenRefusal::Expired);
        }
        let beginning = self.seconds("nbf")?.unwrap_or_default();
        if at.saturating_add(leeway) < beginning {
            return Err(TokenRefusal::NotYet);
        }
        Ok(())
    }

    /// A point in time, in whole seconds: what is before 1970 counts as 1970.
    fn seconds(&self, name: &str) -> Result<Option<u64>, TokenRefusal> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => {
                let seconds = number.as_u64().or_else(|| {
                    #[expect(
                        clippy::cast_possible_truncation,
                        clippy::cast_sign_loss,
                        reason = "`as` gives the nearest number that there is"
                    )]
                    number.as_f64().map(|seconds| seconds as u64)
                });
                seconds.map(Some).ok_or(TokenRefusal::Malformed)
            }
            Some(_) => Err(TokenRefusal::Malformed),
        }
    }

    /// Whether it has all of these scopes: in `scope`, a text with spaces between them (RFC 8693, section 4.2), or in `scp`,
    /// which is the same or a list.
    pub(super) fn check_scopes(&self, wanted: &[String]) -> Result<(), TokenRefusal> {
        let mut given: Vec<&str> = Vec::new();
        for name in ["scope", "scp"] {
            match self.0.get(name) {
                Some(Value::String(scopes)) => given.extend(scopes.split(' ')),
                Some(Value::Array(scopes)) => given.extend(scopes.iter().filter_map(Value::as_str)),
                _ => {}
            }
        }
        if wanted.iter().all(|scope| given.contains(&&**scope)) {
            Ok(())
        } else {
            Err(TokenRefusal::Scopes)
        }
    }

    /// What functions are told: the subject, and all claims as texts. What is no text is its JSON.
    pub(super) fn into_authorization(self) -> Authorization {
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let subject = self.0.get("sub").and_then(Value::as_str);
        Authorization {
            principal_id: subject.unwrap_or_default().to_owned(),
            context: Some(
                self.0
                    .into_iter()
                    .map(|(name, value)| (name, text(value)))
                    .collect(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: Value) -> Claims {
        Claims::of(serde_json::from_value(value).unwrap())
    }

    #[test]
    fn times() {
        let leeway = 10;
        for (value, want) in [
            (json!({"exp": 1000}), Ok(())),
            (json!({"exp": 991}), Ok(())),
            (json!({"exp": 990}), Err(TokenRefusal::Expired)),
            (json!({"exp": 990.9}), Err(TokenRefusal::Expired)),
            (json!({"exp": -5}), Err(TokenRefusal::Expired)),
            (json!({"exp": 1e300}), Ok(())),
            (json!({"exp": u64::MAX}), Ok(())),
            (json!({}), Err(TokenRefusal::MissingClaim)),
            (json!({"exp": null}), Err(TokenRefusal::MissingClaim)),
            // A text would otherwise be a token without an end.
            (json!({"exp": "9999999999"}), Err(TokenRefusal::Malformed)),
            (json!({"exp": [1000]}), Err(TokenRefusal::Malformed)),
            (json!({"exp": 2000, "nbf": 1010}), Ok(())),
            (json!({"exp": 2000, "nbf": 1011}), Err(TokenRefusal::NotYet)),
            (json!({"exp": 2000, "nbf": "0"}), Err(TokenRefusal::Malformed)),
        ] {
            let checked = claims(value.clone()).check_times(1000, leeway);
            assert_eq!(checked, want, "{value}");
        }
    }

    #[test]
    fn scopes() {
        let wanted = ["a".to_owned(), "b:c".to_owned()];
        for (value, want) in [
            (json!({"scope": "b:c x a"}), true),
            (json!({"scp": ["a", "b:c", 5]}), true),
            (json!({"scp": "a b:c"}), true),
            (json!({"scope": "a", "scp": ["b:c"]}), true),
            (json!({"scope": "a b:cd"}), false),
            (json!({"scope": "a,b:c"}), false),
            (json!({"scope": ["a"]}), false),
            (json!({}), false),
        ] {
            let checked = claims(value.clone()).check_scopes(&wanted);
            assert_eq!(checked.is_ok(), want, "{value}");
            assert_eq!(claims(value).check_scopes(&[]), Ok(()));
        }
    }

    #[test]
    fn functions_are_told_the_claims_as_texts() {
        let said =
            claims(json!({"sub": "u", "exp": 5, "groups": ["x", "y"], "e": null})).into_authorization();
        assert_eq!(said.principal_id, "u");
        let context = serde_json::to_string(&said.context).unwrap();
        assert_eq!(
            context,
            r#"{"e":"null","exp":"5","groups":"[\"x\",\"y\"]","sub":"u"}"#
        );
        assert_eq!(claims(json!({"sub": 5})).into_authorization().principal_id, "");
    }
}
