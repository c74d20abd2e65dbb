//! What AWS takes at most with one call. Whatever is larger is refused before the call, with a text that says why: AWS
//! would refuse it as well, after the upload.

use crate::error::InvokeError;

/// An event that no call can carry.
#[derive(Debug, thiserror::Error)]
#[error("the event has {bytes} bytes, {taker} takes {most} at most")]
struct TooLarge {
    bytes: usize,
    taker: &'static str,
    most: usize,
}

/// Fails for good where the event is larger than `most` bytes.
pub(crate) fn check(payload: &[u8], most: usize, taker: &'static str) -> Result<(), InvokeError> {
    let bytes = payload.len();
    if bytes <= most {
        return Ok(());
    }
    Err(InvokeError::unusable(TooLarge { bytes, taker, most }))
}
