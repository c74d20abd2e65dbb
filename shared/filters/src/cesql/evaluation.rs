//! Evaluates expressions: the first error ends it, as it is recommended for filters (CESQL 1.0, 4.1).

use super::calls::call;
use super::error::EvaluationError;
use super::expression::{Arithmetic, Call, Chain, Comparison, Expression, Link, Logic};
use super::failure::Failure;
use super::types::Type;
use super::value::Value;
use crate::Subject;
use crate::steps::Steps;

/// What an expression is of an event: its value, and the error if there was one.
pub(super) fn evaluate<'a>(
    expression: &'a Expression,
    event: &'a dyn Subject,
    steps: &Steps,
) -> (Value<'a>, Option<EvaluationError<'a>>) {
    match (Evaluation { event, steps }).value_of(expression) {
        Ok(value) => (value, None),
        Err(failure) => {
            let value = failure.value.unwrap_or_else(|| Value::zero(expression.type_of()));
            (value, Some(failure.error))
        }
    }
}

#[derive(Clone, Copy)]
struct Evaluation<'a, 's> {
    event: &'a dyn Subject,
    steps: &'s Steps,
}

type Evaluated<'a> = Result<Value<'a>, Failure<'a>>;

impl<'a> Evaluation<'a, '_> {
    fn value_of(self, expression: &'a Expression) -> Evaluated<'a> {
        match expression {
            Expression::Text(text) => Ok(Value::Text((&**text).into())),
            Expression::Integer(value) => Ok(Value::Integer(*value)),
            Expression::Boolean(value) => Ok(Value::Boolean(*value)),
            Expression::Attribute(name) => {
                let value = self.attribute(name);
                value.ok_or_else(|| EvaluationError::MissingAttribute(name).into())
            }
            Expression::Exists(name) => Ok(Value::Boolean(self.attribute(name).is_some())),
            Expression::Not(inner) => self.not(inner),
            Expression::Negate(inner) => {
                let value = self.operand(inner)?.integer()?.checked_neg();
                value.map(Value::Integer).ok_or_else(|| OVERFLOW.into())
            }
            Expression::Call(call) => self.call(call),
            Expression::Chain(chain) => self.chain(chain),
        }
    }

    fn attribute(self, name: &str) -> Option<Value<'a>> {
        self.event.attribute(name).and_then(Value::of)
    }

    fn operand(self, expression: &'a Expression) -> Evaluated<'a> {
        self.value_of(expression).map_err(Failure::of_operand)
    }

    fn not(self, inner: &'a Expression) -> Evaluated<'a> {
        let value = self.operand(inner)?;
        // The conformance kit has a CastError for `NOT 10`, where the specification would cast. It is true all the same:
        // what cannot be cast counts as false, and that is negated.
        let cast = match value {
            Value::Integer(value) if !matches!(value, 0 | 1) => Err(EvaluationError::Cast(Type::Boolean)),
            other => other.boolean(),
        };
        match cast {
            Ok(value) => Ok(Value::Boolean(!value)),
            Err(error) => Err(Failure::with(error, Value::Boolean(true))),
        }
    }

    fn call(self, expression: &'a Call) -> Evaluated<'a> {
        let arguments = &expression.arguments;
        match &expression.function {
            Ok(function) => call(
                *function,
                arguments.len(),
                &|at| self.operand(&arguments[at]),
                self.steps,
            ),
            Err(name) => Err(EvaluationError::MissingFunction(name).into()),
        }
    }

    fn chain(self, chain: &'a Chain) -> Evaluated<'a> {
        let mut value = self.operand(&chain.first)?;
        for link in &chain.links {
            value = match link {
                Link::Logic(logic, right) => self.logic(value.boolean()?, *logic, right)?,
                Link::Comparison(comparison, right) => {
                    let right = self.operand(right)?;
                    Value::Boolean(compare(&value, *comparison, &right)?)
                }
                Link::Arithmetic(arithmetic, right) => {
                    let right = self.operand(right)?;
                    Value::Integer(calculate(value.integer()?, *arithmetic, right.integer()?)?)
                }
                Link::Like { pattern, negated } => {
                    Value::Boolean(pattern.matches(&value.into_text(), self.steps)? != *negated)
                }
                Link::In { elements, negated } => Value::Boolean(self.among(&value, elements)? != *negated),
            };
        }
        Ok(value)
    }

    fn logic(self, left: bool, logic: Logic, right: &'a Expression) -> Evaluated<'a> {
        let right = || Ok::<_, Failure<'a>>(self.operand(right)?.boolean()?);
        Ok(Value::Boolean(match logic {
            Logic::And => left && right()?,
            Logic::Or => left || right()?,
            Logic::Xor => left != right()?,
        }))
    }

    fn among(self, value: &Value<'a>, elements: &'a [Expression]) -> Result<bool, Failure<'a>> {
        for element in elements {
            if self.operand(element)?.equals(value)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

const OVERFLOW: EvaluationError<'static> = EvaluationError::Math("the result is no integer of 32 bits");

/// `=` and `!=` cast to the type of the right value, all others to integers.
fn compare<'a>(left: &Value<'a>, comparison: Comparison, right: &Value<'a>) -> Result<bool, Failure<'a>> {
    let order = || Ok::<_, Failure<'a>>(left.integer()?.cmp(&right.integer()?));
    Ok(match comparison {
        Comparison::Equal => left.equals(right)?,
        Comparison::NotEqual => !left.equals(right)?,
        Comparison::Less => order()?.is_lt(),
        Comparison::LessOrEqual => order()?.is_le(),
        Comparison::Greater => order()?.is_gt(),
        Comparison::GreaterOrEqual => order()?.is_ge(),
    })
}

fn calculate<'a>(left: i32, arithmetic: Arithmetic, right: i32) -> Result<i32, Failure<'a>> {
    if right == 0 && matches!(arithmetic, Arithmetic::Divide | Arithmetic::Remainder) {
        return Err(EvaluationError::Math("division by zero").into());
    }
    let result = match arithmetic {
        Arithmetic::Add => left.checked_add(right),
        Arithmetic::Subtract => left.checked_sub(right),
        Arithmetic::Multiply => left.checked_mul(right),
        Arithmetic::Divide => left.checked_div(right),
        Arithmetic::Remainder => Some(left.wrapping_rem(right)),
    };
    result.ok_or_else(|| OVERFLOW.into())
}
