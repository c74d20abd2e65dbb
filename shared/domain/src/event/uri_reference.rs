//! URIs and references to them, by the grammar of RFC 3986, in one pass.

/// What a byte may stand for in a URI.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// Nothing: it has to be encoded.
    None,
    /// Itself, in every part behind the authority.
    Plain,
    /// The beginning of an encoded byte.
    Escape,
}

const SIGNS: [Sign; 256] = {
    let mut signs = [Sign::None; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        let is_plain = byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'-' | b'.'
                    | b'_'
                    | b'~'
                    | b'!'
                    | b'$'
                    | b'&'
                    | b'\''
                    | b'('
                    | b')'
                    | b'*'
                    | b'+'
                    | b','
                    | b';'
                    | b'='
                    | b':'
                    | b'@'
                    | b'/'
                    | b'?'
            );
        if is_plain {
            signs[byte as usize] = Sign::Plain;
        }
        byte += 1;
    }
    signs[b'%' as usize] = Sign::Escape;
    signs
};

/// Whether a text is a URI or a reference relative to one. The empty one is.
pub(super) fn is_uri_reference(text: &str) -> bool {
    let scheme = text.bytes().position(|b| matches!(b, b':' | b'/' | b'?' | b'#'));
    match scheme {
        // The first segment of a relative path has no colon.
        Some(at) if text.as_bytes()[at] == b':' => is_scheme(&text[..at]) && is_relative(&text[at + 1..]),
        _ => is_relative(text),
    }
}

/// Whether a text is a URI: one with a scheme.
pub(super) fn is_uri(text: &str) -> bool {
    let (scheme, rest) = text.split_once(':').unwrap_or_default();
    is_scheme(scheme) && is_relative(rest)
}

fn is_scheme(text: &str) -> bool {
    let is_sign = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(is_sign)
}

/// What may follow the scheme.
fn is_relative(text: &str) -> bool {
    let behind = match text.strip_prefix("//") {
        None => text,
        Some(rest) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            if !is_authority(&rest[..end]) {
                return false;
            }
            &rest[end..]
        }
    };
    match behind.split_once('#') {
        None => is_encoded(behind),
        Some((path, fragment)) => is_encoded(path) && is_encoded(fragment),
    }
}

fn is_authority(text: &str) -> bool {
    let (user, place) = text.split_once('@').unwrap_or(("", text));
    let is_ip = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b':' | b'.' | b'-' | b'_' | b'~');
    let literal = place.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (is_host, port) = if let Some((ip, port)) = literal {
        let is_address = !ip.is_empty() && ip.bytes().all(is_ip);
        (is_address && (port.is_empty() || port.starts_with(':')), port)
    } else {
        let host = place.find(':').unwrap_or(place.len());
        (!place.contains('@') && is_encoded(&place[..host]), &place[host..])
    };
    let port = port.strip_prefix(':').unwrap_or_default();
    is_encoded(user) && is_host && port.bytes().all(|b| b.is_ascii_digit())
}

/// Whether whatever has to be encoded is.
fn is_encoded(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let is_sign = match SIGNS[usize::from(byte)] {
            Sign::Plain => true,
            Sign::None => false,
            Sign::Escape => {
                let mut is_digit = || bytes.next().is_some_and(|b| b.is_ascii_hexdigit());
                is_digit() && is_digit()
            }
        };
        if !is_sign {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        for text in [
            "https://github.com/cloudevents",
            "mailto:cncf-wg-serverless@lists.cncf.io",
            "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
            "http://user:word@[2001:db8::1]:8080/a%20b;v=1?q=a/b?#f/?",
            "a+b-c.d:",
            "file:///etc",
        ] {
            assert!(is_uri(text) && is_uri_reference(text), "{text}");
        }
    }

    #[test]
    fn references() {
        for text in [
            "",
            "/sensors/tn-1234567/alerts",
            "cloudevents/spec/pull/123",
            "1-555-123-4567",
            "//github.com/cloudevents",
            "../s",
            "?q",
            "#f",
            "./a:b",
            "/a:b",
        ] {
            assert!(is_uri_reference(text) && !is_uri(text), "{text}");
        }
    }

    #[test]
    fn others() {
        for text in [
            "a b",
            " /a",
            "/a\"",
            "/<a>",
            "/a\\b",
            "/a^",
            "/a`",
            "/{a}",
            "/a|b",
            "/é",
            "/a\n",
            "/%",
            "/%2",
            "/%zz",
            "/a#b#c",
            "/[a]",
            "1:2",
            ":a",
            "http://a b/",
            "http://a:b/",
            "http://[::1",
            "http://[::1]x/",
            "http://[]/",
            "http://a@b@c/",
            "http://a[b]/",
        ] {
            assert!(!is_uri_reference(text) && !is_uri(text), "{text}");
        }
    }
}
