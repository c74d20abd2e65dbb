//! Goes through a request body and what is known of it side by side.

use serde_json::value::RawValue;

use super::found::{Misspelt, UnknownMembers};
use super::known::{self, Form, Known, Member};
use super::near_miss::meant;
use super::shown::shown;
use crate::json::{Object, elements, kind as json_kind, string};
use crate::resource::{CREATED_AT, DERIVED_MEMBERS, Kind};

/// Most members that are named; of further ones only their number is told.
const MOST_NAMED: usize = 8;

/// Most members that are compared with the known ones: what a stranger sends must not decide how long that takes.
const MOST_COMPARED: usize = 64;

/// Members that the wire contract knows and takes in any letter case (docs/contract.md J2). The contract is closed, and so
/// is this list: whatever came later is taken as it is written only.
const IN_ANY_CASE: [&str; 27] = [
    "space",
    "name",
    "authorizerId",
    "metadata",
    "functionId",
    "type",
    "provider",
    "subscriptionId",
    "eventType",
    "path",
    "method",
    "corsId",
    "allowedOrigins",
    "allowedMethods",
    "allowedHeaders",
    "allowCredentials",
    "url",
    "arn",
    "region",
    "awsAccessKeyId",
    "awsSecretAccessKey",
    "awsSessionToken",
    "streamName",
    "deliveryStreamName",
    "queueUrl",
    // Of 0.6 (docs/contract.md §7.6).
    "weighted",
    "weight",
];

/// What clients of 2017 send and are answered besides (docs/contract.md §7.5, §7.6).
const OF_2017: [&str; 3] = ["event", "cors", "provider.type"];

impl UnknownMembers {
    /// Those of a request body. What is no JSON object has none. `is_legacy` says whether clients of 2017 are understood,
    /// whose members are known then.
    pub fn of(kind: Kind, body: &[u8], is_legacy: bool) -> Self {
        let mut search = Search::new(is_legacy, false);
        if let Ok(object) = Object::from_first_value(body) {
            search.object(&object, None, &[known::of(kind)]);
        }
        search.found
    }

    /// Those of a merge patch (RFC 7396), in which `null` says something as well. `whole` is the resource that it makes, in
    /// which stand the types that it leaves as they are; without it a member may be one of any type. Clients of 2017 send
    /// no patches.
    pub fn of_patch(kind: Kind, patch: &[u8], whole: Option<&[u8]>) -> Self {
        let mut search = Search::new(false, true);
        let whole = whole.and_then(|whole| Object::from_first_value(whole).ok());
        if let Ok(object) = Object::from_first_value(patch) {
            search.object(&object, whole.as_ref(), &[known::of(kind)]);
        }
        search.found
    }
}

struct Search {
    is_legacy: bool,
    /// Whether `null` is more than the lack of a member.
    is_patch: bool,
    compared: usize,
    /// Where the search is: empty, or ending in a dot.
    path: String,
    found: UnknownMembers,
}

impl Search {
    fn new(is_legacy: bool, is_patch: bool) -> Self {
        Self {
            is_legacy,
            is_patch,
            compared: 0,
            path: String::new(),
            found: UnknownMembers::default(),
        }
    }

    /// `whole` is what a patch makes of the value.
    fn value(&mut self, value: &RawValue, whole: Option<&RawValue>, known: &[&Known]) {
        match json_kind(value) {
            "object" if known.iter().any(|known| !known.forms.is_empty()) => {
                if let Ok(object) = Object::from_raw(value, "") {
                    let whole = whole.and_then(|whole| Object::from_raw(whole, "").ok());
                    self.object(&object, whole.as_ref(), known);
                }
            }
            "array" => {
                let of_elements: Vec<_> = known
                    .iter()
                    .filter_map(|known| known.elements.as_deref())
                    .collect();
                // Elements of which nothing is known need not be read.
                let is_known = |known: &&Known| !known.forms.is_empty() || known.elements.is_some();
                if !of_elements.iter().any(is_known) {
                    return;
                }
                let Ok(all) = elements(value.get().as_bytes()) else {
                    return;
                };
                for (at, element) in all.into_iter().enumerate() {
                    let outer = self.path.len();
                    self.path.truncate(outer.saturating_sub(1));
                    self.path.extend(["[", &at.to_string(), "]."]);
                    self.value(element, None, &of_elements);
                    self.leave(outer);
                }
            }
            _ => {}
        }
    }

