//! Answers of the query protocol.

use std::fmt;

use aws_smithy_xml::decode::{Document, ScopedDecoder, XmlDecodeError, try_data};
use bytes::Bytes;

/// An answer in XML.
pub struct XmlAnswer(Bytes);

impl XmlAnswer {
    /// An answer with this element around all of it; `None` where it is none.
    pub(crate) fn within(bytes: Bytes, root: &str) -> Option<Self> {
        let mut document = Document::try_from(&*bytes).ok()?;
        let is_root = document.root_element().ok()?.start_el().matches(root);
        is_root.then_some(Self(bytes))
    }

    /// Of each element at this path below the root, the texts of the elements in it that have these names. What cannot
    /// be read any more is left out.
    pub fn rows<const N: usize>(&self, path: &[&str], fields: [&str; N]) -> Vec<[Option<String>; N]> {
        let mut rows = Vec::new();
        // An answer that breaks off has begun well: what it says so far is true.
        let _ = rows_of(&self.0, path, fields, &mut rows);
        rows
    }
}

/// Shows nothing of what may be a secret.
impl fmt::Debug for XmlAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("XmlAnswer").finish_non_exhaustive()
    }
}

/// Adds the rows of a document, whatever its root.
pub(crate) fn rows_of<const N: usize>(
    bytes: &[u8],
    path: &[&str],
    fields: [&str; N],
    rows: &mut Vec<[Option<String>; N]>,
) -> Result<(), XmlDecodeError> {
    let mut document = Document::try_from(bytes)?;
    let mut root = document.root_element()?;
    descend(&mut root, path, fields, rows)
}

fn descend<const N: usize>(
    element: &mut ScopedDecoder<'_, '_>,
    path: &[&str],
    fields: [&str; N],
    rows: &mut Vec<[Option<String>; N]>,
) -> Result<(), XmlDecodeError> {
    if let [next, rest @ ..] = path {
        while let Some(mut inner) = element.next_tag() {
            if inner.start_el().matches(next) {
                descend(&mut inner, rest, fields, rows)?;
            }
        }
        return Ok(());
    }
    let mut row = [const { None }; N];
    while let Some(mut inner) = element.next_tag() {
        let place = fields.iter().position(|field| inner.start_el().matches(field));
        if let Some(place) = place.and_then(|place| row.get_mut(place)) {
            *place = Some(try_data(&mut inner)?.into_owned());
        }
    }
    rows.push(row);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &'static str) -> Option<XmlAnswer> {
        XmlAnswer::within(Bytes::from_static(text.as_bytes()), "R")
    }

    fn texts<const N: usize>(row: &[Option<String>; N]) -> [Option<&str>; N] {
        row.each_ref().map(Option::as_deref)
    }

    #[test]
    fn rows_at_a_path() {
        let answer = answer(
            "<?xml version=\"1.0\"?><R xmlns=\"http://sns\"><L><m><Id>1</Id><X><Id>no</Id></X></m>\
             <m><C>a &amp; b</C><Id/></m><other><Id>no</Id></other></L><Id>no</Id></R>",
        );
        let rows = answer.unwrap().rows(&["L", "m"], ["Id", "C"]);
        let rows: Vec<_> = rows.iter().map(texts).collect();
        assert_eq!(rows, [[Some("1"), None], [Some(""), Some("a & b")]]);
    }

    #[test]
    fn what_is_none_has_no_rows() {
        for text in ["", "{}", "<S></S>", "text", "<"] {
            assert!(answer(text).is_none(), "{text}");
        }
        assert!(XmlAnswer::within(Bytes::from_static(b"\xff"), "R").is_none());
        let broken = answer("<R><m><Id>1</Id></m><m><Id>2").unwrap();
        assert_eq!(texts(&broken.rows(&["m"], ["Id"])[0]), [Some("1")]);
        assert!(answer("<R/>").unwrap().rows(&["m"], ["Id"]).is_empty());
    }
}
