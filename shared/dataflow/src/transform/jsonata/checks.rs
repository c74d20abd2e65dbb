//! What an expression may not have, although it is JSONata.

use jlens_core::{Bindings, Expression, Node, NodeKind};

use super::errors::of_compiling;
use crate::transform::error::{TransformError, code};

/// How deep an expression may be nested: whatever walks through it, and whoever drops it, takes stack for each level.
const MOST_LEVELS: usize = 200;
/// Stack for dropping an expression that is nested too deep.
const STACK: usize = 64 * 1024 * 1024;
/// Built-in functions that are not offered: an expression in a text cannot be checked, nor has it a place in this one.
const REFUSED: [&str; 1] = ["eval"];

/// The expression, unless it is nested too deep, names a function that is not offered or has a regular expression that is
/// none.
pub(super) fn check(expression: Expression, source: &str) -> Result<Expression, TransformError> {
    let before = |node: &Node| {
        source
            .get(..node.span.start)
            .map_or(0, |text| text.chars().count())
    };
    let mut failure = None;
    let mut open = vec![(&expression.ast().root, 0)];
    while let Some((node, level)) = open.pop() {
        if level > MOST_LEVELS {
            let message = format!("the expression is nested deeper than {MOST_LEVELS} levels");
            failure = Some(TransformError::new(code::NESTING, message).at(before(node)));
            break;
        }
        match &node.kind {
            NodeKind::Variable { name } if REFUSED.contains(&name.as_str()) => {
                let message = format!("the function ${name} is not offered");
                failure =
                    failure.or_else(|| Some(TransformError::new(code::REFUSED, message).at(before(node))));
            }
            NodeKind::Regex { pattern, .. } => {
                failure = failure.or_else(|| of_regex(pattern, before(node)));
            }
            _ => {}
        }
        node.for_each_child(|child| open.push((child, level + 1)));
    }
    drop(open);
    match failure {
        None => Ok(expression),
        Some(failure) => {
            stacker::grow(STACK, || drop(expression));
            Err(failure)
        }
    }
}

/// Why a pattern is no regular expression. The crate would find out when it is first used.
fn of_regex(pattern: &str, position: usize) -> Option<TransformError> {
    let probe = format!("$contains('', /{pattern}/)");
    let failed = Expression::compile(&probe)
        .and_then(|probe| probe.evaluate(None, &Bindings::new()))
        .err()?;
    Some(of_compiling(&probe, &failed).at(position))
}
