//! Reads the body of an answer: bounded, and decompressed if it is gzip.

use std::io::Read as _;

use bytes::Bytes;
use domain::dead_letter::MAX_RESPONSE_BYTES;
use flate2::read;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, Response};
use http_body::Body;
use http_body_util::BodyExt as _;

use super::gunzip::Gunzip;
use crate::deadline::Deadline;
use crate::error::{BoxError, InvokeError};
use crate::gathered::Gathered;
use crate::keeping::{Counted, Keeping, Kept};

/// Room made at once for a body of unknown length, in bytes.
const FIRST_RESERVE: usize = 64 * 1024;

/// What is to be kept of the body, or an error as soon as there is more than `limit` bytes of it, or no room for them; the
/// rest is never read then.
pub(super) async fn read<B>(
    response: Response<B>,
    limit: usize,
    keeping: Keeping,
) -> Result<Kept, InvokeError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    if is_gzip(response.headers()) {
        read_gzip(response.into_body(), limit, keeping).await
    } else {
        read_plain(response.into_body(), limit, keeping).await
    }
}

/// The same of the body as it came, compressed or not.
pub(super) async fn read_as_it_is<B>(
    response: Response<B>,
    limit: usize,
    keeping: Keeping,
) -> Result<Kept, InvokeError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    read_plain(response.into_body(), limit, keeping).await
}

/// Waits for the end of the body and keeps none of it.
pub(super) async fn discard<B>(response: Response<B>) -> Result<Kept, InvokeError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    let mut body = response.into_body();
    while next(&mut body).await?.is_some() {}
    Ok(Kept::default())
}

/// The beginning of the body of a failure, at most [`MAX_RESPONSE_BYTES`]; less if more cannot be read in time. No
/// more than that is waited for, whether compressed or not.
pub(super) async fn beginning<B>(response: Response<B>, deadline: Deadline) -> Vec<u8>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    let is_gzip = is_gzip(response.headers());
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    let fill = async {
        while bytes.len() < MAX_RESPONSE_BYTES
            && let Some(piece) = next(&mut body).await?
        {
            let room = MAX_RESPONSE_BYTES - bytes.len();
            bytes.extend_from_slice(&piece[..piece.len().min(room)]);
        }
        Ok(())
    };
    // The call has failed already; what was read until something else fails is as good.
    let _ = deadline.bound(fill).await;
    if !is_gzip {
        return bytes;
    }
    let mut decoded = Vec::new();
    // The end is missing, so that an error is what is to be expected; it leaves what came before.
    let _ = read::MultiGzDecoder::new(bytes.as_slice())
        .take(MAX_RESPONSE_BYTES as u64)
        .read_to_end(&mut decoded);
    decoded
}

/// Whether a body with these headers is compressed, which [`read`] undoes: by gzip under either name (RFC 9110, section
/// 8.4.1.3), whatever lines the list of codings is written in.
pub(super) fn is_gzip(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(CONTENT_ENCODING).iter();
    let mut codings = lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case(b"identity"));
    let is_gzip =
        |coding: &[u8]| coding.eq_ignore_ascii_case(b"gzip") || coding.eq_ignore_ascii_case(b"x-gzip");
    // The gateway did not ask for two codings: such a body stays as it is.
    codings.next().is_some_and(is_gzip) && codings.next().is_none()
}

/// Leaves out of the headers of a body what [`read`] undoes of it.
pub(super) fn leave_out_gzip(headers: &mut HeaderMap) {
    if is_gzip(headers) {
        headers.remove(CONTENT_ENCODING);
        headers.remove(CONTENT_LENGTH);
    }
}

async fn read_plain<B>(mut body: B, limit: usize, keeping: Keeping) -> Result<Kept, InvokeError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    let too_large = || InvokeError::ResponseTooLarge { limit };
    let announced = body.size_hint().lower();
    if announced > limit as u64 {
        return Err(too_large());
    }
    let Some(first) = next(&mut body).await? else {
        return Ok(Kept::default());
    };
    let mut left = limit.checked_sub(first.len()).ok_or_else(too_large)?;
    let mut counted = Counted::new(keeping);
    let kept = counted.add(first.len())?;
    // Nearly every answer comes in one piece, which is handed on as it is.
    let mut piece = if body.is_end_stream() {
        None
    } else {
        next(&mut body).await?
    };
    if piece.is_none() && kept == first.len() {
        return Ok(counted.holding(first));
    }
    let reserve = usize::try_from(announced)
        .unwrap_or(limit)
        .max(FIRST_RESERVE.min(limit));
    let mut whole = Gathered::expecting(counted.most(reserve));
    whole.add(&first[..kept]);
    // It may be part of a larger buffer.
    drop(first);
    while let Some(data) = piece {
        left = left.checked_sub(data.len()).ok_or_else(too_large)?;
        let kept = counted.add(data.len())?;
        whole.add(&data[..kept]);
        piece = next(&mut body).await?;
    }
    Ok(counted.holding(whole.into_bytes()))
}

async fn read_gzip<B>(mut body: B, limit: usize, keeping: Keeping) -> Result<Kept, InvokeError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    let mut gunzip = Gunzip::new(limit, keeping);
    let mut is_empty = true;
    while let Some(data) = next(&mut body).await? {
        is_empty = is_empty && data.is_empty();
        gunzip.take(&data).await?;
    }
    // A status without body may still carry the header.
    if is_empty {
        return Ok(Kept::default());
    }
    gunzip.finish()
}

/// The next piece of data; trailers are passed over.
async fn next<B>(body: &mut B) -> Result<Option<Bytes>, InvokeError>
where
    B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(InvokeError::unavailable)?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http_body_util::Full;

    use super::*;

    #[test]
    fn codings_are_one_list_with_aliases() {
        for (lines, want) in [
            (&[][..], false),
            (&["gzip"], true),
            (&["GZip"], true),
            (&["x-gzip"], true),
            (&["", "x-GZIP"], true),
            (&["identity", "gzip"], true),
            (&["identity, gzip"], true),
            (&["gzip", "identity"], true),
            (&["identity"], false),
            (&["br"], false),
            (&["gzip", "br"], false),
            (&["gzip, gzip"], false),
            (&["gzip", "gzip"], false),
        ] {
            let lines = lines
                .iter()
                .map(|&line| (CONTENT_ENCODING, http::HeaderValue::from_static(line)));
            let mut headers = HeaderMap::new();
            for (name, line) in lines {
                headers.append(name, line);
            }
            assert_eq!(is_gzip(&headers), want, "{headers:?}");
        }
    }

    #[tokio::test]
    async fn a_bomb_stops_at_the_limit_itself() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&vec![0; 1_000_000]).unwrap();
        let bomb = Bytes::from(encoder.finish().unwrap());
        for (limit, fits) in [(1_000_000, true), (999_999, false), (10, false)] {
            let mut response = Response::new(Full::new(bomb.clone()));
            response
                .headers_mut()
                .insert(CONTENT_ENCODING, http::HeaderValue::from_static("gzip"));
            let result = read(response, limit, Keeping::default()).await;
            match result {
                Ok(whole) => assert!(fits && whole.bytes.len() == 1_000_000),
                Err(error) => assert!(
                    !fits && matches!(error, InvokeError::ResponseTooLarge { .. }),
                    "{error:?}"
                ),
            }
        }
    }
}
