//! Functions in the shape of 2017: the type is a member of the provider.

use super::subscription::NewBody;
use crate::json::Object;
use crate::resource::{InvalidCause, InvalidResource, ProviderError, quoted};

/// The body with the `provider.type` as its `type`, if it has the one and not the other.
pub fn lift_provider_type(body: &[u8]) -> Option<Vec<u8>> {
    let object = Object::from_first_value(body).ok()?;
    let has_own = object.get("type").is_some_and(|kind| kind.get() != "\"\"");
    let provider = object.object("provider").ok().flatten()?;
    let lifted = provider.get("type").filter(|_| !has_own)?;
    Some(NewBody::of(&object, &["type"]).with_raw("type", lifted).to_json())
}

/// The text of an error of such a function, in the words and quotes of 0.6 (docs/contract.md §7.1, §7.6).
pub fn function_error(error: &InvalidResource) -> String {
    let detail = match &error.cause {
        InvalidCause::Provider(
            ProviderError::MissingFields { title, .. } | ProviderError::NoUrl { title, .. },
        ) => format!("Missing required fields for {title}."),
        InvalidCause::Provider(ProviderError::ZeroWeights) => "Function weights sum to zero.".to_owned(),
        cause => cause.to_string(),
    };
    format!(
        "{} doesn't validate. Validation error: {}",
        error.kind.title(),
        quoted(&detail)
    )
}
