//! Follows the frames of HTTP/2 as their bytes come in, as far as it takes to know how much there is of a head that is not
//! complete: the server keeps it until it is (RFC 9113, sections 4.1 and 4.3).

use crate::preface::PREFACE;

/// Length, type, flags and stream of a frame.
const FRAME_HEADER: usize = 9;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// Where a connection is in its frames.
#[derive(Debug)]
pub(super) struct Frames {
    header: [u8; FRAME_HEADER],
    filled: usize,
    /// What is left of the preface, or of the payload of a frame.
    left: usize,
    /// Bytes of a head that is not complete.
    head: Option<usize>,
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
            ends_head: false,
        }
    }

    /// Takes the next bytes; gives how much there is of a head that is not complete.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> Option<usize> {
        while !bytes.is_empty() {
            let taken = if self.left > 0 {
                self.read_payload(bytes.len())
            } else {
                self.read_header(bytes)
            };
            bytes = &bytes[taken..];
        }
        self.head
    }

    fn read_payload(&mut self, there: usize) -> usize {
        let taken = self.left.min(there);
        self.left -= taken;
        // Nothing but its continuation may come before a head is complete.
        if let Some(head) = &mut self.head {
            *head += taken;
        }
        self.end_frame();
        taken
    }

    fn read_header(&mut self, bytes: &[u8]) -> usize {
        let taken = (FRAME_HEADER - self.filled).min(bytes.len());
        self.header[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
        self.filled += taken;
        if self.filled == FRAME_HEADER {
            self.filled = 0;
            let [a, b, c, kind, flags, ..] = self.header;
            self.left = u32::from_be_bytes([0, a, b, c]) as usize;
            let is_of_head = kind == HEADERS || kind == CONTINUATION;
            if is_of_head {
                self.head.get_or_insert(0);
            }
            self.ends_head = is_of_head && flags & END_HEADERS != 0;
            self.end_frame();
        }
        taken
    }

    fn end_frame(&mut self) {
        if self.left == 0 && self.ends_head {
            self.head = None;
            self.ends_head = false;
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

    #[test]
    fn heads_are_followed_to_their_end() {
        let pieces = [
            (PREFACE.to_vec(), None),
            (frame(4, 0, 0), None),
            (frame(0, 0, 30), None),
            (frame(HEADERS, END_HEADERS, 20), None),
            (frame(HEADERS, END_HEADERS, 0), None),
            (frame(HEADERS, 0, 20), Some(20)),
            (frame(CONTINUATION, 0, 0), Some(20)),
            (frame(CONTINUATION, 0, 5), Some(25)),
            (frame(CONTINUATION, END_HEADERS, 5), None),
            (frame(0, END_HEADERS, 3), None),
        ];
        let mut frames = Frames::new();
        for (bytes, want) in &pieces {
            assert_eq!(frames.read(bytes), *want, "{bytes:?}");
        }
        // However they are cut.
        let whole: Vec<u8> = pieces.iter().flat_map(|(bytes, _)| bytes.clone()).collect();
        let mut frames = Frames::new();
        let mut most = 0;
        for byte in &whole {
            most = most.max(frames.read(&[*byte]).unwrap_or(0));
        }
        assert_eq!((frames.head, most), (None, 29));
        assert_eq!(Frames::new().read(&whole), None);
    }
}
