//! Whether a name is a known one, misspelt.

/// Longest name that is compared, in bytes: no known one is nearly as long.
const MOST_BYTES: usize = 64;

/// Fewest letters that tell what a name was the beginning of.
const LEAST_PREFIX: usize = 4;

/// Most letters that are wrong in a misspelt name.
const MOST_WRONG: usize = 2;

/// The known name that is meant by one that is not known: the same in another letter case, one with at most two letters
/// wrong that are less than a third of the longer name, or one that it is the beginning of. Of several the nearest.
pub(super) fn meant<'k>(given: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    if given.len() > MOST_BYTES {
        return None;
    }
    let given = given.to_ascii_lowercase();
    let rated = known.filter_map(|name| rate(&given, &name.to_ascii_lowercase()).map(|rate| (rate, name)));
    rated.min().map(|(_, name)| name)
}

/// How near a name is, 0 being the nearest; `None` if it is not.
fn rate(given: &str, known: &str) -> Option<usize> {
    if given.len().abs_diff(known.len()) <= MOST_WRONG {
        let wrong = distance(given, known);
        if wrong <= MOST_WRONG && wrong * 3 < given.len().max(known.len()) {
            return Some(wrong);
        }
    }
    let is_beginning = given.len() >= LEAST_PREFIX && known.starts_with(given);
    is_beginning.then_some(MOST_WRONG + 1)
}

/// How many letters have to be added, left out, changed or swapped with their neighbour to get from one text to the
/// other, no letter twice (optimal string alignment).
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before_last = vec![0; to.len() + 1];
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, &given) in from.iter().enumerate() {
        let mut current = Vec::with_capacity(to.len() + 1);
        current.push(row + 1);
        for (column, &wanted) in to.iter().enumerate() {
            let changed = last[column] + usize::from(given != wanted);
            let mut fewest = changed.min(last[column + 1] + 1).min(current[column] + 1);
            let is_swapped = row > 0 && column > 0 && given == to[column - 1] && from[row - 1] == wanted;
            if is_swapped {
                fewest = fewest.min(before_last[column - 1] + 1);
            }
            current.push(fewest);
        }
        before_last = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (from, to, want) in [
            ("", "", 0),
            ("", "ab", 2),
            ("url", "url", 0),
            ("url", "urll", 1),
            ("ulr", "url", 1),
            ("metohd", "method", 1),
            ("kitten", "sitting", 3),
            ("\u{e4}b", "ab", 1),
        ] {
            assert_eq!(distance(from, to), want, "{from} {to}");
            assert_eq!(distance(to, from), want, "{to} {from}");
        }
    }

    #[test]
    fn what_was_meant() {
        let known = [
            "url",
            "authorizerId",
            "path",
            "pausedReason",
            "paused",
            "in",
            "name",
        ];
        for (given, want) in [
            ("urll", Some("url")),
            ("ulr", None),
            ("pth", Some("path")),
            ("authorizer", Some("authorizerId")),
            ("authorizerID", Some("authorizerId")),
            ("authoriserId", Some("authorizerId")),
            ("auth", Some("authorizerId")),
            ("aut", None),
            ("pause", Some("paused")),
            ("pausd", Some("paused")),
            ("pausedr", Some("paused")),
            ("pausedRe", Some("paused")),
            ("pausedRea", Some("pausedReason")),
            ("PAUSED", Some("paused")),
            ("colour", None),
            ("id", None),
            ("nested", None),
            ("\u{e4}\u{f6}", None),
            ("", None),
        ] {
            assert_eq!(meant(given, known.into_iter()), want, "{given}");
        }
        let long = "x".repeat(65);
        assert_eq!(meant(&long, ["x".repeat(66).as_str()].into_iter()), None);
    }
}
