//! URLs of Google's own APIs. What only Google may learn is sent nowhere else.

use http::Uri;
use http::uri::Scheme;

/// The path of a URL of this API, if it is one: https, the default port, a host that Google gives the service, and
/// nothing besides host and path.
pub(super) fn path_of<'u>(service: &str, url: &'u str) -> Option<&'u str> {
    let uri: Uri = url.parse().ok()?;
    let authority = uri.authority()?;
    let bare = !url.contains(['?', '#', '%', '\\']);
    let at_home = uri.scheme() == Some(&Scheme::HTTPS)
        // The authority is nothing but the host: no userinfo, no port.
        && authority.as_str() == authority.host()
        && is_host_of(service, authority.host());
    let start = url.find("://")? + "://".len() + authority.as_str().len();
    (bare && at_home).then(|| &url[start..])
}

/// Whether Google serves an API at a host: global, mTLS, regional, or through Private Service Connect. These are the
/// forms that Google's own libraries know; other hosts of the domain belong to other services.
fn is_host_of(service: &str, host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let Some(names) = host.strip_suffix(".googleapis.com") else {
        return false;
    };
    let is_label = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let names: Vec<_> = names.split('.').collect();
    if !names.iter().all(|name| is_label(name)) {
        return false;
    }
    match names[..] {
        [name] => {
            let region = name.strip_suffix(service).and_then(|rest| rest.strip_suffix('-'));
            name == service || region.is_some_and(is_label)
        }
        [name, "p"] => name
            .strip_prefix(service)
            .and_then(|rest| rest.strip_prefix('-'))
            .is_some_and(is_label),
        [name, "mtls"] | [name, _, "rep"] => name == service,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_google() {
        for (url, path) in [
            ("https://sts.googleapis.com/v1/token", Some("/v1/token")),
            ("https://STS.googleapis.com/v1/token", Some("/v1/token")),
            ("HTTPS://sts.googleapis.com/v1/token", Some("/v1/token")),
            ("https://sts.googleapis.com", Some("")),
            ("https://sts.mtls.googleapis.com/x", Some("/x")),
            ("https://us-east1-sts.googleapis.com/x", Some("/x")),
            ("https://sts.us-east1.rep.googleapis.com/x", Some("/x")),
            ("https://sts-mine.p.googleapis.com/x", Some("/x")),
            ("http://sts.googleapis.com/v1/token", None),
            ("https://sts.googleapis.com:8443/x", None),
            ("https://sts.googleapis.com:443/x", None),
            ("https://sts.googleapis.com./x", None),
            ("https://u@sts.googleapis.com/x", None),
            ("https://sts.googleapis.com@evil.example/x", None),
            ("https://evil.example/@sts.googleapis.com", None),
            ("https://evil.example#sts.googleapis.com/", None),
            ("https://evil.example\\.sts.googleapis.com/", None),
            ("https://evil.example%2f.sts.googleapis.com/", None),
            ("https://sts.googleapis.com.evil.example/x", None),
            ("https://sts.googleapis.com?x", None),
            ("https://sts.googleapis.com/x#", None),
            ("https://evilsts.googleapis.com/x", None),
            ("https://-sts.googleapis.com/x", None),
            ("https://storage.googleapis.com/sts", None),
            ("https://sts.storage.googleapis.com/x", None),
            ("https://sts-.p.googleapis.com/x", None),
            ("https://sts.a.p.googleapis.com/x", None),
            ("https://stsgoogleapis.com/x", None),
            ("https://.googleapis.com/x", None),
            ("https://sts..googleapis.com/x", None),
            ("https://127.0.0.1/x", None),
            ("sts.googleapis.com/x", None),
            (" https://sts.googleapis.com/x", None),
            ("", None),
        ] {
            assert_eq!(path_of("sts", url), path, "{url}");
        }
    }
}
