//! Undoes gzip within bounds: of what comes out, of what comes in, and of the members that it is made of. What holds
//! nothing costs time all the same.

use std::io::{self, Write};

use flate2::write::GzDecoder;

use crate::error::InvokeError;
use crate::gathered::Gathered;
use crate::keeping::{Counted, Keeping, Kept};

/// Bytes of the limit for each member that a body may have: what compresses a piece at a time takes longer ones, and to
/// begin one takes as long as to undo some of them.
const BYTES_PER_MEMBER: usize = 32 * 1024;

/// Members that a body of any limit may have.
const FEWEST_MEMBERS: usize = 16;

/// What gzip adds at most to data that cannot be compressed: this, and one part in so many.
const OVERHEAD: usize = 64 * 1024;
const OVERHEAD_PART: usize = 64;

/// Decoded bytes after which others have their turn, about a millisecond. A new member counts for some of them.
const SLICE: usize = 128 * 1024;
const MEMBER_COST: usize = 8 * 1024;

/// More members than a body may have.
#[derive(Debug, thiserror::Error)]
#[error("the answer has more than {most} gzip members")]
struct TooManyMembers {
    most: usize,
}

/// A body that is decompressed while it comes in.
pub(super) struct Gunzip {
    member: GzDecoder<Bounded>,
    members: usize,
    /// Bytes that came in.
    encoded: usize,
    limit: usize,
    /// What was done since others had their turn.
    worked: usize,
}

impl Gunzip {
    /// `limit` is the most bytes that may come out, of which as many are kept as are wanted.
    pub(super) fn new(limit: usize, keeping: Keeping) -> Self {
        Self {
            member: GzDecoder::new(Bounded::new(limit, keeping)),
            members: 1,
            encoded: 0,
            limit,
            worked: 0,
        }
    }

