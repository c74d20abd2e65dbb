//! What goes for secrets of functions: where they may be, whether answers show them, and whether there must be some.

use std::borrow::Cow;

use bytes::Bytes;
use domain::configuration::{ConfigurationError, Configured};
use domain::ids::Space;
use domain::resource::{InvalidResource, Resource, SecretPlace, check_places, masked};
use offload::off_runtime_for;

/// Bytes from which on a resource leaves the threads that requests share.
const LARGE_RESOURCE: usize = 16 * 1024;

/// What goes for secrets of functions.
#[derive(Debug, Clone)]
pub struct SecretRules {
    /// Whether answers show a mask for every secret that is stored here. A mask that is sent back keeps the secret in any
    /// case.
    pub mask: bool,
    /// Places that functions may refer to for their secrets.
    pub places: Vec<SecretPlace>,
    /// Whether functions may be without credentials of their own, to be called with the gateway's identity.
    pub lends_identity: bool,
}

impl Default for SecretRules {
    fn default() -> Self {
        Self {
            mask: false,
            places: SecretPlace::ALL.to_vec(),
            lends_identity: true,
        }
    }
}

impl SecretRules {
    /// A resource as clients see it.
    pub(super) fn shown<'r, R: Resource>(&self, resource: &'r R) -> Cow<'r, R> {
        if self.mask {
            masked(resource)
        } else {
            Cow::Borrowed(resource)
        }
    }

    /// Reads a new resource, in which no mask stands for anything.
    fn decode_new<R: Configured>(&self, space: &Space, body: &[u8]) -> Result<R, ConfigurationError> {
        let mut resource = R::decode(space, None, body)?;
        resource.keep_masked(None)?;
        self.check(&resource)?;
        Ok(resource)
    }

    /// Reads what is to replace a resource. Its masks are left to the store, which knows what they stand for.
    pub(super) fn decode_update<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        body: &[u8],
    ) -> Result<R, ConfigurationError> {
        let resource = R::decode(space, Some(id), body)?;
        self.check(&resource)?;
        Ok(resource)
    }

    /// The same, of a new resource or of what is to replace that with an id. What is large may take long to compile, and is
    /// read where it keeps no others waiting.
    pub(super) async fn decode<R: Configured>(
        &self,
        space: &Space,
        id: Option<&R::Id>,
        body: &Bytes,
    ) -> Result<R, ConfigurationError> {
        if body.len() < LARGE_RESOURCE {
            return match id {
                None => self.decode_new(space, body),
                Some(id) => self.decode_update(space, id, body),
            };
        }
        let (rules, space, id, body) = (self.clone(), space.clone(), id.cloned(), body.clone());
        let whose = space.to_string();
        let decode = move || match &id {
            None => rules.decode_new(&space, &body),
            Some(id) => rules.decode_update(&space, id, &body),
        };
        off_runtime_for(&whose, decode).await
    }

    /// Refuses secrets in places that there are not to be any, and a loan of the gateway's identity.
    pub(super) fn check<R: Resource>(&self, resource: &R) -> Result<(), InvalidResource> {
        check_places(resource, &self.places)?;
        if self.lends_identity {
            return Ok(());
        }
        resource.check_own_credentials()
    }
}
