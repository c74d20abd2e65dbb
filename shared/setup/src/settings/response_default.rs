//! What answers of functions are taken for that do not say it.

use clap::ValueEnum;
use domain::resource::ResponseMode;

/// The response mode of functions that are registered without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ResponseDefault {
    /// A response object, as ever.
    Object,
    /// A response object if it is one, the answer itself if it is none.
    Auto,
}

impl ResponseDefault {
    /// The mode.
    pub fn mode(self) -> ResponseMode {
        match self {
            Self::Object => ResponseMode::Object,
            Self::Auto => ResponseMode::Auto,
        }
    }
}
