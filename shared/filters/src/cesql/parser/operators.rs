//! Operators between two values.

use super::{Parse, Parser, unescaped};
use crate::cesql::expression::{Arithmetic, Comparison, Expression, Link, Logic};
use crate::cesql::like::Like;
use crate::cesql::token::Kind;

const COMPARISONS: [(&str, Comparison); 7] = [
    ("=", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<>", Comparison::NotEqual),
    ("<", Comparison::Less),
    ("<=", Comparison::LessOrEqual),
    (">", Comparison::Greater),
    (">=", Comparison::GreaterOrEqual),
];
const PRODUCTS: [(&str, Arithmetic); 3] = [
    ("*", Arithmetic::Multiply),
    ("/", Arithmetic::Divide),
    ("%", Arithmetic::Remainder),
];
const SUMS: [(&str, Arithmetic); 2] = [("+", Arithmetic::Add), ("-", Arithmetic::Subtract)];
const LOGIC: [(&str, Logic); 3] = [("AND", Logic::And), ("OR", Logic::Or), ("XOR", Logic::Xor)];

impl Parser<'_, '_> {
    /// An expression of any precedence.
    pub(super) fn expression(&mut self) -> Parse<Expression> {
        let first = self.comparison()?;
        let mut links = Vec::new();
        while let Kind::Word(word) = self.next.kind
            && let Some((_, logic)) = LOGIC.iter().find(|(name, _)| word.eq_ignore_ascii_case(name))
        {
            self.operator()?;
            links.push(Link::Logic(*logic, self.comparison()?));
        }
        Ok(first.chained(links))
    }

    fn comparison(&mut self) -> Parse<Expression> {
        let first = self.sum()?;
        let mut links = Vec::new();
        while let Some(comparison) = self.symbol_of(&COMPARISONS) {
            self.operator()?;
            links.push(Link::Comparison(comparison, self.sum()?));
        }
        Ok(first.chained(links))
    }

    fn sum(&mut self) -> Parse<Expression> {
        let first = self.product()?;
        let mut links = Vec::new();
        while let Some(arithmetic) = self.symbol_of(&SUMS) {
            self.operator()?;
            links.push(Link::Arithmetic(arithmetic, self.product()?));
        }
        Ok(first.chained(links))
    }

    fn product(&mut self) -> Parse<Expression> {
        let first = self.membership()?;
        let mut links = Vec::new();
        while let Some(arithmetic) = self.symbol_of(&PRODUCTS) {
            self.operator()?;
            links.push(Link::Arithmetic(arithmetic, self.membership()?));
        }
        Ok(first.chained(links))
    }

    /// LIKE and IN, with or without NOT before them.
    fn membership(&mut self) -> Parse<Expression> {
        let first = self.unary()?;
        let mut links = Vec::new();
        loop {
            let negated = self.takes_word("NOT")?;
            if self.takes_word("LIKE")? {
                links.push(self.like(negated)?);
            } else if self.takes_word("IN")? {
                links.push(self.among(negated)?);
            } else if negated {
                return Err(self.wrong(format!("expected LIKE or IN after NOT, not {}", self.next.kind)));
            } else {
                return Ok(first.chained(links));
            }
        }
    }

    fn like(&mut self, negated: bool) -> Parse<Link> {
        self.condition()?;
        let Kind::Text(raw, quote) = self.next.kind else {
            return Err(self.wrong(format!(
                "expected a text in quotes after LIKE, not {}",
                self.next.kind
            )));
        };
        let (pattern, wildcards) = Like::new(&unescaped(raw, quote));
        let counted = self.budget.wildcards(wildcards, self.pointer);
        counted.map_err(|error| error.at_character(self.next.offset))?;
        self.advance()?;
        Ok(Link::Like {
            pattern: Box::new(pattern),
            negated,
        })
    }

    fn among(&mut self, negated: bool) -> Parse<Link> {
        let elements = self.deeper(|parser| {
            parser.expect("(")?;
            parser.list()
        })?;
        Ok(Link::In {
            elements: elements.into(),
            negated,
        })
    }

    fn symbol_of<T: Copy>(&self, table: &[(&str, T)]) -> Option<T> {
        let Kind::Symbol(symbol) = self.next.kind else {
            return None;
        };
        let found = table.iter().find(|(name, _)| *name == symbol);
        found.map(|(_, operator)| *operator)
    }

    /// Takes an operator.
    fn operator(&mut self) -> Parse<()> {
        self.condition()?;
        self.advance().map(|_| ())
    }
}
