//! URLs that calls go to. Who registers one may have put credentials into it: userinfo, or a key in the query.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use super::secret::MASK;

#[cfg(test)]
mod tests;

/// A URL that calls go to, as it was registered. Its userinfo and the values of its query are secrets: neither `Debug` nor
/// [`TargetUrl::masked`] shows them.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TargetUrl(String);

/// Why a masked part of a URL cannot be what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unkept {
    /// The URL leads to another server than the stored one.
    Elsewhere,
    /// The stored URL has no such part.
    Nothing,
}

impl TargetUrl {
    /// The whole URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has userinfo or values in its query.
    pub fn has_credentials(&self) -> bool {
        let parts = Parts::of(&self.0);
        parts.userinfo.is_some() || parts.values().any(|(_, value)| !value.is_empty())
    }

    /// The same with a mask for the userinfo and one for each value of the query.
    #[must_use]
    pub fn masked(&self) -> Self {
        self.with_parts(|_| MASK.into())
    }

    /// The texts that its credentials may show up as: as they are written, decoded, and as Basic authentication.
    pub fn credentials(&self) -> Vec<String> {
        let parts = Parts::of(&self.0);
        let mut found = Vec::new();
        let mut add = |text: &str, decoded: Cow<'_, str>| {
            if decoded != text {
                found.push(decoded.into_owned());
            }
            found.push(text.to_owned());
        };
        if let Some(userinfo) = parts.userinfo {
            let (user, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
            for part in [user, password] {
                add(part, decoded(part));
            }
            let pair = format!("{}:{}", decoded(user), decoded(password));
            found.push(STANDARD.encode(pair));
        }
        let mut add = |text: &str| {
            let plain = text.replace('+', " ");
            let plain = decoded(&plain).into_owned();
            if plain != text {
                found.push(plain);
            }
            found.push(text.to_owned());
        };
        parts.values().for_each(|(_, value)| add(value));
        found.retain(|text| !text.is_empty());
        found
    }

    /// Whether any part of it is a mask.
    pub(super) fn is_masked(&self) -> bool {
        let parts = Parts::of(&self.0);
        parts.userinfo.is_some_and(is_mask) || parts.values().any(|(_, value)| is_mask(value))
    }

    /// Puts the stored parts in the place of every mask, as long as the URL leads to the same server. Values of the
    /// query are found by their names, several of one name by their places.
    pub(super) fn keep_masked(&mut self, stored: &Self) -> Result<(), Unkept> {
        if self.server() != stored.server() {
            return Err(Unkept::Elsewhere);
        }
        let (before, given) = (Parts::of(&stored.0), Parts::of(&self.0));
        let (stored_values, given_values) = (before.by_name(), given.by_name());
        let mut lost = false;
        let kept = self.with_parts(|part| {
            let found = match part {
                Part::Userinfo(text) if is_mask(text) => before.userinfo,
                Part::Value { name, at, text } if is_mask(text) => {
                    // With one fewer, nobody knows which of them a mask stands for.
                    let given = given_values.get(name).map_or(0, Vec::len);
                    let values = stored_values.get(name).filter(|values| values.len() <= given);
                    values.and_then(|values| values.get(at).copied())
                }
                Part::Userinfo(text) | Part::Value { text, .. } => Some(text),
            };
            let found = found.filter(|text| !text.is_empty());
            lost |= found.is_none();
            found.unwrap_or_default().to_owned().into()
        });
        if lost {
            return Err(Unkept::Nothing);
        }
        *self = kept;
        Ok(())
    }

    /// Scheme, host and port, without those that the scheme stands for. What has no such form is compared as a whole.
    pub(super) fn server(&self) -> Cow<'_, str> {
        server(&self.0)
    }

    /// The URL with its userinfo and the values of its query replaced; empty ones stay.
    fn with_parts<'u>(&'u self, mut with: impl FnMut(Part<'u>) -> Cow<'u, str>) -> Self {
        let parts = Parts::of(&self.0);
        let mut text = parts.start.to_owned();
        if let Some(userinfo) = parts.userinfo {
            text += &with(Part::Userinfo(userinfo));
            text.push('@');
        }
        text += parts.middle;
        if let Some(query) = parts.query {
            let mut counts: HashMap<&str, usize> = HashMap::new();
            let mut separator = '?';
            for pair in query.split('&') {
                text.push(separator);
                separator = '&';
                let (name, value) = name_and_value(pair);
                text += &pair[..pair.len() - value.len()];
                if value.is_empty() {
                    continue;
                }
                let count = counts.entry(name).or_default();
                let at = *count;
                *count += 1;
                text += &with(Part::Value {
                    name,
                    at,
                    text: value,
                });
            }
        }
        text += parts.end;
        Self(text)
    }
}

