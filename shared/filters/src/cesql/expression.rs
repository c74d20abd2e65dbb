//! Expressions of CESQL, compiled.

use super::function::Function;
use super::like::Like;
use super::types::Type;

/// An expression. Operators of one precedence stand in a row, so that long ones are not deep.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Text(Box<str>),
    Integer(i32),
    Boolean(bool),
    /// An attribute, in lower case.
    Attribute(Box<str>),
    Exists(Box<str>),
    Not(Box<Expression>),
    Negate(Box<Expression>),
    Call(Box<Call>),
    Chain(Box<Chain>),
}

/// A call of a function.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    /// The name, if there is no such function.
    pub(super) function: Result<Function, Box<str>>,
    pub(super) arguments: Box<[Expression]>,
}

/// Operators that are applied one after the other, from left to right.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chain {
    pub(super) first: Expression,
    pub(super) links: Box<[Link]>,
}

/// An operator and what stands right of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Link {
    Logic(Logic, Expression),
    Comparison(Comparison, Expression),
    Arithmetic(Arithmetic, Expression),
    /// `LIKE`, or `NOT LIKE` if `negated`.
    Like {
        pattern: Box<Like>,
        negated: bool,
    },
    /// `IN`, or `NOT IN` if `negated`.
    In {
        elements: Box<[Expression]>,
        negated: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Logic {
    And,
    Or,
    Xor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Expression {
    /// The expression with operators applied to it.
    pub(super) fn chained(self, links: Vec<Link>) -> Self {
        if links.is_empty() {
            return self;
        }
        Self::Chain(Box::new(Chain {
            first: self,
            links: links.into(),
        }))
    }

    /// The type of its value, as far as it is known. The specification takes the rest for booleans.
    pub(super) fn type_of(&self) -> Type {
        match self {
            Self::Text(_) => Type::String,
            Self::Integer(_) | Self::Negate(_) => Type::Integer,
            Self::Boolean(_) | Self::Attribute(_) | Self::Exists(_) | Self::Not(_) => Type::Boolean,
            Self::Call(call) => call
                .function
                .as_ref()
                .map_or(Type::Boolean, |function| function.gives()),
            Self::Chain(chain) => match chain.links.last() {
                Some(Link::Arithmetic(..)) => Type::Integer,
                _ => Type::Boolean,
            },
        }
    }

    /// Every attribute that is named, as often as it is.
    pub(super) fn attributes<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        match self {
            Self::Text(_) | Self::Integer(_) | Self::Boolean(_) => {}
            Self::Attribute(name) | Self::Exists(name) => visit(name),
            Self::Not(inner) | Self::Negate(inner) => inner.attributes(visit),
            Self::Call(call) => call
                .arguments
                .iter()
                .for_each(|argument| argument.attributes(visit)),
            Self::Chain(chain) => {
                chain.first.attributes(visit);
                for link in &chain.links {
                    link.operands()
                        .iter()
                        .for_each(|operand| operand.attributes(visit));
                }
            }
        }
    }
}

impl Link {
    /// What stands right of the operator.
    pub(super) fn operands(&self) -> &[Expression] {
        match self {
            Self::Logic(_, right) | Self::Comparison(_, right) | Self::Arithmetic(_, right) => {
                std::slice::from_ref(right)
            }
            Self::Like { .. } => &[],
            Self::In { elements, .. } => elements,
        }
    }
}
