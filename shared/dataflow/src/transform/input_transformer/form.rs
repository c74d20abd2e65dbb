//! The form of an input transformer as EventBridge has it, names without regard to case.

use std::fmt;

use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, de};

use crate::transform::error::{TransformError, code};

/// Most paths that a template may name.
const MOST_PATHS: usize = 100;
/// Most characters of the name of a path.
const LONGEST_NAME: usize = 256;
/// Most characters of a template.
const LONGEST_TEMPLATE: usize = 8192;

/// What it says.
pub(super) struct Form {
    /// Names and paths, in their order; of several with one name the last.
    pub(super) paths: Vec<(String, String)>,
    pub(super) template: String,
}

impl Form {
    /// Reads and checks it.
    pub(super) fn read(json: &str) -> Result<Self, TransformError> {
        let form: Self = serde_json::from_str(json).map_err(|error| TransformError::form(&error))?;
        let wrong = |message: String| Err(TransformError::new(code::FORM, message));
        if form.template.is_empty() || form.template.chars().count() > LONGEST_TEMPLATE {
            return wrong(format!(
                "inputTemplate must have 1 to {LONGEST_TEMPLATE} characters"
            ));
        }
        for (name, _) in &form.paths {
            let is_sign = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-');
            if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(is_sign) {
                return wrong(format!(
                    "the name {name:?} in inputPathsMap must be 1 to {LONGEST_NAME} letters, digits, _ or -"
                ));
            }
            if name.starts_with("AWS") {
                return wrong(format!("the name {name:?} in inputPathsMap is reserved"));
            }
        }
        Ok(form)
    }
}

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FormVisitor)
    }
}

struct FormVisitor;

impl<'de> Visitor<'de> for FormVisitor {
    type Value = Form;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with inputPathsMap and inputTemplate")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Form, A::Error> {
        let (mut paths, mut template) = (None, None);
        while let Some(name) = map.next_key::<String>()? {
            match name.to_ascii_lowercase().as_str() {
                "inputpathsmap" => paths = Some(map.next_value::<Paths>()?),
                "inputtemplate" => template = Some(map.next_value::<String>()?),
                _ => {
                    return Err(A::Error::unknown_field(
                        &name,
                        &["inputPathsMap", "inputTemplate"],
                    ));
                }
            }
        }
        Ok(Form {
            paths: paths.map_or_else(Vec::new, |paths| paths.0),
            template: template.ok_or_else(|| A::Error::missing_field("inputTemplate"))?,
        })
    }
}

/// The paths of a template. So many are read and no more.
struct Paths(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Paths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PathsVisitor)
    }
}

struct PathsVisitor;

impl<'de> Visitor<'de> for PathsVisitor {
    type Value = Paths;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a path for each name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Paths, A::Error> {
        let mut paths: Vec<(String, String)> = Vec::new();
        while let Some((name, path)) = map.next_entry::<String, String>()? {
            // Linear all the same: so many are read and no more.
            paths.retain(|(known, _)| *known != name);
            if paths.len() == MOST_PATHS {
                return Err(de::Error::custom(format!("more than {MOST_PATHS} paths")));
            }
            paths.push((name, path));
        }
        Ok(Paths(paths))
    }
}
