//! A table of the documentation says each thing once: no two of its rows begin with the same cells. A second row about
//! the same is overlooked when the first one is corrected.

use std::collections::HashSet;

use super::Problem;
use super::tree::File;

/// The cells that say what a row is about: all but the last of a wider table, of which no more than these.
const MOST_KEY_CELLS: usize = 2;

/// Reports rows of a table of a Markdown file that are about the same as one before them.
pub(super) fn check(file: &File) -> Vec<Problem> {
    if !file.is_markdown() {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let mut rows_of_table = HashSet::new();
    let mut is_code = false;
    for (number, line) in (1..).zip(file.text.lines()) {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        if is_code || !line.starts_with('|') {
            rows_of_table.clear();
        } else if !rows_of_table.insert(subject(line)) {
            problems.push(Problem::new(
                format!("{}:{number}", file.path),
                "the table has a row about this already",
            ));
        }
    }
    problems
}

/// The cells of a row that say what it is about. A bar behind a backslash is part of a cell.
fn subject(row: &str) -> Vec<String> {
    let row = row.replace("\\|", "\\");
    let cells: Vec<&str> = row.trim().trim_matches('|').split('|').map(str::trim).collect();
    let key_cells = cells.len().saturating_sub(1).clamp(1, MOST_KEY_CELLS);
    cells[..key_cells].iter().map(|&cell| cell.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str) -> Vec<String> {
        let file = File {
            path: "docs/a.md".to_owned(),
            text: text.to_owned(),
        };
        check(&file).into_iter().map(|problem| problem.place).collect()
    }

    #[test]
    fn a_second_row_about_the_same_is_found() {
        let twice = "| status | message | when |\n|---|---|---|\n| 400 | `bad` | a |\n| 409 | `bad` | b |\n| 400 | `bad` | c |\n";
        assert_eq!(places(twice), ["docs/a.md:5"]);
        assert_eq!(
            places("| a | b |\n|---|---|\n| x | 1 |\n| x | 2 |\n"),
            ["docs/a.md:4"]
        );
    }

    #[test]
    fn other_tables_and_code_may_say_it_again() {
        assert_eq!(places("| x | 1 |\n\n| x | 1 |\n"), [""; 0]);
        assert_eq!(places("```\n| x | 1 |\n| x | 1 |\n```\n"), [""; 0]);
        assert_eq!(places("| `a\\|b` | 1 |\n| `a\\|c` | 1 |\n"), [""; 0]);
    }
}