    fn leave(&mut self, outer: usize) {
        // What was cut off the end was a dot.
        self.path.truncate(outer.saturating_sub(1));
        if outer > 0 {
            self.path.push('.');
        }
    }

    fn object(&mut self, object: &Object<'_>, whole: Option<&Object<'_>>, known: &[&Known]) {
        let forms = forms_of(whole.unwrap_or(object), known);
        for (name, value) in object.members() {
            // What is null is absent (docs/contract.md J4).
            if json_kind(value) == "null" && !self.is_patch {
                continue;
            }
            let key = name.to_ascii_lowercase();
            let members: Vec<&Member> = forms
                .iter()
                .filter_map(|form| form.members.get(&key))
                .filter(|member| member.name == name || IN_ANY_CASE.contains(&member.name.as_str()))
                .collect();
            let below: Vec<&Known> = if members.is_empty() {
                forms.iter().filter_map(|form| form.free.as_deref()).collect()
            } else {
                members.iter().map(|member| &member.known).collect()
            };
            if members.is_empty() && below.is_empty() {
                self.unknown(name, &forms);
                continue;
            }
            let is_opaque = |known: &&Known| known.forms.is_empty() && known.elements.is_none();
            if below.iter().all(is_opaque) {
                continue;
            }
            let outer = self.path.len();
            match members.first() {
                Some(member) => self.path.push_str(&member.name),
                None => self.path.push_str(&shown(name)),
            }
            self.path.push('.');
            self.value(value, whole.and_then(|whole| whole.get(name)), &below);
            self.path.truncate(outer);
        }
    }

    fn unknown(&mut self, name: &str, forms: &[&Form]) {
        let found = &mut self.found;
        self.compared += 1;
        // What was exported with it can be sent back.
        if self.path.is_empty() && name == CREATED_AT {
            return;
        }
        let given = || format!("{}{}", self.path, shown(name));
        if self.is_legacy && OF_2017.contains(&given().as_str()) {
            return;
        }
        let names = forms.iter().flat_map(|form| form.members.values());
        let names = names.map(|member| member.name.as_str());
        // Nobody who sends something like what is derived loses anything by it.
        let names = names.filter(|name| !DERIVED_MEMBERS.contains(name));
        let meant = (self.compared <= MOST_COMPARED)
            .then(|| meant(name, names))
            .flatten();
        match meant {
            Some(meant) if found.misspelt.len() < MOST_NAMED => found.misspelt.push(Misspelt {
                given: given(),
                meant: format!("{}{meant}", self.path),
            }),
            None if found.others.len() < MOST_NAMED => found.others.push(given()),
            _ => found.unnamed += 1,
        }
    }
}

/// The forms that an object can have by the constants in it; all of them where that leaves none.
fn forms_of<'k>(object: &Object<'_>, known: &[&'k Known]) -> Vec<&'k Form> {
    let all: Vec<&Form> = known.iter().flat_map(|known| &known.forms).collect();
    let constants = |form: &Form| {
        let mut constants = form
            .members
            .values()
            .filter_map(|member| Some((&member.name, member.constant.as_ref()?)));
        constants.all(|(name, constant)| {
            let given = object.get(name).and_then(|raw| string(raw, "").ok());
            given.as_deref() == Some(constant.as_str())
        })
    };
    if all.len() < 2 {
        return all;
    }
    let fitting: Vec<&Form> = all.iter().copied().filter(|form| constants(form)).collect();
    if fitting.is_empty() { all } else { fitting }
}
