//! Reads attempts back from the files of a space.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _};

use domain::delivery_attempt::DeliveryAttempt;
use domain::ids::Space;

use super::attempt_filter::AttemptFilter;
use super::segments::Segment;

/// The newest attempts of a space that pass, the last noted first. The segments are those of the space, the oldest
/// first; of each, no more is read than had been written when it was named.
pub(super) fn newest_attempts(
    segments: &[Segment],
    space: &Space,
    filter: &AttemptFilter,
    limit: usize,
) -> io::Result<Vec<DeliveryAttempt>> {
    let passes = |attempt: &DeliveryAttempt| attempt.space == *space && filter.passes(attempt);
    let mut newest = Vec::new();
    for segment in segments.iter().rev() {
        if newest.len() >= limit {
            break;
        }
        let last = last_attempts(segment, passes, limit - newest.len())?;
        newest.extend(last.into_iter().rev());
    }
    Ok(newest)
}

/// The last attempts of one file that pass, in the order of the file. What is no attempt is passed over: a line that
/// broke off, a damaged one, or one of a version with other fields.
fn last_attempts(
    segment: &Segment,
    passes: impl Fn(&DeliveryAttempt) -> bool,
    limit: usize,
) -> io::Result<VecDeque<DeliveryAttempt>> {
    let mut last = VecDeque::new();
    let file = match File::open(&segment.path) {
        Ok(file) => file,
        // The writer is ahead and has deleted it.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(last),
        Err(error) => return Err(error),
    };
    let mut lines = BufReader::new(file.take(segment.bytes));
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        if let Some(attempt) = serde_json::from_slice(&line).ok().filter(&passes) {
            if last.len() == limit {
                last.pop_front();
            }
            last.push_back(attempt);
        }
        line.clear();
    }
    Ok(last)
}
