//! One run of a case: its own space, paths and functions, step by step.

mod exchange;
mod removal;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    time::Duration,
};

use serde_json::{Map, Value};

use super::{
    calls::CallCheck,
    case::{Case, NumberedStep},
    matching::excerpt,
    placeholders::Environment,
    report::CaseFailure,
    step::Step,
};
use crate::{
    client::{Api, Host, Request},
    target::{FunctionKey, RecordingTarget},
};

/// How long an answer may take unless the step says otherwise.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What went wrong in a step.
type Differences = Vec<String>;

/// Runs a case on a host and removes what it left behind.
///
/// `host_name` tells runs of one case apart, in reports and in the names of what they create.
pub async fn run_case(
    case: &Case,
    host: &Host,
    host_name: &'static str,
    target: &RecordingTarget,
    closed_port: u16,
) -> Result<(), CaseFailure> {
    let token = format!("{}-{host_name}", case.id)
        .to_lowercase()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "");
    let environment = Environment::new(&token, &target.base_url(&token), closed_port);
    let mut run = Run {
        host,
        target,
        environment,
        spaces: BTreeSet::new(),
        token,
    };
    let mut outcome = Ok(());
    for step in case.steps() {
        outcome = run
            .make(&step)
            .await
            .map_err(|differences| (describe(&step), differences));
        if outcome.is_err() {
            break;
        }
    }
    // Whatever happened before.
    let removed = run
        .remove_all()
        .await
        .map_err(|differences| ("removal of what the case created".to_owned(), differences));
    outcome.and(removed).map_err(|(step, differences)| CaseFailure {
        id: case.id.clone(),
        title: case.title.clone(),
        host: host_name,
        step,
        differences,
    })
}

struct Run<'a> {
    host: &'a Host,
    target: &'a RecordingTarget,
    environment: Environment,
    token: String,
    /// Spaces of the run that it wrote to.
    spaces: BTreeSet<String>,
}

impl Run<'_> {
    async fn make(&mut self, written: &NumberedStep) -> Result<(), Differences> {
        let expanded = self
            .environment
            .expand(&Value::Object(written.members.clone()))
            .map_err(|e| fault(&e))?;
        let members = expanded.as_object().cloned().unwrap_or_default();
        let step = Step::from_members(members).map_err(|e| fault(&e))?;
        self.create(&step).await?;
        for (name, reply) in &step.reply {
            self.target.set_reply(self.function(name), reply.clone());
        }
        if let Some(seconds) = step.wait {
            tokio::time::sleep(Duration::try_from_secs_f64(seconds).map_err(|e| fault(&e))?).await;
        }
        let before: BTreeMap<_, _> = step
            .calls
            .keys()
            .map(|name| (name.clone(), self.target.count(&self.function(name))))
            .collect();
        self.exchange(&step).await?;
        let check = CallCheck {
            target: self.target,
            token: &self.token,
            before: &before,
            patience: self.host.patience(),
        };
        for (name, value) in check.check(&step.calls).await? {
            self.environment.save(&name, value);
        }
        if step.metrics.is_empty() {
            Ok(())
        } else {
            self.poll_metrics(&step.metrics).await
        }
    }

    async fn create(&mut self, step: &Step) -> Result<(), Differences> {
        let space = match &step.r#in {
            Some(other) => format!("{}-{other}", self.environment.space),
            None => self.environment.space.clone(),
        };
        for (name, reply) in step.creation.replies() {
            self.target.set_reply(self.function(name), reply.clone());
        }
        for resource in step
            .creation
            .resources(&self.environment.path_prefix, &self.target.base_url(&self.token))
        {
            self.spaces.insert(space.clone());
            let request = Request {
                method: "POST".to_owned(),
                target: format!("/v1/spaces/{space}/{}", resource.collection),
                headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
                body: Some(resource.body.to_string().into_bytes()),
                chunked: false,
            };
            let answer = self
                .host
                .send(Api::Config, &request, TIMEOUT)
                .await
                .map_err(|e| fault(&e))?;
            if answer.status != 201 {
                let got = format!("{} {}", answer.status, excerpt(&answer.text()));
                return Err(vec![format!(
                    "creating {} {} gave {got}",
                    resource.collection, resource.body
                )]);
            }
        }
        Ok(())
    }

    fn function(&self, name: &str) -> FunctionKey {
        FunctionKey {
            token: self.token.clone(),
            name: name.to_owned(),
        }
    }
}

fn no_differences(differences: Differences) -> Result<(), Differences> {
    if differences.is_empty() {
        Ok(())
    } else {
        Err(differences)
    }
}

/// An error with all its causes in one line.
fn fault(error: &dyn std::error::Error) -> Differences {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let _written = write!(text, ": {source}");
        cause = source.source();
    }
    vec![text]
}

fn describe(step: &NumberedStep) -> String {
    let members: &Map<String, Value> = &step.members;
    let request = ["cfg", "evt", "wire"]
        .into_iter()
        .find_map(|key| members.get(key)?.as_str());
    let what = request.map_or_else(
        || excerpt(&Value::Object(members.clone()).to_string()),
        str::to_owned,
    );
    format!("step {}: {what}", step.number)
}

#[cfg(test)]
mod tests;
