//! Endpoints of regions, and those that are set.

use aws_types::origin::Origin;
use aws_types::region::Region;
use aws_types::service_config::LoadServiceConfig;

use super::*;

fn region(name: &'static str) -> aws_types::sdk_config::Builder {
    SdkConfig::builder().region(Region::new(name))
}

/// Regions with what else is asked for, and the hosts that are there by the rules of the SDKs.
#[test]
fn endpoints_of_regions() {
    use Service::{EventBridge, Firehose, Kinesis, Kms, ParameterStore, SecretsManager, Sns, StepFunctions};
    for (service, row) in [
        (EventBridge, "eu-west-1: events.eu-west-1.amazonaws.com"),
        (EventBridge, "eu-west-1 fips dual: events-fips.eu-west-1.api.aws"),
        (
            EventBridge,
            "us-gov-west-1 fips: events.us-gov-west-1.amazonaws.com",
        ),
        (
            EventBridge,
            "us-gov-west-1 fips dual: events.us-gov-west-1.api.aws",
        ),
        (
            Firehose,
            "us-gov-east-1 fips: firehose-fips.us-gov-east-1.amazonaws.com",
        ),
        (Firehose, "us-isob-east-1: firehose.us-isob-east-1.sc2s.sgov.gov"),
        (Kinesis, "us-gov-west-1 fips: kinesis.us-gov-west-1.amazonaws.com"),
        (
            Kinesis,
            "us-gov-west-1 fips dual: kinesis-fips.us-gov-west-1.api.aws",
        ),
        (
            Kinesis,
            "us-iso-east-1 fips: kinesis-fips.us-iso-east-1.c2s.ic.gov",
        ),
        (Kms, "eusc-de-east-1: kms.eusc-de-east-1.amazonaws.eu"),
        (
            Kms,
            "cn-north-1 fips dual: kms-fips.cn-north-1.api.amazonwebservices.com.cn",
        ),
        (Kms, "us-gov-east-1 fips: kms-fips.us-gov-east-1.amazonaws.com"),
        (ParameterStore, "cn-north-1: ssm.cn-north-1.amazonaws.com.cn"),
        (
            ParameterStore,
            "us-gov-east-1 fips: ssm.us-gov-east-1.amazonaws.com",
        ),
        (
            SecretsManager,
            "us-east-1 dual: secretsmanager.us-east-1.amazonaws.com",
        ),
        (
            SecretsManager,
            "us-east-1 fips dual: secretsmanager-fips.us-east-1.amazonaws.com",
        ),
        (
            SecretsManager,
            "cn-north-1 dual: secretsmanager.cn-north-1.amazonaws.com.cn",
        ),
        (
            SecretsManager,
            "cn-north-1 fips dual: secretsmanager-fips.cn-north-1.api.amazonwebservices.com.cn",
        ),
        (Sns, "eu-isoe-west-1: sns.eu-isoe-west-1.cloud.adc-e.uk"),
        (Sns, "us-gov-east-1 fips: sns.us-gov-east-1.amazonaws.com"),
        (Sns, "us-gov-east-1 fips dual: sns-fips.us-gov-east-1.api.aws"),
        (Sns, "us-east-1 dual: sns.us-east-1.api.aws"),
        (
            StepFunctions,
            "us-isof-south-1 fips: states-fips.us-isof-south-1.csp.hci.ic.gov",
        ),
        (
            StepFunctions,
            "us-gov-west-1 fips: states.us-gov-west-1.amazonaws.com",
        ),
        (
            StepFunctions,
            "us-gov-east-1 fips: states-fips.us-gov-east-1.amazonaws.com",
        ),
        (
            StepFunctions,
            "us-gov-west-1 dual: states-fips.us-gov-west-1.api.aws",
        ),
        (Sns, "mars-north-1: sns.mars-north-1.amazonaws.com"),
    ] {
        let (asked, host) = row.split_once(": ").unwrap();
        let (name, variant) = asked.split_once(' ').unwrap_or((asked, ""));
        let aws = region(name)
            .use_fips(variant.contains("fips"))
            .use_dual_stack(variant.contains("dual"));
        assert_eq!(of(service, &aws.build()), Ok(format!("https://{host}")));
    }
}

#[test]
fn regions_that_no_host_can_have() {
    for name in ["", "a b", "-a", "a/b", "a..b", "a@b", "\u{e9}"] {
        assert_eq!(
            of(Service::Sns, &region(name).build()),
            Err(Unusable::Region),
            "{name}"
        );
    }
    assert_eq!(
        of(Service::Sns, &SdkConfig::builder().build()),
        Err(Unusable::NoRegion)
    );
}

/// An environment and a profile with an endpoint of SNS.
#[derive(Debug)]
struct OnlySns;

impl LoadServiceConfig for OnlySns {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        assert_eq!((key.env(), key.profile()), ("AWS_ENDPOINT_URL", "endpoint_url"));
        (key.service_id() == "SNS").then(|| "http://sns:1".to_owned())
    }
}

#[test]
fn endpoints_that_are_set() {
    let set = || {
        region("eu-west-1")
            .service_config(OnlySns)
            .endpoint_url("http://all:2")
    };
    assert_eq!(of(Service::Sns, &set().build()).unwrap(), "http://sns:1");
    assert_eq!(of(Service::Kms, &set().build()).unwrap(), "http://all:2");
    assert_eq!(
        of(Service::Sns, &set().use_fips(true).build()),
        Err(Unusable::FipsAtCustomEndpoint)
    );
    assert_eq!(
        of(Service::Sns, &set().use_dual_stack(true).build()),
        Err(Unusable::DualStackAtCustomEndpoint)
    );
    // What the program itself sets is for all services.
    let mut of_program = set();
    of_program.insert_origin("endpoint_url", Origin::shared_config());
    assert_eq!(of(Service::Sns, &of_program.build()).unwrap(), "http://all:2");
}
