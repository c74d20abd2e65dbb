//! Rules of EventBridge: what `aws events list-rules` and `list-targets-by-rule` say, or a template with them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::import::document::{Function, Imported, Labels, Subscription, is_name};

mod pattern;
mod target;

use pattern::Pattern;
use target::Target;

/// What the files do not say.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Names of event types, by the `detail-type` that they stand for.
    pub(crate) type_names: BTreeMap<String, String>,
    /// ARNs of resources of a template, by their logical ids.
    pub(crate) resources: BTreeMap<String, String>,
}

/// The configuration that does what the rules do. `targets` are those of rules that do not have them in them, by their names.
pub(crate) fn import(
    file: &Value,
    targets: &BTreeMap<String, Value>,
    options: &Options,
) -> Result<Imported, String> {
    let mut imported = Imported::default();
    for (name, rule) in rules(file)? {
        let own = rule["Targets"].as_array();
        let listed = targets.get(&name).and_then(|answer| answer["Targets"].as_array());
        let Some(targets) = own.or(listed) else {
            imported.leave_out(
                format!("rule {name}"),
                format!("its targets are not known: give --targets {name}=FILE"),
            );
            continue;
        };
        match wanted_events(&rule, options) {
            Ok(wanted) => add_targets(&name, &wanted, targets, options, &mut imported),
            Err(reason) => imported.leave_out(format!("rule {name}"), reason),
        }
    }
    Ok(imported)
}

/// The rules by name, whatever file they are in.
fn rules(file: &Value) -> Result<Vec<(String, Value)>, String> {
    if let Some(rules) = file["Rules"].as_array() {
        let named = |(index, rule): (usize, &Value)| {
            let name = rule["Name"]
                .as_str()
                .map_or_else(|| index.to_string(), str::to_owned);
            (name, rule.clone())
        };
        return Ok(rules.iter().enumerate().map(named).collect());
    }
    let resources = file["Resources"].as_object();
    let resources = resources.ok_or("there are neither \"Rules\" nor \"Resources\": give the answer of `aws events list-rules`, or a template")?;
    let rules = resources
        .iter()
        .filter(|(_, resource)| resource["Type"] == "AWS::Events::Rule");
    Ok(rules
        .map(|(name, resource)| (name.clone(), resource["Properties"].clone()))
        .collect())
}

/// The event types and filters that stand for the pattern of a rule.
fn wanted_events(rule: &Value, options: &Options) -> Result<Pattern, String> {
    if rule["State"] == "DISABLED" {
        return Err("it is disabled".to_owned());
    }
    // The API has patterns as text, templates as objects.
    let pattern = match &rule["EventPattern"] {
        Value::String(text) => {
            serde_json::from_str(text).map_err(|err| format!("its pattern is no JSON: {err}"))?
        }
        other => other.clone(),
    };
    if pattern.is_null() {
        return Err(match rule["ScheduleExpression"].as_str() {
            Some(schedule) => format!(
                "it is a schedule ({schedule}): the gateway has no clock, let a scheduler send events"
            ),
            None => "it has no pattern".to_owned(),
        });
    }
    Pattern::of(&pattern, &options.type_names)
}

fn add_targets(name: &str, wanted: &Pattern, targets: &[Value], options: &Options, imported: &mut Imported) {
    let labels = Labels::from([("rule".to_owned(), name.to_owned())]);
    for target in targets {
        let id = target["Id"].as_str().unwrap_or("?");
        let place = format!("rule {name}, target {id}");
        let target = match Target::of(target, &options.resources) {
            Ok(target) => target,
            Err(reason) => {
                imported.leave_out(place, reason);
                continue;
            }
        };
        for reason in &target.left_out {
            imported.leave_out(place.clone(), reason.clone());
        }
        let function_id = function(&target, imported);
        for event_type in &wanted.event_types {
            if is_name(event_type) {
                imported.need_event_type(event_type, &Labels::new());
            }
            imported.document.subscriptions.push(Subscription {
                mode: "async".to_owned(),
                event_type: event_type.clone(),
                function_id: function_id.clone(),
                path: "/".to_owned(),
                method: "POST".to_owned(),
                filters: wanted
                    .filter
                    .iter()
                    .map(|pattern| json!({"pattern": pattern}))
                    .collect(),
                transform: target.transform.clone(),
                retry: target.retry.clone(),
                metadata: labels.clone(),
            });
        }
    }
    if wanted.event_types == ["*"] {
        let reason = "it names no detail-type: it is a subscription to `*`, which gets the types that are registered in the space; register those it is for";
        imported.leave_out(format!("rule {name}"), reason);
    }
}

/// The function that calls the target, which several rules may share. Its id is that of the target in AWS.
fn function(target: &Target, imported: &mut Imported) -> String {
    let functions = &mut imported.document.functions;
    let same = functions
        .iter()
        .find(|known| known.type_name == target.type_name && known.provider == target.provider);
    if let Some(known) = same {
        return known.id.clone();
    }
    let mut id = target.name.clone();
    let mut number = 2;
    while functions.iter().any(|known| known.id == id) {
        id = format!("{}-{number}", target.name);
        number += 1;
    }
    functions.push(Function {
        id: id.clone(),
        type_name: target.type_name,
        provider: target.provider.clone(),
        metadata: Labels::new(),
    });
    id
}

#[cfg(test)]
mod tests;
