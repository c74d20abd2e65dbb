//! Rust source as tokens, so that comments and string literals never look like code.

use std::str::FromStr as _;

use proc_macro2::{TokenStream, TokenTree};

/// Tokens of a source file, or why there are none.
pub(super) fn read(text: &str) -> Result<TokenStream, String> {
    TokenStream::from_str(text)
        .map_err(|error| format!("line {}: not Rust: {error}", error.span().start().line))
}

/// All tokens in the order of the text; a group is followed by what is inside it.
pub(super) fn flatten(stream: TokenStream) -> Vec<TokenTree> {
    let mut flat = Vec::new();
    for token in stream {
        flat.push(token.clone());
        if let TokenTree::Group(group) = token {
            flat.extend(flatten(group.stream()));
        }
    }
    flat
}

/// The identifier that a token is, if it is one.
pub(super) fn identifier(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    }
}

/// Whether a token is this one punctuation character.
pub(super) fn is_punctuation(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punctuation) if punctuation.as_char() == character)
}
