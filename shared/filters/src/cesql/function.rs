//! The functions of CESQL: their names, how many arguments they take and what they give.

use super::types::Type;

/// A built-in function. `IS_INT` and `IS_BOOL` are those of the SDKs; the specification has the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Abs,
    Bool,
    Concat,
    ConcatWs,
    Int,
    IsBool,
    IsInt,
    Left,
    Length,
    Lower,
    Right,
    String,
    Substring,
    Trim,
    Upper,
}

const FUNCTIONS: [(&str, Function, usize, usize); 15] = [
    ("ABS", Function::Abs, 1, 1),
    ("BOOL", Function::Bool, 1, 1),
    ("CONCAT", Function::Concat, 0, usize::MAX),
    ("CONCAT_WS", Function::ConcatWs, 1, usize::MAX),
    ("INT", Function::Int, 1, 1),
    ("IS_BOOL", Function::IsBool, 1, 1),
    ("IS_INT", Function::IsInt, 1, 1),
    ("LEFT", Function::Left, 2, 2),
    ("LENGTH", Function::Length, 1, 1),
    ("LOWER", Function::Lower, 1, 1),
    ("RIGHT", Function::Right, 2, 2),
    ("STRING", Function::String, 1, 1),
    ("SUBSTRING", Function::Substring, 2, 3),
    ("TRIM", Function::Trim, 1, 1),
    ("UPPER", Function::Upper, 1, 1),
];

impl Function {
    /// The function of a name, in any case. The error says what there is instead.
    pub(super) fn find(name: &str, arguments: usize) -> Result<Self, String> {
        let found = FUNCTIONS
            .iter()
            .find(|(other, ..)| other.eq_ignore_ascii_case(name));
        match found {
            Some(&(_, function, least, most)) if (least..=most).contains(&arguments) => Ok(function),
            Some(&(name, _, least, most)) => {
                let count = match most {
                    usize::MAX => format!("{least} or more"),
                    _ if least == most => least.to_string(),
                    _ => format!("{least} to {most}"),
                };
                Err(format!("{name} takes {count} arguments, not {arguments}"))
            }
            None => {
                let all = FUNCTIONS.map(|(name, ..)| name).join(", ");
                Err(format!("there is no such function; there are {all}"))
            }
        }
    }

    /// The type of what it gives.
    pub(super) fn gives(self) -> Type {
        match self {
            Self::Abs | Self::Int | Self::Length => Type::Integer,
            Self::Bool | Self::IsBool | Self::IsInt => Type::Boolean,
            Self::Concat
            | Self::ConcatWs
            | Self::Left
            | Self::Lower
            | Self::Right
            | Self::String
            | Self::Substring
            | Self::Trim
            | Self::Upper => Type::String,
        }
    }
}
