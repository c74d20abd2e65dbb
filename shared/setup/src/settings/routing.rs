//! How requests are routed in spaces whose settings do not say.

use clap::{Args, ValueEnum};
use domain::configuration::SpaceDefaults;
use domain::resource::{PathMode, Unmatched};

use super::filters::FilterSettings;

/// How requests are routed in spaces whose settings do not say.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Routing")]
pub struct RoutingSettings {
    /// Which paths of a space may stand side by side: strict refuses literal segments beside a parameter or a wildcard,
    /// specific takes them, and the most specific path wins. Strict, but for spaces that are new in hosted mode.
    #[arg(
        long = "paths",
        env = "EVENT_GATEWAY_PATHS",
        hide_possible_values = true,
        value_name = "strict|specific"
    )]
    pub paths: Option<PathsSetting>,
    /// Status of the answer to requests that reach no subscription; with 404 those on a path that is known with other
    /// methods are answered 405.
    #[arg(
        long = "unmatched",
        env = "EVENT_GATEWAY_UNMATCHED",
        hide_possible_values = true,
        default_value = "202",
        value_name = "202|404"
    )]
    pub unmatched: UnmatchedSetting,
    /// How large filters may be.
    #[command(flatten)]
    pub filters: FilterSettings,
}

/// Which paths of a space may stand side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PathsSetting {
    /// At one place literals, or a parameter, or a wildcard.
    Strict,
    /// All of them.
    Specific,
}

/// Status of the answer to requests that reach no subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UnmatchedSetting {
    /// As that of requests that are taken.
    #[value(name = "202")]
    Accepted,
    /// Not found.
    #[value(name = "404")]
    NotFound,
}

impl From<PathsSetting> for PathMode {
    fn from(setting: PathsSetting) -> Self {
        match setting {
            PathsSetting::Strict => Self::Strict,
            PathsSetting::Specific => Self::Specific,
        }
    }
}

impl RoutingSettings {
    /// Which paths may stand side by side in a space that begins with its settings, where these do not say. In hosted mode
    /// whoever makes a space has no service of before in it.
    pub(crate) fn paths_of_new_spaces(&self, is_hosted: bool) -> Option<PathMode> {
        (is_hosted && self.paths.is_none()).then_some(PathMode::Specific)
    }

    /// What holds in a space whose settings do not say.
    pub(crate) fn defaults(&self) -> SpaceDefaults {
        SpaceDefaults {
            paths: self.paths.unwrap_or(PathsSetting::Strict).into(),
            unmatched: match self.unmatched {
                UnmatchedSetting::Accepted => Unmatched::Accepted,
                UnmatchedSetting::NotFound => Unmatched::NotFound,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    #[test]
    fn hosted_spaces_begin_with_specific_paths_unless_the_operator_says_otherwise() {
        let of = |flags: &[&str]| {
            let settings = Settings::try_from_args(["event-gateway"].iter().chain(flags).copied());
            let routing = settings.unwrap().routing;
            (
                routing.defaults().paths,
                routing.paths_of_new_spaces(true),
                routing.paths_of_new_spaces(false),
            )
        };
        assert_eq!(of(&[]), (PathMode::Strict, Some(PathMode::Specific), None));
        assert_eq!(of(&["--paths=strict"]), (PathMode::Strict, None, None));
        assert_eq!(of(&["--paths=specific"]), (PathMode::Specific, None, None));
    }
}
