//! Cuts the text of an expression into tokens.

use std::fmt;

/// A token and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind<'t>,
    /// The character with which it begins, from 0.
    pub(super) offset: usize,
    /// Whether nothing is between it and the token before.
    pub(super) is_adjacent: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    /// Letters, digits and underscores that are no integer.
    Word(&'t str),
    /// Digits.
    Digits(&'t str),
    /// What stands between two quotes, and which they are.
    Text(&'t str, char),
    Symbol(&'t str),
    End,
}

impl fmt::Display for Kind<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(text) | Self::Digits(text) | Self::Symbol(text) => {
                let start: String = text.chars().take(32).collect();
                write!(f, "`{start}`")
            }
            Self::Text(..) => f.write_str("a text"),
            Self::End => f.write_str("the end"),
        }
    }
}

/// Why there is no token: the character, from 0, and what is wrong with it.
pub(super) type TokenError = (usize, &'static str);

/// Reads one token after the other.
#[derive(Debug)]
pub(super) struct Tokens<'t> {
    rest: &'t str,
    offset: usize,
}

const TWO_CHARACTERS: [&str; 4] = ["!=", "<>", "<=", ">="];

/// What other languages write, and what it is in SQL.
const FOREIGN: [(&str, &str); 5] = [
    ("==", "write `=`, not `==`"),
    ("&&", "write AND, not `&&`"),
    ("||", "write OR, or CONCAT for texts, not `||`"),
    ("!", "write NOT, or `!=`"),
    ("[", "a list stands in parentheses: IN ('a', 'b')"),
];

impl<'t> Tokens<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            rest: text,
            offset: 0,
        }
    }

    /// The next token; [`Kind::End`] again and again at the end.
    pub(super) fn next(&mut self) -> Result<Token<'t>, TokenError> {
        let before = self.offset;
        self.take(self.rest.len() - self.rest.trim_start_matches(is_blank).len());
        let offset = self.offset;
        Ok(Token {
            kind: self.kind()?,
            offset,
            is_adjacent: offset == before,
        })
    }

    /// Whether a character is the next one that is no blank.
    pub(super) fn is_before(&self, character: char) -> bool {
        self.rest.trim_start_matches(is_blank).starts_with(character)
    }

    fn kind(&mut self) -> Result<Kind<'t>, TokenError> {
        let Some(first) = self.rest.chars().next() else {
            return Ok(Kind::End);
        };
        if first.is_ascii_alphanumeric() {
            let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            let word = self.take(self.rest.find(|c| !in_word(c)).unwrap_or(self.rest.len()));
            let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
            return Ok(if is_number {
                Kind::Digits(word)
            } else {
                Kind::Word(word)
            });
        }
        if matches!(first, '\'' | '"') {
            return self.text(first);
        }
        if let Some(two) = TWO_CHARACTERS.iter().find(|two| self.rest.starts_with(**two)) {
            return Ok(Kind::Symbol(self.take(two.len())));
        }
        if let Some((_, advice)) = FOREIGN.iter().find(|(text, _)| self.rest.starts_with(text)) {
            return Err((self.offset, advice));
        }
        if "()=<>+-*/%,".contains(first) {
            return Ok(Kind::Symbol(self.take(1)));
        }
        Err((self.offset, "this character has no meaning outside quotes"))
    }

    fn text(&mut self, quote: char) -> Result<Kind<'t>, TokenError> {
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            if character == '\\' {
                characters.next();
            } else if character == quote {
                let inner = &self.rest[1..at];
                let doubled = self.rest[at + 1..].starts_with(quote);
                let end = self.offset + inner.chars().count() + 1;
                if doubled {
                    return Err((end, "a quote within a text is written with a backslash: \\'"));
                }
                self.take(at + 1);
                return Ok(Kind::Text(inner, quote));
            }
        }
        Err((self.offset, "this text has no end: its quote is missing"))
    }

    fn take(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.offset += taken.chars().count();
        self.rest = rest;
        taken
    }
}

fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}
