//! Reads the text of an expression. Precedence, from the tightest: functions, NOT and `-`, LIKE and IN, `* / %`, `+ -`,
//! comparisons, AND OR XOR; each from left to right.

mod operators;

use super::expression::{Call, Expression};
use super::function::Function;
use super::token::{Kind, Token, TokenError, Tokens};
use crate::FilterError;
use crate::budget::Budget;

/// An expression that was read.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) expression: Expression,
    /// What can be evaluated, but never without an error.
    pub(super) hopeless: Option<FilterError>,
}

/// Reads an expression. `pointer` is where its text stands in `filters`.
pub(super) fn parse(text: &str, pointer: &str, budget: &mut Budget) -> Result<Parsed, FilterError> {
    let mut parser = Parser {
        tokens: Tokens::of(text),
        next: Token {
            kind: Kind::End,
            offset: 0,
            is_adjacent: false,
        },
        pointer,
        budget,
        hopeless: None,
    };
    parser.advance()?;
    let expression = parser.expression()?;
    match parser.next.kind {
        Kind::End => Ok(Parsed {
            expression,
            hopeless: parser.hopeless,
        }),
        other => Err(parser.wrong(format!("expected an operator or the end, not {other}"))),
    }
}

struct Parser<'t, 'b> {
    tokens: Tokens<'t>,
    next: Token<'t>,
    pointer: &'b str,
    budget: &'b mut Budget,
    hopeless: Option<FilterError>,
}

type Parse<T> = Result<T, FilterError>;

