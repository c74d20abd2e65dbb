//! Bodies that come compressed (RFC 9110, section 8.4) are decoded before anything is made of them: within the limit of a
//! body, within the budget of bytes, and where it is in nobody's way.

use bytes::Bytes;
use gateway::{GatewayError, Held};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use offload::off_runtime;

use crate::body::BodyLimits;

mod decoding;

use decoding::{Coding, decode};

/// The codings that are understood, as a client is told that used another one.
pub(crate) const ACCEPTED: HeaderValue = HeaderValue::from_static("gzip, br, zstd");

/// A body as it would have come without a coding, and `parts` as they would have come with it. A function
/// that gets requests as they came has use for the body as it was sent: it never comes here.
pub(crate) async fn decoded(
    parts: &mut Parts,
    read: Result<(Bytes, Option<Held>), GatewayError>,
    limits: BodyLimits,
) -> Result<(Bytes, Option<Held>), GatewayError> {
    let (body, held) = read?;
    if body.is_empty() {
        return Ok((body, held));
    }
    let coding = coding(&parts.headers)?;
    parts.headers.remove(header::CONTENT_ENCODING);
    let Some(coding) = coding else {
        return Ok((body, held));
    };
    let (limit, room) = (limits.bytes, limits.in_flight.none_held());
    // However small it is, it may unfold to all that a body may have.
    let (body, held) = off_runtime(move || {
        let decoded = decode(coding, &body, limit, room);
        // The body as it came is counted for as long as it is there.
        drop(held);
        decoded
    })
    .await?;
    if let Some(length) = parts.headers.get_mut(header::CONTENT_LENGTH) {
        *length = HeaderValue::from(body.len());
    }
    Ok((body, Some(held)))
}

/// The coding of a body; `None` where it has none.
fn coding(headers: &HeaderMap) -> Result<Option<Coding>, GatewayError> {
    let lines = headers.get_all(header::CONTENT_ENCODING).iter();
    let mut names = lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case(b"identity"));
    let Some(name) = names.next() else {
        return Ok(None);
    };
    let known = [
        (&b"gzip"[..], Coding::Gzip),
        (b"x-gzip", Coding::Gzip),
        (b"br", Coding::Brotli),
        (b"zstd", Coding::Zstd),
    ];
    let coding = known
        .into_iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known));
    // One inside another unfolds twice, and nobody sends that.
    match (coding, names.next()) {
        (Some((_, coding)), None) => Ok(Some(coding)),
        _ => Err(GatewayError::UnknownContentCoding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codings() {
        for (lines, want) in [
            (&[][..], Some(None)),
            (&["identity"], Some(None)),
            (&[""], Some(None)),
            (&["GZip"], Some(Some(Coding::Gzip))),
            (&["x-gzip"], Some(Some(Coding::Gzip))),
            (&["br"], Some(Some(Coding::Brotli))),
            (&["identity, zstd"], Some(Some(Coding::Zstd))),
            (&[" zstd "], Some(Some(Coding::Zstd))),
            (&["deflate"], None),
            (&["gzip, gzip"], None),
            (&["gzip", "br"], None),
            (&["compress"], None),
            (&["gzip;q=1"], None),
        ] {
            let pairs = lines
                .iter()
                .map(|line| (header::CONTENT_ENCODING, line.parse().unwrap()));
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(name, value);
            }
            assert_eq!(coding(&headers).ok(), want, "{lines:?}");
        }
    }
}
