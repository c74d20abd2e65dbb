//! Secrets that are not shown: what stands for them, and what that means when it comes back.

use std::borrow::Cow;

use super::secret::MASK;
use super::{Provider, ProviderError, Resource, Secret};

/// A resource as it may be shown: with a mask for every secret that is in it. References stay as they are, and so does
/// the userinfo of URLs.
pub fn masked<R: Resource>(resource: &R) -> Cow<'_, R> {
    let mut shown = Cow::Borrowed(resource);
    let has_secrets = !resource.clone().secrets_mut().is_empty();
    if has_secrets {
        for (_, secret) in shown.to_mut().secrets_mut() {
            if let Secret::Inline(text) = secret
                && !text.is_empty()
            {
                MASK.clone_into(text);
            }
        }
    }
    shown
}

/// Puts the stored secret of the same member in the place of every mask. One of another kind of provider may mean
/// something else, so nothing is kept of it.
pub(super) fn keep_masked(provider: &mut Provider, stored: Option<&Provider>) -> Result<(), ProviderError> {
    let mut stored = stored
        .filter(|stored| stored.type_name() == provider.type_name())
        .cloned();
    // With one fewer, nobody knows which of them a mask stands for.
    if let (Provider::Http(endpoint), Some(Provider::Http(before))) = (&*provider, &stored)
        && endpoint.signing_secrets.len() < before.signing_secrets.len()
        && endpoint
            .signing_secrets
            .iter()
            .any(|secret| secret.secret().is_mask())
    {
        return Err(ProviderError::Masked("signingSecrets".into()));
    }
    let kept: Vec<_> = stored.iter_mut().flat_map(Provider::secrets_mut).collect();
    for (path, secret) in provider.secrets_mut() {
        if !secret.is_mask() {
            continue;
        }
        let found = kept.iter().find(|(of, secret)| *of == path && !secret.is_empty());
        match found {
            Some((_, found)) => (*found).clone_into(secret),
            None => return Err(ProviderError::Masked(path)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::Function;

    fn function(kind: &str, provider: &str) -> Function {
        let body = format!(r#"{{"functionId":"f","type":"{kind}","provider":{{{provider}}}}}"#);
        Function::decode_masked(&"default".into(), None, body.as_bytes()).unwrap()
    }

    fn json(function: &Function) -> String {
        serde_json::to_string(function).unwrap()
    }

    const SIGNING: &str = "whsec_b2xkb2xkb2xkb2xkb2xkb2xkb2xkb2xk";
    const NEWER: &str = "whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3";

    fn http(token: &str, header: &str, signing: &str) -> Function {
        function(
            "http",
            &format!(
                r#""url":"http://u:p@x","headers":{{"X-A":"{header}","X-B":{{"file":"b"}}}},
                "authorization":{{"type":"bearer","token":"{token}"}},"signingSecrets":[{signing}]"#
            ),
        )
    }

    #[test]
    fn every_inline_secret_is_masked_and_nothing_else() {
        let stored = http("tok", "head", &format!("\"{SIGNING}\""));
        let shown = json(&masked(&stored));
        for secret in ["tok\"", "head\"", SIGNING] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(
            shown.contains(r#""X-B":{"file":"b"}"#) && shown.contains("u:p@x"),
            "{shown}"
        );
        assert_eq!(shown.matches(MASK).count(), 3, "{shown}");
        let plain = function("http", r#""url":"http://x""#);
        assert!(matches!(json(&masked(&plain)), shown if shown == json(&plain)));
    }

    #[test]
    fn masks_that_come_back_keep_what_is_stored() {
        let stored = http("tok", "head", &format!("\"{SIGNING}\""));
        let mut back = masked(&stored).into_owned();
        back.keep_masked(Some(&stored)).unwrap();
        assert_eq!(back, stored);
        let mut changed = http("new", MASK, &format!("\"{MASK}\",\"{NEWER}\""));
        changed.keep_masked(Some(&stored)).unwrap();
        assert_eq!(
            changed,
            http("new", "head", &format!("\"{SIGNING}\",\"{NEWER}\""))
        );
    }

    #[test]
    fn masks_of_nothing_are_refused() {
        let two = format!("\"{SIGNING}\",\"{NEWER}\"");
        let stored = http("tok", "head", &two);
        let lambda = |id: &str| {
            function(
                "awslambda",
                &format!(r#""arn":"a","region":"r","awsAccessKeyId":"{id}""#),
            )
        };
        let queue = function(
            "awssqs",
            &format!(r#""queueUrl":"q","region":"r","awsAccessKeyId":"{MASK}""#),
        );
        let other = function(
            "http",
            &format!(r#""url":"http://x","headers":{{"X-C":"{MASK}"}}"#),
        );
        for (given, stored, member) in [
            (lambda(MASK), None, "awsAccessKeyId"),
            (lambda(MASK), Some(lambda("")), "awsAccessKeyId"),
            (queue, Some(lambda("key")), "awsAccessKeyId"),
            (other, Some(stored.clone()), "headers.X-C"),
            (
                http("t", "h", &format!("\"{MASK}\"")),
                Some(stored),
                "signingSecrets",
            ),
        ] {
            let err = given
                .clone()
                .keep_masked(stored.as_ref())
                .unwrap_err()
                .to_string();
            assert!(err.contains(&format!("error: {member} is masked")), "{err}");
        }
    }

    #[test]
    fn paths_are_unique() {
        let mut function = http("t", "h", &format!("\"{SIGNING}\",\"{NEWER}\""));
        let mut paths: Vec<_> = function.secrets_mut().into_iter().map(|(path, _)| path).collect();
        assert_eq!(
            paths,
            [
                "signingSecrets.0",
                "signingSecrets.1",
                "headers.X-A",
                "headers.X-B",
                "authorization.token"
            ]
        );
        paths.dedup();
        assert_eq!(paths.len(), 5);
    }
}