impl<'t> Parser<'t, '_> {
    /// Takes the next token.
    fn advance(&mut self) -> Parse<Token<'t>> {
        let next = self.tokens.next().map_err(|(offset, reason): TokenError| {
            FilterError::at(self.pointer, reason).at_character(offset)
        })?;
        Ok(std::mem::replace(&mut self.next, next))
    }

    fn wrong(&self, reason: impl Into<String>) -> FilterError {
        FilterError::at(self.pointer, reason).at_character(self.next.offset)
    }

    /// Takes a symbol, if it is the next token.
    fn takes(&mut self, symbol: &str) -> Parse<bool> {
        let is_next = self.next.kind == Kind::Symbol(symbol);
        if is_next {
            self.advance()?;
        }
        Ok(is_next)
    }

    fn expect(&mut self, symbol: &str) -> Parse<()> {
        if self.takes(symbol)? {
            return Ok(());
        }
        Err(self.wrong(format!("expected `{symbol}`, not {}", self.next.kind)))
    }

    /// Takes a keyword, in any case, if it is the next token.
    fn takes_word(&mut self, keyword: &str) -> Parse<bool> {
        let is_next = matches!(self.next.kind, Kind::Word(word) if word.eq_ignore_ascii_case(keyword));
        if is_next {
            self.advance()?;
        }
        Ok(is_next)
    }

    /// Counts an operator.
    fn condition(&mut self) -> Parse<()> {
        let counted = self.budget.condition(self.pointer);
        counted.map_err(|error| error.at_character(self.next.offset))
    }

    /// Reads what is one level deeper.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parse<T>) -> Parse<T> {
        let entered = self.budget.enter(self.pointer);
        entered.map_err(|error| error.at_character(self.next.offset))?;
        let inner = read(self);
        self.budget.leave();
        inner
    }

    fn unary(&mut self) -> Parse<Expression> {
        if self.takes_word("NOT")? {
            self.condition()?;
            let inner = self.deeper(Self::unary)?;
            return Ok(Expression::Not(Box::new(inner)));
        }
        for sign in ["-", "+"] {
            if !self.takes(sign)? {
                continue;
            }
            if let (Kind::Digits(digits), true) = (self.next.kind, self.next.is_adjacent) {
                return self.integer(&format!("{sign}{digits}"));
            }
            if sign == "+" {
                return Err(self.wrong("`+` stands between two values, or before a number without a blank"));
            }
            self.condition()?;
            let inner = self.deeper(Self::unary)?;
            return Ok(Expression::Negate(Box::new(inner)));
        }
        self.primary()
    }

    fn primary(&mut self) -> Parse<Expression> {
        match self.next.kind {
            Kind::Digits(digits) => self.integer(digits),
            Kind::Text(raw, quote) => {
                self.advance()?;
                Ok(Expression::Text(unescaped(raw, quote).into()))
            }
            Kind::Symbol("(") => self.deeper(|parser| {
                parser.advance()?;
                let inner = parser.expression()?;
                parser.expect(")")?;
                Ok(inner)
            }),
            Kind::Word(word) => self.word(word),
            other => Err(self.wrong(format!("expected a value, not {other}"))),
        }
    }

    fn integer(&mut self, digits: &str) -> Parse<Expression> {
        let Ok(value) = digits.parse() else {
            return Err(self
                .wrong("an integer is from -2147483648 to 2147483647; write a text for more: '5000000000'"));
        };
        self.advance()?;
        Ok(Expression::Integer(value))
    }

    fn word(&mut self, word: &str) -> Parse<Expression> {
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
        if is("TRUE") || is("FALSE") {
            self.advance()?;
            return Ok(Expression::Boolean(is("TRUE")));
        }
        if is("EXISTS") {
            self.advance()?;
            self.condition()?;
            return match self.next.kind {
                Kind::Word(name) | Kind::Digits(name) if !is_keyword(name) => {
                    Ok(Expression::Exists(self.attribute(name)?))
                }
                other => Err(self.wrong(format!(
                    "expected the name of an attribute after EXISTS, not {other}"
                ))),
            };
        }
        if is_keyword(word) {
            return Err(self.wrong(format!("expected a value, not the keyword `{word}`")));
        }
        let name = self.next;
        // The tokens begin after the name.
        if self.tokens.is_before('(') {
            self.advance()?;
            return self.call(word, name.offset);
        }
        Ok(Expression::Attribute(self.attribute(word)?))
    }

    fn attribute(&mut self, name: &str) -> Parse<Box<str>> {
        if name.contains('_') {
            return Err(self.wrong(format!(
                "no attribute is called `{name}`: names are of letters and digits"
            )));
        }
        let name = name.to_ascii_lowercase();
        if name == "data" {
            let reason = "CESQL sees attributes, no data: write a `pattern`";
            self.hopeless = self.hopeless.take().or_else(|| Some(self.wrong(reason)));
        }
        self.advance()?;
        Ok(name.into())
    }

    fn call(&mut self, name: &str, offset: usize) -> Parse<Expression> {
        if !name
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        {
            let reason = format!("expected a function before the parenthesis, not `{name}`");
            return Err(FilterError::at(self.pointer, reason).at_character(offset));
        }
        self.condition()?;
        let arguments = self.deeper(|parser| {
            parser.expect("(")?;
            if parser.takes(")")? {
                return Ok(Vec::new());
            }
            parser.list()
        })?;
        let function = Function::find(name, arguments.len()).map_err(|reason| {
            let error = FilterError::at(self.pointer, format!("{name}: {reason}")).at_character(offset);
            self.hopeless.get_or_insert(error);
            name.into()
        });
        Ok(Expression::Call(Box::new(Call {
            function,
            arguments: arguments.into(),
        })))
    }

    /// Expressions between commas, and the parenthesis after them.
    fn list(&mut self) -> Parse<Vec<Expression>> {
        let mut list = Vec::new();
        loop {
            self.condition()?;
            list.push(self.expression()?);
            if !self.takes(",")? {
                self.expect(")")?;
                return Ok(list);
            }
        }
    }
}

fn is_keyword(word: &str) -> bool {
    let keywords = ["AND", "OR", "XOR", "NOT", "LIKE", "EXISTS", "IN", "TRUE", "FALSE"];
    keywords.iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

/// A text without the backslashes before its quotes. All others stay: `\%` and `\_` are for LIKE.
fn unescaped(raw: &str, quote: char) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut characters = raw.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        // What follows belongs to the backslash: the second of two escapes nothing.
        match characters.next() {
            Some(escaped) if escaped == quote => text.push(quote),
            Some(other) => text.extend(['\\', other]),
            None => text.push('\\'),
        }
    }
    text
}
