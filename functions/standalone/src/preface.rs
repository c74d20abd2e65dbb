//! How a connection begins. The server of HTTP/1.1 knows the preface of HTTP/2 by itself if it sees all of it at once, so
//! that a preface which comes in pieces is kept from it until it is complete; nothing else costs anything.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};

/// What a client says first that speaks HTTP/2 without asking (RFC 9113, section 3.4).
pub(crate) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How much of a preface has come; `None` once it is decided what a connection begins with.
#[derive(Debug)]
pub(crate) struct Opening(Option<usize>);

impl Opening {
    /// A connection of which nothing has been read.
    pub(crate) fn new() -> Self {
        Self(Some(0))
    }

    /// Whether it is known how the connection begins.
    pub(crate) fn is_over(&self) -> bool {
        self.0.is_none()
    }

    /// Reads the beginning: not less than a preface, where it may be one.
    pub(crate) fn poll_read(
        &mut self,
        stream: &mut (impl AsyncRead + Unpin),
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        while let Some(withheld) = self.0.filter(|withheld| *withheld < buffer.remaining()) {
            buffer.put_slice(&PREFACE[..withheld]);
            let read = Pin::new(&mut *stream).poll_read(context, buffer);
            if !matches!(read, Poll::Ready(Ok(()))) {
                buffer.set_filled(before);
                return read;
            }
            let begun = &buffer.filled()[before..];
            let has_grown = begun.len() > withheld;
            if has_grown && begun.len() < PREFACE.len() && PREFACE.starts_with(begun) {
                self.0 = Some(begun.len());
                buffer.set_filled(before);
            } else {
                self.0 = None;
            }
        }
        self.0 = None;
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::AsyncReadExt as _;

    use super::*;

    /// What comes of bytes that arrive in these pieces, with the first read and with all others.
    async fn read(pieces: &[&[u8]]) -> (Vec<u8>, Vec<u8>) {
        let mut stream = tokio_pieces(pieces);
        let mut opening = Opening::new();
        let mut bytes = [0; 64];
        let mut buffer = ReadBuf::new(&mut bytes);
        poll_fn(|context| opening.poll_read(&mut stream, context, &mut buffer))
            .await
            .unwrap();
        assert!(opening.is_over());
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        (buffer.filled().to_vec(), rest)
    }

    /// Reads that give a piece each.
    fn tokio_pieces(pieces: &[&[u8]]) -> impl AsyncRead + Unpin {
        let mut whole: Box<dyn AsyncRead + Unpin> = Box::new(tokio::io::empty());
        for piece in pieces.iter().rev() {
            whole = Box::new(std::io::Cursor::new(piece.to_vec()).chain(whole));
        }
        whole
    }

    #[tokio::test]
    async fn a_preface_comes_whole() {
        let (first, rest) = PREFACE.split_at(5);
        for pieces in [&[&PREFACE[..]][..], &[first, rest], &[b"P", b"R", &PREFACE[2..]]] {
            assert_eq!(read(pieces).await.0, PREFACE, "{pieces:?}");
        }
        let (begun, rest) = read(&[first, &[rest, b"more"].concat(), b"and more"]).await;
        assert_eq!(
            (begun, rest),
            ([&PREFACE[..], b"more"].concat(), b"and more".to_vec())
        );
    }

    #[tokio::test]
    async fn what_is_no_preface_comes_as_it_is() {
        for (pieces, first) in [
            (
                &[&b"GET / HTTP/1.1\r\n"[..], b"Host: h\r\n"][..],
                &b"GET / HTTP/1.1\r\n"[..],
            ),
            (&[b"P", b"OST / HTTP/1.1\r\n"], b"POST / HTTP/1.1\r\n"),
            (
                &[b"PRI * HTTP/2.0\r\n", b"Host: h\r\n"],
                b"PRI * HTTP/2.0\r\nHost: h\r\n",
            ),
            // The end of the connection.
            (&[b"PRI"], b"PRI"),
            (&[], b""),
        ] {
            assert_eq!(read(pieces).await.0, first, "{pieces:?}");
        }
    }
}
