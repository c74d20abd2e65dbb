//! Plans: what spaces may have and do.

use std::fs;

use clap::Args;
use domain::quota::{PlansError, QuotaPlans};

/// Plans of spaces.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Plans")]
pub struct PlanSettings {
    /// Plans that spaces can be on, as JSON: a file, or the text itself.
    #[arg(long = "plans", env = "EVENT_GATEWAY_PLANS", value_parser = plans_text, value_name = "FILE|JSON")]
    pub plans: Option<PlansText>,
    /// Plan of spaces whose settings name none; without it these have no quotas but the bounds of the gateway.
    #[arg(
        long = "default-plan",
        env = "EVENT_GATEWAY_DEFAULT_PLAN",
        value_name = "NAME"
    )]
    pub default_plan: Option<String>,
}

/// Plans as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlansText(String);

/// The text of plans. A value that begins as JSON does is no name of a file.
fn plans_text(value: &str) -> Result<PlansText, String> {
    let value = value.trim();
    if value.is_empty() || value.starts_with('{') {
        return Ok(PlansText(value.to_owned()));
    }
    match fs::read_to_string(value) {
        Ok(text) => Ok(PlansText(text)),
        Err(error) => Err(format!("the file cannot be read: {error}")),
    }
}

impl PlanSettings {
    /// The plans, if there are any. They are kept for as long as the process lives.
    pub fn read(&self) -> Result<Option<&'static QuotaPlans>, PlansError> {
        let default = self.default_plan.as_deref().filter(|name| !name.is_empty());
        let text = self.plans.as_ref().map_or("", |PlansText(text)| text);
        if !text.is_empty() {
            let plans = QuotaPlans::read(text, default)?;
            return Ok(Some(Box::leak(Box::new(plans))));
        }
        match default {
            Some(default) => Err(PlansError::NoDefault(default.to_owned())),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_are_a_file_or_a_text() {
        let json = r#"{"free":{"functions":1}}"#;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("plans.json");
        fs::write(&file, json).unwrap();
        for value in [json, file.to_str().unwrap(), &format!(" {json}")] {
            let settings = PlanSettings {
                plans: Some(plans_text(value).unwrap()),
                default_plan: Some("free".to_owned()),
            };
            assert!(settings.read().unwrap().unwrap().has("free"));
        }
        assert!(plans_text(folder.path().join("none").to_str().unwrap()).is_err());
    }

    #[test]
    fn what_is_left_out_or_empty_is_none() {
        let read = |plans: Option<&str>, default: Option<&str>| {
            let settings = PlanSettings {
                plans: plans.map(|text| plans_text(text).unwrap()),
                default_plan: default.map(str::to_owned),
            };
            settings.read().map_err(|error| error.to_string())
        };
        assert_eq!(read(None, None), Ok(None));
        // As a template sets what is not used.
        assert_eq!(read(Some(""), Some("")), Ok(None));
        assert!(read(None, Some("free")).unwrap_err().contains("no plan \"free\""));
        assert!(read(Some("{}"), Some("free")).is_err());
        assert!(read(Some("{"), None).is_err());
    }
}
