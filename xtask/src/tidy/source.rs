//! What every Rust file promises its reader: an opening line that says what it is for, and an end in sight.

use super::Problem;
use super::tree::File;

/// The size at which a file must be cut.
const MOST_LINES: usize = 400;

/// Reports a missing `//!` opening and a file of more than 400 lines.
pub(super) fn check(file: &File) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !file.text.starts_with("//!") {
        problems.push(Problem::new(
            &file.path,
            "must open with a //! line that says what the file is for",
        ));
    }
    let lines = file.text.lines().count();
    if lines > MOST_LINES {
        problems.push(Problem::new(
            &file.path,
            format!("{lines} lines; the most is {MOST_LINES}: split it"),
        ));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: String) -> Vec<String> {
        let file = File {
            path: "a.rs".to_owned(),
            text,
        };
        check(&file)
            .iter()
            .map(|problem| problem.message.clone())
            .collect()
    }

    #[test]
    fn a_file_opens_with_what_it_is_for() {
        let missing = "must open with a //! line that says what the file is for";
        assert_eq!(problems("//! About.\nfn main() {}\n".to_owned()), [""; 0]);
        for text in [
            "",
            "fn main() {}\n",
            "\n//! Late.\n",
            "// About.\n",
            "/// About.\n",
        ] {
            assert_eq!(problems(text.to_owned()), [missing], "{text:?}");
        }
    }

    #[test]
    fn four_hundred_lines_are_the_most() {
        assert_eq!(problems("//! a\n".repeat(400)), [""; 0]);
        assert_eq!(
            problems("//! a\n".repeat(401)),
            ["401 lines; the most is 400: split it"]
        );
    }
}
