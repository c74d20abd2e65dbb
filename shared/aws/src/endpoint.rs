//! Where a service is: at the endpoint that is set, or at that of the region by the rules of the SDKs.

use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

use crate::partition::Partition;
use crate::service::Service;
use crate::unusable::Unusable;

/// Most characters between two dots of a host name.
const MOST_OF_A_LABEL: usize = 63;

/// The URL of a service.
pub(crate) fn of(service: Service, aws: &SdkConfig) -> Result<String, Unusable> {
    let region = aws.region().ok_or(Unusable::NoRegion)?.as_ref();
    if !region.split('.').all(is_label) {
        return Err(Unusable::Region);
    }
    let variant = Variant {
        fips: aws.use_fips().unwrap_or_default(),
        dual_stack: aws.use_dual_stack().unwrap_or_default(),
    };
    match custom(service, aws) {
        Some(_) if variant.fips => Err(Unusable::FipsAtCustomEndpoint),
        Some(_) if variant.dual_stack => Err(Unusable::DualStackAtCustomEndpoint),
        Some(url) => Ok(url),
        None => Ok(variant.of_region(service, region)),
    }
}

/// The endpoint that is set: by the program, for this service alone, or for all.
fn custom(service: Service, aws: &SdkConfig) -> Option<String> {
    let of_all = aws.endpoint_url().map(str::to_owned);
    if aws.get_origin("endpoint_url").is_client_config() {
        return of_all;
    }
    let key = ServiceConfigKey::builder()
        .service_id(service.id())
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build()
        .ok()?;
    let of_service = aws.service_config().and_then(|config| config.load_config(key));
    of_service.or(of_all)
}

fn is_label(text: &str) -> bool {
    (1..=MOST_OF_A_LABEL).contains(&text.len())
        && !text.starts_with('-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Which of the endpoints of a region is asked for.
#[derive(Debug, Clone, Copy)]
struct Variant {
    fips: bool,
    dual_stack: bool,
}

impl Variant {
    fn of_region(self, service: Service, region: &str) -> String {
        let partition = Partition::of(region);
        let host = service.host();
        let fips = if self.has_fips_name(service, partition.name, region) {
            "-fips"
        } else {
            ""
        };
        let suffix = if self.dual_stack && has_dual_stack_name(service, partition.name, self.fips) {
            partition.dual_stack_suffix
        } else {
            partition.suffix
        };
        format!("https://{host}{fips}.{region}.{suffix}")
    }

    /// Whether the endpoint says that it is one for FIPS. In the partition of the US government the usual ones are, for
    /// some services.
    fn has_fips_name(self, service: Service, partition: &str, region: &str) -> bool {
        let is_government = partition == "aws-us-gov";
        match service {
            Service::StepFunctions if is_government && self.dual_stack => true,
            Service::StepFunctions if region == "us-gov-west-1" => false,
            Service::EventBridge if is_government => false,
            Service::Kinesis | Service::ParameterStore | Service::Sns
                if is_government && !self.dual_stack =>
            {
                false
            }
            _ => self.fips,
        }
    }
}

/// Whether the endpoint for dual stack has a name of its own.
fn has_dual_stack_name(service: Service, partition: &str, fips: bool) -> bool {
    match (service, partition) {
        (Service::SecretsManager, "aws" | "aws-us-gov") => false,
        (Service::SecretsManager, "aws-cn") => fips,
        _ => true,
    }
}

#[cfg(test)]
mod tests;
