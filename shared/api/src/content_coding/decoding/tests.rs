//! Bodies of every coding: whole, cut, too large, and made to take long.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use gateway::BytesInFlight;
use scaling::assert_linear;

use super::*;

const CODINGS: [Coding; 3] = [Coding::Gzip, Coding::Brotli, Coding::Zstd];

/// The window of what is encoded here, as a power of two, in bytes.
const BROTLI_WINDOW_LOG: u32 = 16;

fn encoded(coding: Coding, data: &[u8]) -> Vec<u8> {
    match coding {
        Coding::Gzip => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(data).unwrap();
            encoder.finish().unwrap()
        }
        Coding::Brotli => {
            let mut bytes = Vec::new();
            brotli::CompressorWriter::new(&mut bytes, 4096, 5, BROTLI_WINDOW_LOG)
                .write_all(data)
                .unwrap();
            bytes
        }
        Coding::Zstd => zstd::encode_all(data, 3).unwrap(),
    }
}

fn read(coding: Coding, body: &[u8], limit: usize) -> Result<Bytes, GatewayError> {
    let room = BytesInFlight::default().none_held();
    decode(coding, body, limit, room).map(|(bytes, _)| bytes)
}

#[test]
fn bodies_come_out_as_they_were() {
    let long: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    for coding in CODINGS {
        for data in [&b""[..], b"{\"a\":1}", &long] {
            let body = encoded(coding, data);
            assert_eq!(read(coding, &body, data.len()).unwrap(), data, "{coding:?}");
        }
    }
}

#[test]
fn nothing_is_made_of_what_is_cut_or_longer_than_it_says() {
    for coding in CODINGS {
        let body = encoded(coding, b"an event that is a little longer than nothing");
        for cut in 0..body.len() {
            assert!(
                matches!(
                    read(coding, &body[..cut], 100),
                    Err(GatewayError::BodyMalformed(_))
                ),
                "{coding:?} {cut}"
            );
        }
        let longer = [&body, &b"more"[..]].concat();
        // A stream of brotli says itself where it ends; the others may be followed by another.
        assert_eq!(
            read(coding, &longer, 100).is_err(),
            coding != Coding::Brotli,
            "{coding:?}"
        );
        assert!(read(coding, b"{\"a\":1}", 100).is_err(), "{coding:?}");
    }
}

#[test]
fn members_are_joined_up_to_a_number() {
    for coding in [Coding::Gzip, Coding::Zstd] {
        let two = [encoded(coding, b"one "), encoded(coding, b"two")].concat();
        assert_eq!(read(coding, &two, 7).unwrap(), "one two", "{coding:?}");
        let empty = encoded(coding, b"");
        assert_eq!(read(coding, &empty.repeat(16), 10).unwrap(), "", "{coding:?}");
        assert!(read(coding, &empty.repeat(17), 10).is_err(), "{coding:?}");
    }
}

#[test]
fn bombs_end_at_the_limit_and_in_the_budget() {
    for coding in CODINGS {
        let body = encoded(coding, &vec![b' '; 50_000_000]);
        assert!(body.len() < 100_000);
        let refused = read(coding, &body, 1_000_000).unwrap_err();
        assert!(
            matches!(refused, GatewayError::BodyTooLarge { limit: 1_000_000 }),
            "{coding:?} {refused}"
        );
        let budget = BytesInFlight::new(500_000);
        let refused = decode(coding, &body, 60_000_000, budget.none_held()).unwrap_err();
        assert!(
            matches!(refused, GatewayError::Overloaded),
            "{coding:?} {refused}"
        );
        assert_eq!(budget.held(), 0);
    }
}

#[test]
fn windows_beyond_the_bound_are_refused() {
    // The head of a frame with a window of 2 GiB, and that of a brotli stream with a large one.
    let zstd = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00];
    assert!(read(Coding::Zstd, &zstd, 1000).is_err());
    assert!(read(Coding::Brotli, &[0x11, 30, 0x03], 1000).is_err());
}

/// Larger than a window and than what an allocator keeps, even where it is small: what fits into them is decoded much faster.
fn bomb(n: usize) -> Vec<u8> {
    vec![0; n * 16 * 1024]
}

#[test]
fn work_is_linear() {
    type Body = fn(usize) -> Vec<u8>;
    let bodies: [(&str, Coding, Body); 6] = [
        ("a bomb of gzip", Coding::Gzip, |n| {
            encoded(Coding::Gzip, &bomb(n))
        }),
        ("a bomb of brotli", Coding::Brotli, |n| {
            encoded(Coding::Brotli, &bomb(n))
        }),
        ("a bomb of zstd", Coding::Zstd, |n| {
            encoded(Coding::Zstd, &bomb(n))
        }),
        ("empty members", Coding::Gzip, |n| {
            encoded(Coding::Gzip, b"").repeat(n)
        }),
        ("empty frames", Coding::Zstd, |n| {
            encoded(Coding::Zstd, b"").repeat(n)
        }),
        ("empty blocks", Coding::Gzip, |n| {
            let mut body = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0];
            body.extend([0, 0, 0, 0xff, 0xff].repeat(n * 8));
            body
        }),
    ];
    for (name, coding, body) in bodies {
        assert_linear(name, 200, body, |body| read(coding, body, usize::MAX / 2).is_ok());
    }
}