    /// Takes all of a piece, and lets others have their turn while it does.
    pub(super) async fn take(&mut self, mut piece: &[u8]) -> Result<(), InvokeError> {
        self.encoded = self.encoded.saturating_add(piece.len());
        // No encoder makes data larger than this: what came out would be above the limit, too.
        if self.encoded > self.limit.saturating_add(self.limit / OVERHEAD_PART + OVERHEAD) {
            return Err(InvokeError::ResponseTooLarge { limit: self.limit });
        }
        while !piece.is_empty() {
            let before = self.member.get_ref().left;
            let taken = self.write(piece)?;
            piece = &piece[taken..];
            self.worked += taken + before - self.member.get_ref().left;
            if self.worked >= SLICE {
                self.worked = 0;
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    /// Takes the beginning of a piece: what it decodes to in one go is bounded by the decoder's buffer.
    fn write(&mut self, piece: &[u8]) -> Result<usize, InvokeError> {
        let written = self.member.write(piece);
        match self.checked(written)? {
            // The member is over.
            0 => {
                let data = self.end_member()?;
                let most = (self.limit / BYTES_PER_MEMBER).max(FEWEST_MEMBERS);
                if self.members >= most {
                    return Err(InvokeError::unavailable(TooManyMembers { most }));
                }
                self.members += 1;
                self.worked += MEMBER_COST;
                self.member = GzDecoder::new(data);
                Ok(0)
            }
            taken => Ok(taken),
        }
    }

    /// The whole body, when all of it has come in.
    pub(super) fn finish(mut self) -> Result<Kept, InvokeError> {
        let Bounded { data, counted, .. } = self.end_member()?;
        Ok(counted.holding(data.into_bytes()))
    }

    /// Checks that a member is complete, and takes what was decoded.
    fn end_member(&mut self) -> Result<Bounded, InvokeError> {
        let finished = self.member.try_finish();
        self.checked(finished)?;
        let data = self.member.get_mut();
        Ok(std::mem::replace(data, Bounded::new(0, Keeping::default())))
    }

    fn checked<T>(&mut self, result: io::Result<T>) -> Result<T, InvokeError> {
        match self.member.get_mut().refused.take() {
            Some(Refused::Limit) => Err(InvokeError::ResponseTooLarge { limit: self.limit }),
            Some(Refused::Room(error)) => Err(error),
            None => result.map_err(InvokeError::unavailable),
        }
    }
}

/// Takes what the decoder gives, up to the limit and as there is room, so that a small body cannot unfold without bound.
struct Bounded {
    data: Gathered,
    counted: Counted,
    /// Bytes that may still come out.
    left: usize,
    refused: Option<Refused>,
}

/// Why no more is taken.
enum Refused {
    Limit,
    Room(InvokeError),
}

impl Bounded {
    fn new(limit: usize, keeping: Keeping) -> Self {
        Self {
            data: Gathered::default(),
            counted: Counted::new(keeping),
            left: limit,
            refused: None,
        }
    }
}

impl Write for Bounded {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let counted = match self.left.checked_sub(piece.len()) {
            Some(left) => {
                self.left = left;
                self.counted.add(piece.len()).map_err(Refused::Room)
            }
            None => Err(Refused::Limit),
        };
        match counted {
            Ok(kept) => {
                self.data.add(&piece[..kept]);
                Ok(piece.len())
            }
            Err(refused) => {
                self.refused = Some(refused);
                Err(io::ErrorKind::FileTooLarge.into())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use scaling::assert_linear;

    use super::*;

    fn member(data: &[u8], level: Compression) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), level);
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    /// Takes a body in pieces of some size.
    async fn read(body: &[u8], piece: usize, limit: usize) -> Result<Bytes, InvokeError> {
        let mut gunzip = Gunzip::new(limit, Keeping::default());
        for piece in body.chunks(piece) {
            gunzip.take(piece).await?;
        }
        Ok(gunzip.finish()?.bytes)
    }

    #[tokio::test]
    async fn members_are_joined_however_they_are_cut() {
        let body = [
            member(b"one ", Compression::fast()),
            member(b"", Compression::fast()),
            member(b"two", Compression::none()),
        ]
        .concat();
        for piece in [1, 2, 7, body.len()] {
            assert_eq!(read(&body, piece, 7).await.unwrap(), "one two");
            assert!(matches!(
                read(&body, piece, 6).await.unwrap_err(),
                InvokeError::ResponseTooLarge { limit: 6 }
            ));
            for cut in 1..body.len() {
                let is_whole = [member(b"one ", Compression::fast()).len()].contains(&cut)
                    || cut == body.len() - member(b"two", Compression::none()).len();
                assert_eq!(read(&body[..cut], piece, 7).await.is_ok(), is_whole, "{cut}");
            }
        }
    }

    #[tokio::test]
    async fn what_cannot_be_compressed_may_be_larger_than_the_limit() {
        let mut data = vec![0; 1_000_000];
        let mut random = 1_u64;
        data.fill_with(|| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            u8::try_from(random >> 56).unwrap()
        });
        for level in [Compression::none(), Compression::best()] {
            let body = member(&data, level);
            assert!(body.len() > data.len());
            assert_eq!(read(&body, 10_000, data.len()).await.unwrap(), data);
        }
    }

    #[tokio::test]
    async fn what_decodes_to_nothing_is_bounded() {
        let empty = member(b"", Compression::fast());
        let error = read(&empty.repeat(17), 4_096, 10).await.unwrap_err();
        assert!(
            error.to_string().ends_with("more than 16 gzip members"),
            "{error}"
        );
        assert_eq!(read(&empty.repeat(16), 4_096, 10).await.unwrap(), "");
        // A name in the header that never ends.
        let mut endless = vec![0x1f, 0x8b, 8, 0x08, 0, 0, 0, 0, 0, 0];
        endless.resize(1_000_000, b'a');
        let error = read(&endless, 4_096, 1_000).await.unwrap_err();
        assert!(matches!(error, InvokeError::ResponseTooLarge { .. }), "{error:?}");
    }

    #[test]
    fn work_is_linear() {
        type Compressed = fn(usize) -> Vec<u8>;
        let bodies: [(&str, Compressed); 4] = [
            ("empty members", |n| member(b"", Compression::fast()).repeat(n)),
            ("small members", |n| member(b"x", Compression::fast()).repeat(n)),
            ("a bomb", |n| member(&vec![0; n * 1024], Compression::fast())),
            ("empty blocks", |n| {
                let mut body = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0];
                body.extend([0, 0, 0, 0xff, 0xff].repeat(n * 8));
                body
            }),
        ];
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (name, body) in bodies {
            assert_linear(name, 200, body, |body| {
                runtime.block_on(read(body, 16 * 1024, usize::MAX / 2)).is_ok()
            });
        }
    }
}
