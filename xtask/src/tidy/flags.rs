//! Every setting is documented: each flag and variable that the settings declare appears in `docs/configuration.md`.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::Problem;
use super::tokens::{identifier, is_punctuation, read};
use super::tree::Tree;

const DOCUMENT: &str = "docs/configuration.md";
const SETTINGS: &str = "shared/setup/src/settings";

/// Compares the declarations under `shared/setup/src/settings*` with the document.
pub(super) fn check(tree: &Tree) -> Vec<Problem> {
    let mut declared = Vec::new();
    for file in tree
        .files
        .iter()
        .filter(|file| file.is_rust() && file.path.starts_with(SETTINGS))
    {
        match read(&file.text) {
            Ok(stream) => declared.extend(declarations(stream)),
            Err(reason) => return vec![Problem::new(&file.path, reason)],
        }
    }
    if declared.is_empty() {
        return vec![Problem::new(
            SETTINGS,
            "no settings found: this check looks at the wrong place",
        )];
    }
    match tree.text_of(DOCUMENT) {
        Some(text) => undocumented(&declared, text),
        None => vec![Problem::new(
            DOCUMENT,
            "missing: the settings are documented there",
        )],
    }
}

fn undocumented(declared: &[String], text: &str) -> Vec<Problem> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    let words: Vec<&str> = text.split(|character| !is_part(character)).collect();
    let missing = declared.iter().filter(|name| !words.contains(&name.as_str()));
    missing
        .map(|name| Problem::new(DOCUMENT, format!("does not mention {name}")))
        .collect()
}

/// `--long` and `ENV` names that clap attributes declare, in the order of the text.
fn declarations(stream: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut names = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let is_attribute =
            index > 0 && is_punctuation(&tokens[index - 1], '#') && group.delimiter() == Delimiter::Bracket;
        match attribute_arguments(group.stream()).filter(|_| is_attribute) {
            Some(arguments) => names.extend(argument_names(arguments, &tokens[index + 1..])),
            None => names.extend(declarations(group.stream())),
        }
    }
    names
}

/// What is inside `arg(…)` or `clap(…)`.
fn attribute_arguments(attribute: TokenStream) -> Option<TokenStream> {
    let mut tokens = attribute.into_iter();
    tokens
        .next()
        .and_then(|name| identifier(&name))
        .filter(|name| name == "arg" || name == "clap")?;
    match tokens.next() {
        Some(TokenTree::Group(group)) => Some(group.stream()),
        _ => None,
    }
}

fn argument_names(arguments: TokenStream, after: &[TokenTree]) -> Vec<String> {
    let arguments: Vec<TokenTree> = arguments.into_iter().collect();
    let entries = arguments.split(|token| is_punctuation(token, ','));
    let name = |entry: &[TokenTree]| match entry {
        [key, rest @ ..] => match (identifier(key)?.as_str(), literal(rest)) {
            ("long", Some(long)) => Some(format!("--{long}")),
            ("long", None) => field_name(after).map(|field| format!("--{}", field.replace('_', "-"))),
            ("env", Some(variable)) => Some(variable),
            ("env", None) => field_name(after).map(|field| field.to_uppercase()),
            _ => None,
        },
        [] => None,
    };
    entries.filter_map(name).collect()
}

/// The text of `= "…"`.
fn literal(tokens: &[TokenTree]) -> Option<String> {
    match tokens {
        [equals, TokenTree::Literal(literal)] if is_punctuation(equals, '=') => {
            Some(literal.to_string().trim_matches('"').to_owned())
        }
        _ => None,
    }
}

/// The field that an attribute stands before: the last name before its colon.
fn field_name(after: &[TokenTree]) -> Option<String> {
    let colon = after.iter().position(|token| is_punctuation(token, ':'))?;
    after[..colon].iter().rev().find_map(identifier)
}

#[cfg(test)]
mod tests {
    use super::super::tree::File;
    use super::*;

    const SOURCE: &str = r#"
        #[derive(clap::Args)]
        struct Listeners {
            /// Port, see --not-a-flag.
            #[arg(long = "config-port", env = "EVENT_GATEWAY_CONFIG_PORT", default_value_t = 4001)]
            config_port: u16,
            #[serde(default)]
            #[arg(long, value_name = "PATH", hide = true)]
            pub(crate) embed_data_dir: PathBuf,
        }
    "#;

    fn messages(source: &str, document: Option<&str>) -> Vec<String> {
        let mut files = vec![File {
            path: format!("{SETTINGS}/listeners.rs"),
            text: source.to_owned(),
        }];
        files.extend(document.map(|text| File {
            path: DOCUMENT.to_owned(),
            text: text.to_owned(),
        }));
        check(&Tree { files }).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn flags_and_variables_are_read_from_the_attributes() {
        let names = declarations(read(SOURCE).unwrap());
        assert_eq!(
            names,
            ["--config-port", "EVENT_GATEWAY_CONFIG_PORT", "--embed-data-dir"]
        );
    }

    #[test]
    fn each_must_appear_as_a_whole_word() {
        let complete = "| `--config-port` | `EVENT_GATEWAY_CONFIG_PORT` |\n--embed-data-dir=PATH";
        assert_eq!(messages(SOURCE, Some(complete)), [""; 0]);
        let longer = "--config-ports EVENT_GATEWAY_CONFIG_PORT --embed-data-dir";
        assert_eq!(
            messages(SOURCE, Some(longer)),
            ["docs/configuration.md: does not mention --config-port"]
        );
    }

    #[test]
    fn missing_settings_and_a_missing_document_are_problems() {
        let nothing = "shared/setup/src/settings: no settings found: this check looks at the wrong place";
        assert_eq!(messages("struct A;", Some("")), [nothing]);
        assert_eq!(
            messages(SOURCE, None),
            ["docs/configuration.md: missing: the settings are documented there"]
        );
    }
}
