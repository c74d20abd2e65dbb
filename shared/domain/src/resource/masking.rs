//! Secrets that are not shown: what stands for them, and what that means when it comes back.

use std::borrow::Cow;
use std::mem::discriminant;

use super::secret::MASK;
use super::target_url::Unkept;
use super::{Provider, ProviderError, Resource, Secret};

#[cfg(test)]
mod tests;

/// A resource as it may be shown: with a mask for every secret that is in it, in its URLs too. References stay as they
/// are.
pub fn masked<R: Resource>(resource: &R) -> Cow<'_, R> {
    let mut shown = resource.clone();
    let mut is_changed = false;
    for (_, secret) in shown.secrets_mut() {
        if let Secret::Inline(text) = secret
            && !text.is_empty()
        {
            MASK.clone_into(text);
            is_changed = true;
        }
    }
    for (_, url) in shown.urls_mut() {
        if url.has_credentials() {
            *url = url.masked();
            is_changed = true;
        }
    }
    if is_changed {
        Cow::Owned(shown)
    } else {
        Cow::Borrowed(resource)
    }
}

/// Puts the stored secret of the same member in the place of every mask. One of another kind of provider may mean
/// something else, so nothing is kept of it; nor of one that would be sent elsewhere: who may change a function does not
/// get its secrets by that.
pub(super) fn keep_masked(provider: &mut Provider, stored: Option<&Provider>) -> Result<(), ProviderError> {
    let mut stored = stored
        .filter(|stored| discriminant(*stored) == discriminant(&*provider))
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
    keep_urls(provider, stored.as_mut())?;
    let elsewhere = stored
        .as_ref()
        .map_or_else(Vec::new, |stored| changed_destinations(provider, stored));
    let kept: Vec<_> = stored.iter_mut().flat_map(Provider::secrets_mut).collect();
    for (path, secret) in provider.secrets_mut() {
        if !secret.is_mask() {
            continue;
        }
        // References are shown, so that no mask ever stood for one.
        let is_inline = |secret: &Secret| matches!(secret, Secret::Inline(text) if !text.is_empty());
        let found = kept.iter().find(|(of, secret)| *of == path && is_inline(secret));
        let Some((_, found)) = found else {
            return Err(ProviderError::Masked(path));
        };
        if let Some((_, destination)) = elsewhere.iter().find(|(secrets, _)| path.starts_with(secrets)) {
            return Err(ProviderError::MaskedElsewhere {
                member: path,
                destination,
            });
        }
        (*found).clone_into(secret);
    }
    Ok(())
}

/// Puts the stored parts in the place of every mask in a URL.
fn keep_urls(provider: &mut Provider, stored: Option<&mut Provider>) -> Result<(), ProviderError> {
    let kept = stored.map_or_else(Vec::new, Provider::urls_mut);
    for (path, url) in provider.urls_mut() {
        if !url.is_masked() {
            continue;
        }
        let found = kept.iter().find(|(of, _)| *of == path);
        let done = found.map_or(Err(Unkept::Nothing), |(_, found)| url.keep_masked(found));
        done.map_err(|why| match why {
            Unkept::Nothing => ProviderError::Masked(path.into()),
            Unkept::Elsewhere => ProviderError::MaskedElsewhere {
                member: path.into(),
                destination: path,
            },
        })?;
    }
    Ok(())
}

/// The members by which secrets are sent elsewhere than before, each behind what the paths of those secrets begin with.
fn changed_destinations(provider: &Provider, stored: &Provider) -> Vec<(&'static str, &'static str)> {
    let before = stored.destinations();
    let destinations = provider.destinations().into_iter();
    let changed = destinations.filter(|destination| !before.contains(destination));
    changed
        .map(|destination| (destination.secrets, destination.member))
        .collect()
}
