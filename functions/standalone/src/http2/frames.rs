//! Follows the frames of HTTP/2 as their bytes come in, as far as it takes to know how much there is of a head that is not
//! complete: the server keeps it until it is (RFC 9113, sections 4.1 and 4.3).

use std::io;

use crate::preface::PREFACE;

/// Length, type, flags and stream of a frame.
const FRAME_HEADER: usize = 9;
const HEADERS: u8 = 1;
const PUSH_PROMISE: u8 = 5;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// A head that is not complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct UnfinishedHead {
    /// Which one of its connection, from 0.
    pub(super) number: u64,
    /// Its bytes in frames that are complete: the server has made fields of them.
    pub(super) in_fields: usize,
    /// Its bytes in the frame that comes in.
    pub(super) in_frame: usize,
}

/// Where a connection is in its frames.
#[derive(Debug)]
pub(super) struct Frames {
    header: [u8; FRAME_HEADER],
    filled: usize,
    /// What is left of the preface, or of the payload of a frame.
    left: usize,
    head: Option<UnfinishedHead>,
    /// How many heads have begun.
    heads: u64,
    /// Whether the head is complete with this frame.
    ends_head: bool,
}

impl Frames {
    /// A connection whose next byte is the first of its preface.
    pub(super) fn new() -> Self {
        Self {
            header: [0; FRAME_HEADER],
            filled: 0,
            left: PREFACE.len(),
            head: None,
            heads: 0,
            ends_head: false,
        }
    }

    /// Takes the next bytes; gives what there is of a head that is not complete, or an error where they begin one that no
    /// client sends.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> io::Result<Option<UnfinishedHead>> {
        while !bytes.is_empty() {
            let taken = if self.left > 0 {
                self.read_payload(bytes.len())
            } else {
                self.read_header(bytes)?
            };
            bytes = &bytes[taken..];
        }
        Ok(self.head)
    }

    fn read_payload(&mut self, there: usize) -> usize {
        let taken = self.left.min(there);
        self.left -= taken;
        // Nothing but its continuation may come before a head is complete.
        if let Some(head) = &mut self.head {
            head.in_frame += taken;
        }
        self.end_frame();
        taken
    }

    fn read_header(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = (FRAME_HEADER - self.filled).min(bytes.len());
        self.header[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
        self.filled += taken;
        if self.filled == FRAME_HEADER {
            self.filled = 0;
            let [a, b, c, kind, flags, ..] = self.header;
            // The server would read all of it before it refused it.
            if kind == PUSH_PROMISE {
                return Err(io::Error::other("a client promised an answer"));
            }
            self.left = u32::from_be_bytes([0, a, b, c]) as usize;
            let is_of_head = kind == HEADERS || kind == CONTINUATION;
            if is_of_head && self.head.is_none() {
                self.head = Some(UnfinishedHead {
                    number: self.heads,
                    in_fields: 0,
                    in_frame: 0,
                });
                self.heads += 1;
            }
            self.ends_head = is_of_head && flags & END_HEADERS != 0;
            self.end_frame();
        }
        Ok(taken)
    }

    fn end_frame(&mut self) {
        if self.left > 0 {
            return;
        }
        if self.ends_head {
            self.head = None;
            self.ends_head = false;
        }
        if let Some(head) = &mut self.head {
            head.in_fields += std::mem::take(&mut head.in_frame);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: usize) -> Vec<u8> {
        let [_, a, b, c] = u32::try_from(payload).unwrap().to_be_bytes();
        let mut bytes = vec![a, b, c, kind, flags, 0, 0, 0, 1];
        bytes.resize(FRAME_HEADER + payload, b'x');
        bytes
    }

    fn head(number: u64, in_fields: usize, in_frame: usize) -> UnfinishedHead {
        UnfinishedHead {
            number,
            in_fields,
            in_frame,
        }
    }

    #[test]
    fn heads_are_followed_to_their_end() {
        let pieces = [
            (PREFACE.to_vec(), None),
            (frame(4, 0, 0), None),
            (frame(0, 0, 30), None),
            (frame(HEADERS, END_HEADERS, 20), None),
            (frame(HEADERS, END_HEADERS, 0), None),
            (frame(HEADERS, 0, 20), Some(head(2, 20, 0))),
            (frame(CONTINUATION, 0, 0), Some(head(2, 20, 0))),
            (frame(CONTINUATION, 0, 5), Some(head(2, 25, 0))),
            (frame(CONTINUATION, END_HEADERS, 5), None),
            (frame(0, END_HEADERS, 3), None),
        ];
        let mut frames = Frames::new();
        for (bytes, want) in &pieces {
            assert_eq!(frames.read(bytes).unwrap(), *want, "{bytes:?}");
        }
        // However they are cut.
        let whole: Vec<u8> = pieces.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
        let mut frames = Frames::new();
        let mut last = None;
        for byte in &whole {
            last = frames.read(&[*byte]).unwrap().or(last);
        }
        assert_eq!((frames.head, last), (None, Some(head(2, 25, 4))));
        assert_eq!(Frames::new().read(&whole).unwrap(), None);
    }

    #[test]
    fn a_head_is_told_from_the_one_before_it() {
        let mut frames = Frames::new();
        let begun = [PREFACE.to_vec(), frame(HEADERS, 0, 7)].concat();
        assert_eq!(frames.read(&begun).unwrap(), Some(head(0, 7, 0)));
        let next = [frame(CONTINUATION, END_HEADERS, 1), frame(HEADERS, 0, 9)].concat();
        assert_eq!(frames.read(&next[..next.len() - 1]).unwrap(), Some(head(1, 0, 8)));
    }

    #[test]
    fn clients_promise_nothing() {
        let mut frames = Frames::new();
        frames.read(PREFACE).unwrap();
        assert!(frames.read(&frame(PUSH_PROMISE, 0, 5)[..FRAME_HEADER]).is_err());
    }
}
