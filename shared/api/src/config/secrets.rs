//! What goes for secrets of functions: where they may be, and whether answers show them.

use std::borrow::Cow;

use domain::configuration::{ConfigurationError, Configured};
use domain::ids::Space;
use domain::resource::{Resource, SecretPlace, check_places, masked};

/// What goes for secrets of functions.
#[derive(Debug, Clone)]
pub struct SecretRules {
    /// Whether answers show a mask for every secret that is stored here. A mask that is sent back keeps the secret.
    pub mask: bool,
    /// Places that functions may refer to for their secrets.
    pub places: Vec<SecretPlace>,
}

impl Default for SecretRules {
    fn default() -> Self {
        Self {
            mask: false,
            places: SecretPlace::ALL.to_vec(),
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
    pub(super) fn decode_new<R: Configured>(
        &self,
        space: &Space,
        body: &[u8],
    ) -> Result<R, ConfigurationError> {
        let resource = if self.mask {
            let mut resource = R::decode_masked(space, None, body)?;
            resource.keep_masked(None)?;
            resource
        } else {
            R::decode(space, None, body)?
        };
        check_places(&resource, &self.places)?;
        Ok(resource)
    }

    /// Reads what is to replace a resource. Its masks are left to the store, which knows what they stand for.
    pub(super) fn decode_update<R: Configured>(
        &self,
        space: &Space,
        id: &R::Id,
        body: &[u8],
    ) -> Result<R, ConfigurationError> {
        let decode = if self.mask { R::decode_masked } else { R::decode };
        let resource = decode(space, Some(id), body)?;
        check_places(&resource, &self.places)?;
        Ok(resource)
    }
}
