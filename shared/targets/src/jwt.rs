//! JWT authorizers: the bearer token of a request is checked here, with the keys that its issuer publishes. No function is
//! called, and the token goes nowhere.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use clocks::epoch_millis;
use domain::authorizer::{Authorization, TokenQuestion};
use domain::resource::JwtAuthorizer;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde_json::json;

use self::claims::Claims;
use self::head::Head;
use self::refusal::TokenRefusal;
use crate::answer::FunctionAnswer;
use crate::call::{Call, Caller};
use crate::clients::Clients;
use crate::deadline::Deadline;
use crate::error::InvokeError;

mod claims;
mod head;
mod key_fetch;
mod key_set;
mod key_set_shares;
mod key_sets;
mod refusal;
mod settings;

pub(crate) use key_sets::KeySets;
pub use settings::KeySetSettings;

/// Most bytes of a token; what follows from one goes along with each event.
const MOST_TOKEN: usize = 16 * 1024;

/// A call that is none of an authorizer.
#[derive(Debug, thiserror::Error)]
#[error("a function of the type jwt can only be an authorizer")]
struct OnlyAuthorizes;

/// Says of the token of a request whether it is good, in the form in which authorizers answer: what it claims, or 401 or 403
/// with the challenge of RFC 6750. Fails where the keys of the issuer are not to be had.
pub(crate) async fn call(
    with: &Arc<Clients>,
    authorizer: &JwtAuthorizer,
    call: Call<'_>,
    deadline: Deadline,
) -> Result<FunctionAnswer, InvokeError> {
    if call.caller != Caller::Authorizer {
        return Err(InvokeError::unusable(OnlyAuthorizes));
    }
    let question: TokenQuestion = serde_json::from_slice(&call.payload)
        .map_err(|_| InvokeError::unusable("the question is malformed"))?;
    let seconds = question.accepted_at.unwrap_or_else(epoch_millis) / 1000;
    match check(with, authorizer, question.authorization(), seconds, deadline).await? {
        Ok(authorization) => {
            let answer = json!({"authorization": authorization});
            Ok(FunctionAnswer::of(answer.to_string().into()))
        }
        Err(refusal) => {
            tracing::debug!(issuer = authorizer.issuer, %refusal, "A token was refused.");
            Ok(refusal.into_answer(authorizer))
        }
    }
}

/// What a header `Authorization` proves at a point in time, in seconds since the Unix epoch.
async fn check(
    with: &Arc<Clients>,
    authorizer: &JwtAuthorizer,
    header: Option<&str>,
    seconds: u64,
    deadline: Deadline,
) -> Result<Result<Authorization, TokenRefusal>, InvokeError> {
    let (token, head) = match read(authorizer, header) {
        Ok(read) => read,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let (kid, algorithm) = (head.kid.as_deref(), head.algorithm);
    let url = &*authorizer.jwks_url;
    let fetch = || key_fetch::fetch(Arc::clone(with), url.into());
    let mut keys = deadline.bound(with.key_sets.get(url, fetch)).await?;
    if keys.find(kid, algorithm).is_none() {
        // The issuer may have begun to sign with another one. Whoever makes ids up does not make requests.
        keys = deadline.bound(with.key_sets.renewed(url, fetch)).await?;
    }
    let Some(key) = keys.find(kid, algorithm) else {
        return Ok(Err(TokenRefusal::UnknownKey));
    };
    Ok(verify(authorizer, token, algorithm, key).and_then(|claims| {
        claims.check_times(seconds, u64::from(authorizer.leeway()))?;
        claims.check_scopes(&authorizer.scopes)?;
        Ok(claims.into_authorization())
    }))
}

/// The token of a header, and what it says about its signature.
fn read<'h>(authorizer: &JwtAuthorizer, header: Option<&'h str>) -> Result<(&'h str, Head), TokenRefusal> {
    let (scheme, token) = header
        .and_then(|header| header.trim().split_once(' '))
        .ok_or(TokenRefusal::Missing)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(TokenRefusal::Missing);
    }
    let token = token.trim_start();
    if token.len() > MOST_TOKEN {
        return Err(TokenRefusal::TooLarge);
    }
    Ok((token, Head::of(token, authorizer)?))
}

/// The claims of a token whose signature, issuer and audience are right. Times are not looked at: those of the library are
/// the present, and an event may have come in before.
fn verify(
    authorizer: &JwtAuthorizer,
    token: &str,
    algorithm: Algorithm,
    key: &DecodingKey,
) -> Result<Claims, TokenRefusal> {
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.required_spec_claims = HashSet::from(["iss", "aud", "exp"].map(str::to_owned));
    validation.set_issuer(&[&authorizer.issuer]);
    validation.set_audience(&authorizer.audience);
    let decoded = decode::<BTreeMap<String, serde_json::Value>>(token, key, &validation);
    let claims = decoded.map_err(|error| match error.kind() {
        ErrorKind::InvalidSignature => TokenRefusal::Signature,
        ErrorKind::InvalidIssuer => TokenRefusal::Issuer,
        ErrorKind::InvalidAudience => TokenRefusal::Audience,
        ErrorKind::MissingRequiredClaim(_) => TokenRefusal::MissingClaim,
        _ => TokenRefusal::Malformed,
    })?;
    Ok(Claims::of(claims.claims))
}

#[cfg(test)]
mod tests {
    use super::key_set::KeySet;
    use super::*;

    /// RFC 7515, appendices A.2 and A.3: these tokens are for no audience, which is looked at after the signature.
    #[test]
    fn signatures_of_the_specification() {
        let keys = json!({"keys": [
            {"kty": "RSA", "e": "AQAB", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"},
            {"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
        ]});
        let keys = KeySet::parse(keys.to_string().as_bytes()).unwrap();
        let settings = json!({"issuer": "joe", "audience": ["a"], "jwksUrl": "https://i/"});
        let authorizer: JwtAuthorizer = serde_json::from_value(settings).unwrap();
        let claims =
            "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        for (head, signature) in [
            (
                "eyJhbGciOiJSUzI1NiJ9",
                "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
            ),
            (
                "eyJhbGciOiJFUzI1NiJ9",
                "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
            ),
        ] {
            let check = |claims: &str| {
                let header = format!("Bearer {head}.{claims}.{signature}");
                let (token, head) = read(&authorizer, Some(&header)).unwrap();
                let key = keys.find(None, head.algorithm).unwrap();
                verify(&authorizer, token, head.algorithm, key).map(|_| ())
            };
            assert_eq!(check(claims), Err(TokenRefusal::MissingClaim), "{head}");
            assert_eq!(check(&claims[4..]), Err(TokenRefusal::Signature), "{head}");
        }
    }
}
