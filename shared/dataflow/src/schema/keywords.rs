//! Which keywords hold subschemas, and whether those look at the same value or at one inside it.

/// Where the value is that a subschema looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The same value.
    Here,
    /// A member or an element of it.
    Inside,
    /// Nowhere: it stands there to be referred to.
    Nowhere,
}

/// How subschemas stand in the value of a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holding {
    One,
    /// One, or a list of them (`items` until 2019-09).
    OneOrList,
    List,
    /// By name; what is no schema there (`dependencies` that are lists) is none.
    ByName,
}

/// What a keyword holds; `None` for those without subschemas.
pub(super) fn holds(keyword: &str) -> Option<(Holding, Place)> {
    Some(match keyword {
        "allOf" | "anyOf" | "oneOf" => (Holding::List, Place::Here),
        "not" | "if" | "then" | "else" => (Holding::One, Place::Here),
        "dependentSchemas" | "dependencies" => (Holding::ByName, Place::Here),
        "properties" | "patternProperties" => (Holding::ByName, Place::Inside),
        "prefixItems" => (Holding::List, Place::Inside),
        "items" => (Holding::OneOrList, Place::Inside),
        "additionalItems"
        | "additionalProperties"
        | "contains"
        | "propertyNames"
        | "unevaluatedItems"
        | "unevaluatedProperties" => (Holding::One, Place::Inside),
        "$defs" | "definitions" => (Holding::ByName, Place::Nowhere),
        _ => return None,
    })
}

/// Whether a keyword refers to a subschema elsewhere.
pub(super) fn refers(keyword: &str) -> bool {
    matches!(keyword, "$ref" | "$dynamicRef" | "$recursiveRef")
}
