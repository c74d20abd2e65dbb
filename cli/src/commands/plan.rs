//! What an apply changes, as the gateway answers it, and as people read it.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;

use crate::console::visible;

/// How much of a value is shown, in characters.
const MAX_VALUE: usize = 120;

/// A plan.
#[derive(Debug, Deserialize)]
pub(crate) struct Plan {
    /// The version of the configuration that it is for.
    pub(crate) version: Option<String>,
    #[serde(default)]
    actions: Vec<Action>,
}

#[derive(Debug, Deserialize)]
struct Action {
    #[serde(rename = "action")]
    verb: String,
    kind: String,
    id: String,
    from: Option<String>,
    #[serde(default)]
    changes: Vec<Change>,
}

#[derive(Debug, Deserialize)]
struct Change {
    field: String,
    from: Option<Value>,
    to: Option<Value>,
}

impl Plan {
    /// Whether it changes anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.actions.iter().all(|action| action.verb == "unchanged")
    }

    /// How many resources it deletes.
    pub(crate) fn deletions(&self) -> usize {
        self.count("delete")
    }

    /// Its changes, a line for each, and how many there are.
    pub(crate) fn described(&self) -> String {
        let mut text = String::new();
        for action in self.actions.iter().filter(|action| action.verb != "unchanged") {
            action.describe(&mut text);
        }
        text + &self.summary()
    }

    /// How many changes of each kind there are.
    pub(crate) fn summary(&self) -> String {
        let counted =
            ["create", "update", "rename", "delete", "unchanged"].map(|action| (action, self.count(action)));
        let counted = counted.iter().filter(|(_, count)| *count > 0);
        let parts: Vec<_> = counted
            .map(|(action, count)| format!("{count} {action}"))
            .collect();
        if parts.is_empty() {
            "nothing to do".to_owned()
        } else {
            parts.join(", ")
        }
    }

    fn count(&self, wanted: &str) -> usize {
        self.actions.iter().filter(|action| action.verb == wanted).count()
    }
}

impl Action {
    fn describe(&self, text: &mut String) {
        let sign = match self.verb.as_str() {
            "create" => '+',
            "delete" => '-',
            "rename" => '>',
            _ => '~',
        };
        let _ = write!(text, "{sign} {} {}", visible(&self.kind), visible(&self.id));
        if let Some(from) = &self.from {
            let _ = write!(text, " (was {})", visible(from));
        }
        text.push('\n');
        for change in &self.changes {
            let (from, to) = (shown(change.from.as_ref()), shown(change.to.as_ref()));
            let _ = writeln!(text, "    {}: {from} -> {to}", visible(&change.field));
        }
    }
}

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else {
        return "nothing".to_owned();
    };
    let json = value.to_string();
    match json.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", visible(&json[..end])),
        None => visible(&json),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_a_line_for_each_change() {
        let plan: Plan = serde_json::from_str(
            r#"{"version":"v","applied":false,"steps":1,"actions":[
                {"action":"create","kind":"function","id":"a","changes":[]},
                {"action":"unchanged","kind":"function","id":"same"},
                {"action":"update","kind":"function","id":"b","changes":[{"field":"provider.url","from":"http://x","to":"http://y"}]},
                {"action":"rename","kind":"function","id":"d","from":"c","changes":[{"field":"metadata","to":{"n":1}}]},
                {"action":"delete","kind":"cors","id":"GET%2F"}]}"#,
        )
        .unwrap();
        assert_eq!(
            plan.described(),
            "+ function a\n~ function b\n    provider.url: \"http://x\" -> \"http://y\"\n> function d (was c)\n    metadata: \
             nothing -> {\"n\":1}\n- cors GET%2F\n1 create, 1 update, 1 rename, 1 delete, 1 unchanged"
        );
        assert!(!plan.is_empty());
        assert_eq!((plan.deletions(), plan.version.as_deref()), (1, Some("v")));
    }

    #[test]
    fn a_plan_of_nothing_is_empty() {
        let plan: Plan =
            serde_json::from_str(r#"{"actions":[{"action":"unchanged","kind":"cors","id":"x"}]}"#).unwrap();
        assert!(plan.is_empty());
        let none: Plan = serde_json::from_str("{}").unwrap();
        assert_eq!(none.summary(), "nothing to do");
    }
}
