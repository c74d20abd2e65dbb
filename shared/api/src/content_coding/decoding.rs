//! Decoding within bounds: of what comes out, of the room that it takes, and of the members that a body is made of. What
//! holds nothing costs time all the same.

use std::io::{self, Read};

use brotli_decompressor::{BrotliDecoderParameter, Decompressor};
use bytes::Bytes;
use flate2::bufread::GzDecoder;
use gateway::{GatewayError, Gathered, Held};
use zstd::stream::read::Decoder;

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Brotli,
    Zstd,
}

/// Bytes of the limit for each member that a body may have, and members that a body of any limit may have: to begin one
/// takes as long as to decode some of them.
const BYTES_PER_MEMBER: usize = 32 * 1024;
const FEWEST_MEMBERS: usize = 16;

/// Bytes that are decoded in one go.
const PIECE: usize = 32 * 1024;

/// Bytes of a brotli stream that its decoder looks at in one go.
const BROTLI_INPUT: usize = 4096;

/// The largest window of zstd, as a power of two: what every decoder has to take (RFC 8878, section 3.1.1.1.2), in bytes.
const ZSTD_WINDOW_LOG: u32 = 23;

/// More members than a body may have.
#[derive(Debug, thiserror::Error)]
#[error("the body has more than {most} compressed members")]
struct TooManyMembers {
    most: usize,
}

/// Decodes a body to at most `limit` bytes, which take room in `held`.
pub(super) fn decode(
    coding: Coding,
    body: &[u8],
    limit: usize,
    held: Held,
) -> Result<(Bytes, Held), GatewayError> {
    let mut decoded = Decoded {
        bytes: Gathered::default(),
        held,
        length: 0,
        limit,
        piece: vec![0; PIECE],
    };
    match coding {
        Coding::Gzip => in_members(body, limit, |rest| {
            let mut member = GzDecoder::new(rest);
            decoded.read_all(&mut member)?;
            Ok(member.into_inner())
        })?,
        Coding::Zstd => in_members(body, limit, |rest| {
            let mut frame = Decoder::with_buffer(rest).map_err(malformed)?.single_frame();
            frame.window_log_max(ZSTD_WINDOW_LOG).map_err(malformed)?;
            decoded.read_all(&mut frame)?;
            Ok(frame.finish())
        })?,
        Coding::Brotli => {
            let mut stream = Decompressor::new(body, BROTLI_INPUT);
            // Its window would be up to a gigabyte.
            stream.set_parameter(BrotliDecoderParameter::BROTLI_DECODER_PARAM_LARGE_WINDOW, 0);
            // What follows its end is in its buffer, and cannot be told from what belongs to it.
            decoded.read_all(&mut stream)?;
        }
    }
    Ok((decoded.bytes.into_bytes(), decoded.held))
}

/// Decodes members one after another; `decode` gives what follows the one that it has decoded.
fn in_members<'b>(
    body: &'b [u8],
    limit: usize,
    mut decode: impl FnMut(&'b [u8]) -> Result<&'b [u8], GatewayError>,
) -> Result<(), GatewayError> {
    let most = (limit / BYTES_PER_MEMBER).max(FEWEST_MEMBERS);
    let mut rest = decode(body)?;
    let mut members = 1;
    while !rest.is_empty() {
        if members == most {
            return Err(malformed(TooManyMembers { most }));
        }
        members += 1;
        rest = decode(rest)?;
    }
    Ok(())
}

fn malformed(error: impl std::error::Error + Send + Sync + 'static) -> GatewayError {
    GatewayError::BodyMalformed(error.into())
}

/// What has been decoded.
struct Decoded {
    bytes: Gathered,
    held: Held,
    length: usize,
    limit: usize,
    piece: Vec<u8>,
}

impl Decoded {
    /// Takes all that a decoder gives.
    fn read_all(&mut self, decoder: &mut impl Read) -> Result<(), GatewayError> {
        loop {
            let read = match decoder.read(&mut self.piece) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(malformed(error)),
            };
            self.length += read;
            if self.length > self.limit {
                return Err(GatewayError::BodyTooLarge { limit: self.limit });
            }
            if !self.held.grow(read) {
                return Err(GatewayError::Overloaded);
            }
            self.bytes.add(&self.piece[..read]);
        }
    }
}

#[cfg(test)]
mod tests;
