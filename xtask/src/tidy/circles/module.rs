//! What a module declares, what it imports and what its code names. Code for tests only is left out.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::super::tokens::{flatten, identifier, is_punctuation};

/// Keywords that are followed by the name of what they define.
const DEFINING: [&str; 8] = [
    "fn", "struct", "enum", "union", "trait", "type", "const", "static",
];

/// A module: a file, or what stands in the braces of `mod x { … }`.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// Items that stand here, except those that macros make.
    pub(super) definitions: BTreeSet<String>,
    /// Those of them that are traits, which are used without being named.
    pub(super) traits: BTreeSet<String>,
    /// Child modules in files of their own.
    pub(super) children: BTreeSet<String>,
    /// Child modules that stand in the same file.
    pub(super) inline: Vec<(String, Module)>,
    /// `use` declarations, one for each name.
    pub(super) imports: Vec<Import>,
    /// Paths in code, also those of one segment.
    pub(super) paths: BTreeSet<Vec<String>>,
}

/// One name that a `use` declaration brings in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Import {
    /// The path as it is written; for a glob the one before the `*`.
    pub(super) path: Vec<String>,
    /// The name here: `None` for a glob, `_` for a trait without one.
    pub(super) name: Option<String>,
}

impl Module {
    /// Reads the tokens of a file or of an inline module.
    pub(super) fn read(stream: TokenStream) -> Self {
        let mut module = Self::default();
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut rest = tokens.as_slice();
        while !rest.is_empty() {
            let (attributes, after) = attributes(rest);
            let (item, after) = after.split_at(item_length(after));
            if !attributes.iter().any(is_for_tests) {
                module.code(&attributes);
                module.item(item);
            }
            rest = after;
        }
        module
    }

    /// Takes in one item of the module's level, without its attributes.
    fn item(&mut self, item: &[TokenTree]) {
        let item = without_visibility(item);
        let word = |index: usize| item.get(index).and_then(identifier);
        match word(0).as_deref() {
            Some("mod") => match (word(1), item.get(2)) {
                (Some(name), Some(TokenTree::Group(body))) => {
                    self.inline.push((name, Self::read(body.stream())));
                }
                (Some(name), _) => {
                    self.children.insert(name);
                }
                (None, _) => {}
            },
            Some("impl" | "use") => self.code(item),
            first => {
                if first == Some("macro_rules") {
                    self.definitions.extend(word(2));
                }
                let defined = item.windows(2).find_map(|pair| {
                    let keyword = identifier(&pair[0]).filter(|word| DEFINING.contains(&word.as_str()))?;
                    // `const fn`, `const unsafe fn`: the name comes later.
                    let name = identifier(&pair[1])
                        .filter(|name| !["fn", "unsafe", "async", "extern"].contains(&name.as_str()))?;
                    Some((keyword, name))
                });
                if let Some((keyword, name)) = defined {
                    if keyword == "trait" {
                        self.traits.insert(name.clone());
                    }
                    self.definitions.insert(name);
                }
                self.code(item);
            }
        }
    }

    /// Takes in the paths and `use` declarations of tokens on one level, and of the groups in it.
    fn code(&mut self, tokens: &[TokenTree]) {
        let mut index = 0;
        while let Some(token) = tokens.get(index) {
            let rest = &tokens[index..];
            match token {
                TokenTree::Punct(_) if starts_attribute(rest) => {
                    let (attributes, after) = attributes(rest);
                    index += rest.len() - after.len();
                    if attributes.iter().any(is_for_tests) {
                        index += item_length(after);
                    } else {
                        self.code(&attributes);
                    }
                }
                TokenTree::Group(group) => {
                    let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                    self.code(&inside);
                    index += 1;
                }
                TokenTree::Ident(word) if word == "use" && !is_at(tokens, index + 1, '<') => {
                    let length = item_length(rest);
                    self.import(&[], &rest[1..length]);
                    index += length;
                }
                TokenTree::Ident(_) => index += self.path(tokens, index),
                _ => index += 1,
            }
        }
    }

