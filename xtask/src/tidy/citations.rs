//! Whoever follows a citation finds what is cited: the sections and the numbered rows of the wire contract.

use std::collections::HashSet;

use super::Problem;
use super::tree::Tree;

/// The document that is cited.
const CONTRACT: &str = "docs/contract.md";

/// How it is cited: `docs/contract.md §2.6`, `docs/contract.md Q32`, or several of these with commas or `and` between.
const CITATION: &str = "contract.md";

/// Kinds of numbered rows: ambiguities, input and output rules of JSON, quirks.
const ROWS: [char; 4] = ['A', 'J', 'O', 'Q'];

/// Reports citations of sections and rows that the contract does not have.
pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let Some(contract) = tree.text_of(CONTRACT) else {
        return vec![Problem::new(CONTRACT, "is cited, and is not there")];
    };
    let places: HashSet<&str> = contract.lines().filter_map(place).collect();
    let mut problems = Vec::new();
    for file in tree.files.iter().filter(|file| file.path != CONTRACT) {
        for (index, line) in file.text.lines().enumerate() {
            for cited in cited(line).filter(|cited| !places.contains(cited)) {
                problems.push(Problem::new(
                    format!("{}:{}", file.path, index + 1),
                    format!("{CONTRACT} has no {cited}"),
                ));
            }
        }
    }
    problems
}

/// The section or the row that begins with a line of the contract: `2.6` of `### 2.6 Sync subscription`, `Q32` of
/// `| Q32 | …`.
fn place(line: &str) -> Option<&str> {
    if let Some(heading) = line.strip_prefix('#') {
        let number = heading.trim_start_matches('#').split_whitespace().next()?;
        return number
            .starts_with(|first: char| first.is_ascii_digit())
            .then(|| number.trim_end_matches('.'));
    }
    let row = line.strip_prefix("| ")?.split(' ').next()?;
    is_row(row).then_some(row)
}

/// Sections and rows that a line cites. A word that is neither ends a citation.
fn cited(line: &str) -> impl Iterator<Item = &str> {
    line.split(CITATION).skip(1).flat_map(|after| {
        let after = after.split([')', '`', '|']).next().unwrap_or_default();
        let words = after.split([' ', ',', ';', ':']).filter(|word| !word.is_empty());
        words
            .map(|word| word.trim_end_matches('.'))
            .take_while(|word| *word == "and" || word.starts_with('§') || is_row(word))
            .filter(|word| *word != "and")
            .map(|word| word.trim_start_matches('§'))
    })
}

fn is_row(word: &str) -> bool {
    let number = word.strip_prefix(ROWS).unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::super::tree::File;
    use super::*;

    fn problems(citation: &str) -> Vec<String> {
        let file = |path: &str, text: &str| File {
            path: path.to_owned(),
            text: text.to_owned(),
        };
        let contract = "# Wire contract\n## 2. Events API\n### 2.6 Answers\n| # | Rule |\n| J1 | text |\n| Q32 | text |\n";
        let files = vec![file(CONTRACT, contract), file("a.rs", citation)];
        check(&Tree { files }).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_cited_is_there() {
        for citation in [
            "(docs/contract.md §2.6; RFC 9112, section 3)",
            "docs/contract.md §2, §2.6 and Q32.",
            "[Q32](contract.md) J9, and the rest",
            "docs/contract.md and the rest",
            "(Q99)",
        ] {
            assert_eq!(problems(citation), [""; 0], "{citation}");
        }
        assert_eq!(
            problems("\n(docs/contract.md §2.6, §2.7, Q33), J9"),
            [
                "a.rs:2: docs/contract.md has no 2.7",
                "a.rs:2: docs/contract.md has no Q33",
            ]
        );
        assert_eq!(check(&Tree { files: Vec::new() }).len(), 1);
    }
}
