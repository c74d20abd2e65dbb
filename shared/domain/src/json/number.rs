//! Members that are numbers of any kind.

use super::{JsonError, Object, scalar};

impl Object<'_> {
    /// A number member, fractions allowed; always finite.
    pub fn number(&self, name: &str) -> Result<Option<f64>, JsonError> {
        self.get(name).map(|raw| scalar(raw, name, "float64")).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let object =
            Object::from_slice(br#"{"a":1,"B":-0.5e3,"n":null,"s":"1","big":1e999,"t":true}"#).unwrap();
        assert_eq!(object.number("a"), Ok(Some(1.0)));
        assert_eq!(object.number("b"), Ok(Some(-500.0)));
        assert_eq!(object.number("n"), Ok(None));
        assert_eq!(object.number("missing"), Ok(None));
        for (name, found) in [("s", "string"), ("big", "number"), ("t", "bool")] {
            let want = format!("json: cannot unmarshal {found} into Go struct field {name} of type float64");
            assert_eq!(object.number(name).unwrap_err().to_string(), want);
        }
    }
}
