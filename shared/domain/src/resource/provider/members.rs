//! Reads the members of a provider, with errors that name them.

use std::ops::RangeInclusive;

use serde_json::value::RawValue;

use super::ProviderError;
use crate::event::is_event_path;
use crate::json::Object;
use crate::resource::Secret;
use crate::validation;

/// The members of a `provider`, or of an object inside one.
#[derive(Debug)]
pub(crate) struct Members<'a> {
    object: Object<'a>,
    /// What is missing something, in errors.
    title: &'static str,
    /// What the names of members have in front, in errors: nothing, or the member that they stand in and a dot.
    within: String,
}

impl<'a> Members<'a> {
    pub(super) fn new(object: Object<'a>, title: &'static str) -> Self {
        Self {
            object,
            title,
            within: String::new(),
        }
    }

    /// The error that a required member is missing (docs/contract.md §3.1).
    pub(super) fn missing(&self, name: &str) -> ProviderError {
        ProviderError::MissingFields {
            title: self.title,
            member: self.path(name),
        }
    }

    fn path(&self, name: &str) -> String {
        format!("{}{name}", self.within)
    }

    /// A text that must be there, and an absolute URL.
    pub(super) fn url(&self, name: &str) -> Result<String, ProviderError> {
        let url = self.text(name)?;
        if url.is_empty() {
            return Err(self.missing(name));
        }
        if validation::is_uri(&url, false) {
            return Ok(url);
        }
        Err(ProviderError::NoUrl {
            title: self.title,
            member: self.path(name),
        })
    }

    /// The text of a member as it stands; `None` if missing or `null`.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a RawValue> {
        self.object.get(name)
    }

    /// The members as they stand.
    pub(super) fn object(&self) -> &Object<'a> {
        &self.object
    }

    /// A text, empty if it is missing.
    pub(super) fn text(&self, name: &str) -> Result<String, ProviderError> {
        self.object
            .string_or_empty(name)
            .map_err(ProviderError::Malformed)
    }

    /// A text that may be missing; an empty one counts as missing.
    pub(super) fn optional(&self, name: &str) -> Result<Option<String>, ProviderError> {
        Ok(Some(self.text(name)?).filter(|text| !text.is_empty()))
    }

    /// A path into events; `None` if it is missing or empty.
    pub(super) fn event_path(&self, name: &'static str) -> Result<Option<String>, ProviderError> {
        let path = self.optional(name)?;
        if path.as_deref().is_none_or(is_event_path) {
            return Ok(path);
        }
        Err(ProviderError::Invalid {
            member: name,
            reason: "must be a path such as data.customer.id, extensions.partitionkey or source",
        })
    }

    /// A text that must be there.
    pub(super) fn required(&self, name: &str) -> Result<String, ProviderError> {
        self.optional(name)?.ok_or_else(|| self.missing(name))
    }

    /// A secret, empty if it is missing.
    pub(super) fn secret(&self, name: &'static str) -> Result<Secret, ProviderError> {
        Secret::decode(self.raw(name), name)
    }

    /// A secret that must be there.
    pub(super) fn required_secret(&self, name: &'static str) -> Result<Secret, ProviderError> {
        Some(self.secret(name)?)
            .filter(|secret| !secret.is_empty())
            .ok_or_else(|| self.missing(name))
    }

    /// A yes or no; no if it is missing.
    pub(super) fn flag(&self, name: &str) -> Result<bool, ProviderError> {
        let flag = self.object.boolean(name).map_err(ProviderError::Malformed)?;
        Ok(flag.unwrap_or_default())
    }

    /// A whole number of a range; `reason` says which in errors: "must be from 1 to 900".
    pub(super) fn integer(
        &self,
        name: &'static str,
        range: &RangeInclusive<u32>,
        reason: &'static str,
    ) -> Result<Option<u32>, ProviderError> {
        let Some(number) = self.object.integer(name).map_err(ProviderError::Malformed)? else {
            return Ok(None);
        };
        u32::try_from(number)
            .ok()
            .filter(|number| range.contains(number))
            .map(Some)
            .ok_or(ProviderError::Invalid { member: name, reason })
    }

    /// One of several words; `None` if it is missing or empty.
    pub(super) fn word<T: Copy>(
        &self,
        name: &'static str,
        words: &[(&str, T)],
        reason: &'static str,
    ) -> Result<Option<T>, ProviderError> {
        let Some(given) = self.optional(name)? else {
            return Ok(None);
        };
        let known = words.iter().find(|(word, _)| *word == given);
        known
            .map(|&(_, value)| Some(value))
            .ok_or(ProviderError::Invalid { member: name, reason })
    }

    /// A list of texts; empty if the member is missing.
    pub(super) fn list(&self, name: &str) -> Result<Vec<String>, ProviderError> {
        let list = self.object.list(name).map_err(ProviderError::Malformed)?;
        Ok(list.unwrap_or_default())
    }

    /// An object inside; its missing members are missing fields of the whole provider.
    pub(super) fn inner(&self, name: &str) -> Result<Option<Members<'a>>, ProviderError> {
        let object = self.object.object(name).map_err(ProviderError::Malformed)?;
        Ok(object.map(|object| Members {
            object,
            title: self.title,
            within: self.path(name) + ".",
        }))
    }
}
