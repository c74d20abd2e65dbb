//! Only `shared/setup` reads the environment, and a file of the command line: everything else is handed its settings.

use proc_macro2::{TokenStream, TokenTree};

use super::Problem;
use super::tokens::{flatten, identifier, is_punctuation};

const READERS: [&str; 4] = ["var", "var_os", "vars", "vars_os"];

/// Where the rule does not hold: the settings themselves, those of the command line, and programs that are no part of the
/// product: those that measure, and functions that tests deploy.
const EXEMPT: [&str; 4] = [
    "shared/setup/",
    "cli/src/environment.rs",
    "bench/",
    "tests/targets/functions/",
];

/// Folder of integration tests, which may be pointed at services outside of their process.
const INTEGRATION_TESTS: &str = "/tests/it/";

/// Files of tests that read corpora with known answers, which are no part of the project: where they are, they are told.
const CORPORA: &str = "/tests/corpora.rs";

/// Reports `env::var` and its siblings, called or imported, outside `shared/setup`.
pub(super) fn check(path: &str, stream: TokenStream) -> Vec<Problem> {
    if EXEMPT.iter().any(|folder| path.starts_with(folder))
        || path.contains(INTEGRATION_TESTS)
        || path.ends_with(CORPORA)
    {
        return Vec::new();
    }
    let tokens = flatten(stream);
    let mut problems = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let follows_env = identifier(token).is_some_and(|name| name == "env")
            && tokens
                .get(index + 1..index + 3)
                .is_some_and(|pair| pair.iter().all(|token| is_punctuation(token, ':')));
        if !follows_env {
            continue;
        }
        let named = match tokens.get(index + 3) {
            Some(TokenTree::Group(group)) => group
                .stream()
                .into_iter()
                .filter_map(|token| identifier(&token))
                .collect(),
            Some(token) => identifier(token).into_iter().collect::<Vec<_>>(),
            None => Vec::new(),
        };
        for name in named.iter().filter(|name| READERS.contains(&name.as_str())) {
            let place = format!("{path}:{}", token.span().start().line);
            problems.push(Problem::new(
                place,
                format!("env::{name}: only shared/setup reads the environment"),
            ));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::super::tokens::read;
    use super::*;

    fn problems(path: &str, text: &str) -> Vec<String> {
        check(path, read(text).unwrap())
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn every_way_of_reading_is_found() {
        let message = "only shared/setup reads the environment";
        for (text, name) in [
            ("fn f() { std::env::var(\"A\"); }", "var"),
            ("fn f() { env::vars_os(); }", "vars_os"),
            ("use std::env::var_os;", "var_os"),
            ("use std::env::{args, vars};", "vars"),
            ("fn f() { g!(std::env::var(\"A\")) }", "var"),
        ] {
            assert_eq!(
                problems("shared/api/src/a.rs", text),
                [format!("shared/api/src/a.rs:1: env::{name}: {message}")]
            );
        }
    }

    #[test]
    fn other_uses_of_env_and_the_settings_themselves_are_left_alone() {
        let harmless =
            "// std::env::var\nfn f() { std::env::args(); env!(\"X\"); let s = \"env::var\"; event::var(); }";
        assert_eq!(problems("shared/api/src/a.rs", harmless), [""; 0]);
        for exempt in [
            "shared/setup/src/settings.rs",
            "shared/store/tests/it/main.rs",
            "shared/filters/src/cesql/tests/corpora.rs",
        ] {
            assert_eq!(problems(exempt, "fn f() { std::env::var(\"A\"); }"), [""; 0]);
        }
    }
}
