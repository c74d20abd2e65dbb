//! What calls of functions are bounded by.

use gateway::{OwnConfigApi, ReportKeys};
use targets::{BytesInFlight, SecretSettings, TargetSettings, TargetSettingsError};

use crate::settings::{FunctionSecretSettings, Settings};

/// What they are bounded by, with this budget for their answers.
pub(super) fn target_settings(
    settings: &Settings,
    own_config_api: &OwnConfigApi,
    in_flight: BytesInFlight,
) -> TargetSettings {
    TargetSettings {
        timeout: settings.functions.function_timeout,
        max_response_bytes: settings.functions.max_response_bytes,
        in_flight,
        stream_idle_timeout: settings.functions.stream_idle_timeout,
        stream_timeout: settings.functions.stream_timeout,
        aws_endpoint_url: settings.functions.aws_endpoint_url.clone(),
        google_metadata_host: settings.functions.google_metadata_host.clone(),
        google_endpoint_url: settings.functions.google_endpoint_url.clone(),
        http2: settings.speaks_http2(),
        guard: settings.network_guard(),
        own_config_api: own_config_api.clone(),
        lends_identity: settings.lends_identity(),
        secrets: SecretSettings {
            places: settings.secret_places(),
            directory: settings.secrets.directory.clone(),
            environment: FunctionSecretSettings::environment(),
            cache_time: settings.secrets.cache_time,
        },
        response_default: settings.functions.response_default.mode(),
        key_sets: settings.jwt.key_sets(),
        lookups: settings.lookups.limits(),
    }
}

/// The keys that reports of leaked keys are signed with, if any are taken. Nothing is fetched yet.
pub(super) fn report_keys(
    settings: &Settings,
    own_config_api: &OwnConfigApi,
) -> Result<Option<ReportKeys>, TargetSettingsError> {
    // A template sets what is not used to nothing.
    let url = settings.access.leak_report_keys_url.as_deref();
    let url = url.filter(|url| !url.is_empty());
    let keys = url.map(|url| {
        let calls = target_settings(settings, own_config_api, BytesInFlight::default());
        ReportKeys::new(calls, url)
    });
    keys.transpose()
}