/// A part of a URL that is a secret.
enum Part<'u> {
    Userinfo(&'u str),
    Value {
        name: &'u str,
        /// How many values that are not empty have the same name before it.
        at: usize,
        text: &'u str,
    },
}

/// A URL, taken apart: all of it, one part after the other.
struct Parts<'u> {
    /// Up to the userinfo.
    start: &'u str,
    /// Without its `@`.
    userinfo: Option<&'u str>,
    /// Host, port and path.
    middle: &'u str,
    /// Without its `?`.
    query: Option<&'u str>,
    /// The fragment with its `#`, which is sent nowhere.
    end: &'u str,
}

impl<'u> Parts<'u> {
    fn of(url: &'u str) -> Self {
        let (url, end) = url.split_at(url.find('#').unwrap_or(url.len()));
        let (hierarchy, query) = match url.split_once('?') {
            Some((hierarchy, query)) => (hierarchy, Some(query)),
            None => (url, None),
        };
        let authority = match hierarchy.find("://") {
            Some(at) => at + "://".len(),
            None => hierarchy.find(':').map_or(0, |at| at + 1),
        };
        let authority_end = hierarchy[authority..]
            .find(['/', '\\'])
            .map_or(hierarchy.len(), |at| authority + at);
        let at = hierarchy[authority..authority_end].rfind('@');
        let (userinfo, middle) = match at {
            Some(at) => (
                Some(&hierarchy[authority..authority + at]),
                &hierarchy[authority + at + 1..],
            ),
            None => (None, &hierarchy[authority..]),
        };
        Self {
            start: &hierarchy[..authority],
            userinfo,
            middle,
            query,
            end,
        }
    }

    /// Names and values of the query.
    fn values(&self) -> impl Iterator<Item = (&'u str, &'u str)> + use<'u> {
        let pairs = self.query.into_iter().flat_map(|query| query.split('&'));
        pairs.map(name_and_value)
    }

    /// The values that are not empty, those of each name in their order.
    fn by_name(&self) -> HashMap<&'u str, Vec<&'u str>> {
        let mut by_name: HashMap<_, Vec<_>> = HashMap::new();
        for (name, value) in self.values().filter(|(_, value)| !value.is_empty()) {
            by_name.entry(name).or_default().push(value);
        }
        by_name
    }
}

/// A pair without `=` is a value: nobody can tell a name from a key.
fn name_and_value(pair: &str) -> (&str, &str) {
    pair.split_once('=').unwrap_or(("", pair))
}

/// However it is written: clients encode anew what they have read.
fn is_mask(text: &str) -> bool {
    decoded(text) == MASK
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// Scheme, host and port of a URL that has them in the plainest of forms; all of it otherwise.
pub(super) fn server(url: &str) -> Cow<'_, str> {
    let parts = Parts::of(url);
    let authority = parts.middle.split('/').next().unwrap_or_default();
    let scheme = parts.start.strip_suffix("://").unwrap_or_default();
    let is_scheme = !scheme.is_empty()
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    // What parsers do not agree about is not taken apart.
    let odd = |c: char| c == '\\' || c == '@' || c.is_whitespace() || c.is_control();
    if !is_scheme || authority.is_empty() || url.contains(['\\']) || authority.contains(odd) {
        return Cow::Borrowed(url);
    }
    let (scheme, authority) = (scheme.to_ascii_lowercase(), authority.to_lowercase());
    let default_port = match scheme.as_str() {
        "http" => ":80",
        "https" => ":443",
        _ => ":",
    };
    let authority = authority
        .strip_suffix(default_port)
        .or_else(|| authority.strip_suffix(':'))
        .unwrap_or(&authority);
    Cow::Owned(format!("{scheme}://{authority}"))
}

impl Deref for TargetUrl {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<String> for TargetUrl {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for TargetUrl {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl PartialEq<str> for TargetUrl {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl fmt::Debug for TargetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.masked().0.fmt(f)
    }
}
