//! Names that say nothing are not used: the code in such a module belongs to its caller.

use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};

use super::Problem;
use super::tokens::{flatten, identifier};

const EMPTY_NAMES: [&str; 7] = [
    "util",
    "utils",
    "common",
    "helper",
    "helpers",
    "misc",
    "shared_code",
];

/// Reports a folder or file named for nothing, and `mod.rs` files.
pub(super) fn check_path(path: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    if Path::new(path).file_name().is_some_and(|name| name == "mod.rs") {
        problems.push(Problem::new(
            path,
            "modules are written foo.rs + foo/, not foo/mod.rs",
        ));
    }
    for part in path.split('/') {
        let stem = part.split('.').next().unwrap_or(part);
        if EMPTY_NAMES.contains(&stem) {
            problems.push(Problem::new(
                path,
                format!("\"{stem}\" says nothing: name it by the noun it holds"),
            ));
        }
    }
    problems
}

/// Reports a module declared under such a name, also one written inline.
pub(super) fn check_modules(path: &str, stream: TokenStream) -> Vec<Problem> {
    let tokens = flatten(stream);
    let declared = tokens.windows(2).filter_map(|pair: &[TokenTree]| {
        let [keyword, name] = pair else { return None };
        let name = identifier(keyword)
            .filter(|word| word == "mod")
            .and_then(|_| identifier(name))?;
        EMPTY_NAMES.contains(&name.as_str()).then(|| {
            let place = format!("{path}:{}", keyword.span().start().line);
            Problem::new(
                place,
                format!("module \"{name}\" says nothing: name it by the noun it holds"),
            )
        })
    });
    declared.collect()
}

#[cfg(test)]
mod tests {
    use super::super::tokens::read;
    use super::*;

    #[test]
    fn empty_names_are_reported_in_files_folders_and_modules() {
        for path in [
            "a/utils/b.rs",
            "a/helpers.mjs",
            "tests/common.rs",
            "a/mod.rs",
            "misc/notes.md",
        ] {
            assert_eq!(check_path(path).len(), 1, "{path}");
        }
        let text = "mod a;\npub mod utils;\nmod b { mod misc { } }";
        let places: Vec<_> = check_modules("a.rs", read(text).unwrap())
            .into_iter()
            .map(|problem| problem.place)
            .collect();
        assert_eq!(places, ["a.rs:2", "a.rs:3"]);
    }

    #[test]
    fn names_that_only_contain_such_a_word_are_fine() {
        assert_eq!(check_path("shared/setup/src/commonmark.rs"), []);
        assert_eq!(
            check_modules("a.rs", read("mod utilisation; fn utils() {}").unwrap()),
            []
        );
    }
}
