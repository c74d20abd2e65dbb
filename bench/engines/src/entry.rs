//! Keys and values shaped like those of the gateway: 400-byte JSON that names its own version.

use std::fmt::Write;

/// Length in bytes of every value.
const VALUE_BYTES: usize = 400;

/// Key of a configuration record.
pub fn record_key(id: u64) -> Vec<u8> {
    format!("subscription/default/{id:016x}").into_bytes()
}

/// Key of a queue entry: big-endian, so that the order of keys is the order of arrival.
pub fn queue_key(sequence: u64) -> Vec<u8> {
    sequence.to_be_bytes().to_vec()
}

/// A JSON object of [`VALUE_BYTES`] bytes: a version to check against, then text that compresses about as badly as ids do.
pub fn value(version: u64) -> Vec<u8> {
    let mut text = format!(
        "{{\"version\":\"{version:020}\",\"specversion\":\"0.1\",\"contentType\":\"application/json\",\"data\":\""
    );
    let mut state = version.wrapping_add(0x9e37_79b9_7f4a_7c15);
    while text.len() < VALUE_BYTES - 2 {
        // xorshift64: cheap, repeatable, and different for every version.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let _ = write!(text, "{state:016x}"); // a String never refuses
    }
    text.truncate(VALUE_BYTES - 2);
    text.push_str("\"}");
    text.into_bytes()
}

/// The version inside a value, or `None` when the value is not, byte for byte, what [`value`] makes of that version.
pub fn version(bytes: &[u8]) -> Option<u64> {
    let digits = bytes.get(12..32)?;
    let version = str::from_utf8(digits).ok()?.parse().ok()?;
    (value(version) == bytes).then_some(version)
}
