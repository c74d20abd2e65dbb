//! What an expression requires of every event that it is true for.
//!
//! An attribute that is evaluated has to be there, because an error is not true. Comparisons with literals say more.

use super::expression::{Chain, Comparison, Expression, Link, Logic};
use super::like::Like;
use crate::{Requirement, anchors};

/// What holds if the expression is true, or is cast to true, and has no error.
pub(super) fn requirements(expression: &Expression) -> Vec<Requirement> {
    match expression {
        Expression::Exists(name) | Expression::Attribute(name) => vec![anchors::present(name)],
        Expression::Chain(chain) => of_chain(chain),
        other => present(other),
    }
}

fn of_chain(chain: &Chain) -> Vec<Requirement> {
    if matches!(chain.links.first(), Some(Link::Logic(..))) {
        return of_logic(chain);
    }
    match &*chain.links {
        [link] => of_link(&chain.first, link),
        _ => all_present(chain),
    }
}

/// AND, OR and XOR, from left to right.
fn of_logic(chain: &Chain) -> Vec<Requirement> {
    let mut alternatives = vec![requirements(&chain.first)];
    for link in &chain.links {
        let Link::Logic(logic, right) = link else {
            return Vec::new();
        };
        match logic {
            Logic::Or => alternatives.push(requirements(right)),
            Logic::And => {
                let mut all = anchors::of_any(alternatives);
                all.extend(requirements(right));
                alternatives = vec![all];
            }
            // Either side may be false, but both are evaluated.
            Logic::Xor => {
                let mut all = present(&chain.first);
                all.extend(present(right));
                alternatives = vec![all];
            }
        }
    }
    anchors::of_any(alternatives)
}

fn of_link(left: &Expression, link: &Link) -> Vec<Requirement> {
    let Expression::Attribute(name) = left else {
        if let Link::Comparison(Comparison::Equal, Expression::Attribute(name)) = link {
            return of_equal(name, left);
        }
        let mut required = present(left);
        required.extend(right_present(link));
        return required;
    };
    match link {
        Link::Comparison(Comparison::Equal, Expression::Text(text)) => vec![anchors::texts(name, [&**text])],
        Link::Like {
            pattern,
            negated: false,
        } => of_like(name, pattern),
        Link::In {
            elements,
            negated: false,
        } => of_in(name, elements),
        other => {
            let mut required = vec![anchors::present(name)];
            required.extend(right_present(other));
            required
        }
    }
}

/// A literal that is equal to an attribute: the literal is cast, to whatever the attribute is.
fn of_equal(name: &str, literal: &Expression) -> Vec<Requirement> {
    of_literal(name, literal).map_or_else(
        || {
            let mut required = present(literal);
            required.push(anchors::present(name));
            required
        },
        |required| vec![required],
    )
}

/// The attribute is equal to a literal that is cast to its type.
fn of_literal(name: &str, literal: &Expression) -> Option<Requirement> {
    match literal {
        Expression::Text(text) => Some(anchors::texts(name, [&**text])),
        Expression::Integer(value) => Some(anchors::integer(name, *value)),
        Expression::Boolean(value) => {
            let mut required = anchors::texts(name, [if *value { "true" } else { "false" }]);
            required.extend(anchors::integer(name, i32::from(*value)));
            Some(required)
        }
        _ => None,
    }
}

fn of_in(name: &str, elements: &[Expression]) -> Vec<Requirement> {
    let mut required = Requirement::new();
    for element in elements {
        match of_literal(name, element) {
            Some(anchors) => required.extend(anchors),
            None => return vec![anchors::present(name)],
        }
    }
    required.sort_unstable();
    required.dedup();
    vec![required]
}

fn of_like(name: &str, pattern: &Like) -> Vec<Requirement> {
    if let Some(whole) = pattern.whole() {
        return vec![anchors::texts(name, [whole])];
    }
    let (start, end) = (pattern.start(), pattern.end());
    let mut required = Vec::new();
    if !start.is_empty() {
        required.push(anchors::prefix(name, start));
    }
    if !end.is_empty() {
        required.push(anchors::suffix(name, end));
    }
    if required.is_empty() {
        required.push(anchors::contains(name, pattern.longest()));
    }
    required
}

/// Attributes that are evaluated in any case.
fn present(expression: &Expression) -> Vec<Requirement> {
    match expression {
        Expression::Attribute(name) => vec![anchors::present(name)],
        Expression::Not(inner) | Expression::Negate(inner) => present(inner),
        Expression::Call(call) => call.arguments.iter().flat_map(present).collect(),
        Expression::Chain(chain) => all_present(chain),
        Expression::Text(_) | Expression::Integer(_) | Expression::Boolean(_) | Expression::Exists(_) => {
            Vec::new()
        }
    }
}

fn all_present(chain: &Chain) -> Vec<Requirement> {
    let mut required = present(&chain.first);
    required.extend(chain.links.iter().flat_map(right_present));
    required
}

fn right_present(link: &Link) -> Vec<Requirement> {
    match link {
        // Whether the right side is evaluated, the left side decides.
        Link::Logic(Logic::And | Logic::Or, _) | Link::Like { .. } => Vec::new(),
        Link::Logic(Logic::Xor, right) | Link::Comparison(_, right) | Link::Arithmetic(_, right) => {
            present(right)
        }
        Link::In { elements, .. } => elements.first().map(present).unwrap_or_default(),
    }
}