    /// Takes in the path that starts at a token, unless it is a field, a lifetime or one from the root of all crates.
    fn path(&mut self, tokens: &[TokenTree], start: usize) -> usize {
        let mut path: Vec<String> = identifier(&tokens[start]).into_iter().collect();
        let mut end = start + 1;
        while is_double_colon(tokens, end) {
            let Some(segment) = tokens.get(end + 2).and_then(identifier) else {
                break;
            };
            path.push(segment);
            end += 3;
        }
        let before = |character: char| start > 0 && is_at(tokens, start - 1, character);
        let is_range = start > 1 && is_at(tokens, start - 2, '.');
        let is_field_name = path.len() == 1 && is_at(tokens, end, ':') && !is_double_colon(tokens, end);
        let from_all_crates = start > 1 && is_double_colon(tokens, start - 2);
        if !before('\'') && (!before('.') || is_range) && !is_field_name && !from_all_crates {
            self.paths.insert(path);
        }
        end - start
    }

    /// Takes in a tree of imports, without `use` and what is before it.
    fn import(&mut self, prefix: &[String], tree: &[TokenTree]) {
        let mut path = prefix.to_vec();
        for (index, token) in tree.iter().enumerate() {
            match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let branches: Vec<TokenTree> = group.stream().into_iter().collect();
                    for branch in branches.split(|token| is_punctuation(token, ',')) {
                        self.import(&path, branch);
                    }
                    return;
                }
                TokenTree::Punct(punctuation) if punctuation.as_char() == '*' => {
                    self.imports.push(Import { path, name: None });
                    return;
                }
                TokenTree::Ident(word) if word == "as" => {
                    let name = tree.get(index + 1).and_then(identifier);
                    self.imports.push(Import { path, name });
                    return;
                }
                TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
                TokenTree::Ident(word) => path.push(word.to_string()),
                _ => {}
            }
        }
        let name = path.last().cloned();
        if !tree.is_empty() {
            self.imports.push(Import { path, name });
        }
    }
}

fn is_at(tokens: &[TokenTree], index: usize, character: char) -> bool {
    tokens
        .get(index)
        .is_some_and(|token| is_punctuation(token, character))
}

fn is_double_colon(tokens: &[TokenTree], index: usize) -> bool {
    is_at(tokens, index, ':') && is_at(tokens, index + 1, ':')
}

fn starts_attribute(tokens: &[TokenTree]) -> bool {
    let inner = usize::from(is_at(tokens, 1, '!'));
    let brackets = |group: &TokenTree| matches!(group, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket);
    is_at(tokens, 0, '#') && tokens.get(1 + inner).is_some_and(brackets)
}

/// The groups of the attributes that tokens begin with, and what comes after them.
fn attributes(mut tokens: &[TokenTree]) -> (Vec<TokenTree>, &[TokenTree]) {
    let mut groups = Vec::new();
    while starts_attribute(tokens) {
        let length = 2 + usize::from(is_at(tokens, 1, '!'));
        groups.push(tokens[length - 1].clone());
        tokens = &tokens[length..];
    }
    (groups, tokens)
}

/// Whether an attribute is `cfg(test)`, or one that demands more than that.
fn is_for_tests(attribute: &TokenTree) -> bool {
    let words: Vec<String> = flatten(TokenStream::from(attribute.clone()))
        .iter()
        .filter_map(identifier)
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    matches!(words.as_slice(), ["cfg", "test"] | ["cfg", "all", "test", ..])
}

/// How many tokens an item takes: up to its semicolon, or to its braces where these end it.
fn item_length(tokens: &[TokenTree]) -> usize {
    let ends_with_semicolon = without_visibility(tokens)
        .first()
        .and_then(identifier)
        .is_some_and(|word| ["use", "static", "type", "let"].contains(&word.as_str()));
    let end = tokens.iter().position(|token| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !ends_with_semicolon,
        token => is_punctuation(token, ';'),
    });
    end.map_or(tokens.len(), |end| end + 1)
}

fn without_visibility(item: &[TokenTree]) -> &[TokenTree] {
    match item {
        [word, TokenTree::Group(place), rest @ ..]
            if identifier(word).is_some_and(|word| word == "pub")
                && place.delimiter() == Delimiter::Parenthesis =>
        {
            rest
        }
        [word, rest @ ..] if identifier(word).is_some_and(|word| word == "pub") => rest,
        _ => item,
    }
}
