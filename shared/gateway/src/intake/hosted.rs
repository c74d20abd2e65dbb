//! The path an event is routed by: that of the request, in hosted mode with the host's first label in front
//! (docs/contract.md §2.2, §2.11). Its first segment is the space that the request belongs to, and that alone finds it: the
//! routing table is told by the store's settings that spaces own their paths.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode};

/// The domains of a hosted gateway, such as `slsgateway.com`.
#[derive(Debug, Clone, Default)]
pub struct HostedDomains(Vec<String>);

/// What the original left unencoded when it wrote a path anew.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b',')
    .remove(b'/')
    .remove(b':')
    .remove(b';')
    .remove(b'=')
    .remove(b'@');

/// What names of spaces are made of, besides letters and digits. Anything else in a label is encoded, so that the label
/// names no space.
const LABEL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// A path to route by.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct EffectivePath<'a> {
    /// The path, still percent-encoded.
    pub(crate) path: Cow<'a, str>,
    /// Whether the host stood for a prefix.
    pub(crate) is_hosted: bool,
}

impl HostedDomains {
    /// Hosted mode for some domains; an empty list turns it off.
    pub fn new(domains: impl IntoIterator<Item = String>) -> Self {
        let clean = |domain: String| domain.trim().trim_matches('.').to_ascii_lowercase();
        Self(
            domains
                .into_iter()
                .map(clean)
                .filter(|domain| !domain.is_empty())
                .collect(),
        )
    }

    /// Whether hosted mode is on.
    pub fn is_on(&self) -> bool {
        !self.0.is_empty()
    }

    /// The first label of a host name below one of the domains. A port does not count, nor does one dot at the end.
    fn label<'h>(&self, host: &'h str) -> Option<&'h str> {
        if !self.is_on() {
            return None;
        }
        let name = host.rsplit_once(':').map_or(host, |(name, port)| {
            if port.bytes().all(|b| b.is_ascii_digit()) {
                name
            } else {
                host
            }
        });
        let name = name.strip_suffix('.').unwrap_or(name);
        let lower = name.to_ascii_lowercase();
        let is_below = |domain: &String| {
            lower
                .strip_suffix(domain.as_str())
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        };
        if !self.0.iter().any(is_below) {
            return None;
        }
        name.split('.').next().filter(|label| !label.is_empty())
    }

    /// The path to route a request by.
    pub(crate) fn effective_path<'a>(&self, path: &'a str, host: &str) -> EffectivePath<'a> {
        let path = legal(path);
        match self.label(host) {
            None => EffectivePath {
                path,
                is_hosted: false,
            },
            Some(label) => EffectivePath {
                path: format!("/{}{path}", utf8_percent_encode(label, LABEL)).into(),
                is_hosted: true,
            },
        }
    }
}

impl EffectivePath<'_> {
    /// The path that `eventgateway.event.received` is emitted on.
    pub(crate) fn system_path(&self) -> String {
        let first = self.path.split('/').nth(1).unwrap_or_default();
        if self.is_hosted {
            format!("/{first}/")
        } else {
            "/".to_owned()
        }
    }
}

/// The path as sent, unless it holds bytes that a path must not hold unencoded: then it is encoded anew.
fn legal(path: &str) -> Cow<'_, str> {
    let is_legal = |b: u8| b.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:@[]/%".contains(&b);
    if path.bytes().all(is_legal) {
        return Cow::Borrowed(path);
    }
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    Cow::Owned(percent_encode(&decoded, PATH).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(host: &str, path: &str) -> (String, String) {
        let domains = HostedDomains::new(["slsgateway.com".to_owned(), ".EventGateway.io".to_owned()]);
        let effective = domains.effective_path(path, host);
        (effective.path.to_string(), effective.system_path())
    }

    #[test]
    fn hosts() {
        for (host, want, system) in [
            ("custom.slsgateway.com", "/custom/test", "/custom/"),
            ("custom.slsgateway.com:4000", "/custom/test", "/custom/"),
            ("Custom.SLSGATEWAY.com", "/Custom/test", "/Custom/"),
            ("a.b.slsgateway.com", "/a/test", "/a/"),
            ("x.eventgateway.io", "/x/test", "/x/"),
            ("custom.slsgateway.com.", "/custom/test", "/custom/"),
            ("custom.slsgateway.com.:4000", "/custom/test", "/custom/"),
            ("custom.slsgateway.com..", "/test", "/"),
            ("vic/tim.slsgateway.com", "/vic%2Ftim/test", "/vic%2Ftim/"),
            ("%76ictim.slsgateway.com", "/%2576ictim/test", "/%2576ictim/"),
            ("u@victim.slsgateway.com", "/u%40victim/test", "/u%40victim/"),
            ("slsgateway.com", "/test", "/"),
            ("slsgateway.com.", "/test", "/"),
            (".slsgateway.com", "/test", "/"),
            ("xslsgateway.com", "/test", "/"),
            ("a.slsgatewayXcom.evil.org", "/test", "/"),
            ("", "/test", "/"),
        ] {
            assert_eq!(
                path(host, "/test"),
                (want.to_owned(), system.to_owned()),
                "{host}"
            );
        }
        assert_eq!(path("custom.slsgateway.com", "/").0, "/custom/");
        let off = HostedDomains::default();
        assert_eq!(off.effective_path("/a", "custom.slsgateway.com").path, "/a");
    }

    #[test]
    fn illegal_bytes_are_encoded() {
        for (given, want) in [
            ("/a%20b/%68", "/a%20b/%68"),
            ("/a//b/../c", "/a//b/../c"),
            ("/a\"b%68", "/a%22bh"),
            ("/é", "/%C3%A9"),
            ("/!'()*", "/!'()*"),
        ] {
            assert_eq!(legal(given), want);
        }
    }
}
