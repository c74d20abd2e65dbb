//! The partitions of AWS, each with names of its own for its endpoints.

/// A part of AWS that shares nothing with the others.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    pub(crate) name: &'static str,
    /// What the names of its regions begin with.
    regions: &'static str,
    /// What the names of endpoints end in.
    pub(crate) suffix: &'static str,
    /// What the names of endpoints end in that have addresses of IPv6 as well.
    pub(crate) dual_stack_suffix: &'static str,
}

/// The partition of all regions that no other one has.
const REST: Partition = Partition {
    name: "aws",
    regions: "",
    suffix: "amazonaws.com",
    dual_stack_suffix: "api.aws",
};

const OTHERS: [Partition; 7] = [
    Partition {
        name: "aws-cn",
        regions: "cn-",
        suffix: "amazonaws.com.cn",
        dual_stack_suffix: "api.amazonwebservices.com.cn",
    },
    Partition {
        name: "aws-eusc",
        regions: "eusc-",
        suffix: "amazonaws.eu",
        dual_stack_suffix: "api.amazonwebservices.eu",
    },
    Partition {
        name: "aws-iso",
        regions: "us-iso-",
        suffix: "c2s.ic.gov",
        dual_stack_suffix: "api.aws.ic.gov",
    },
    Partition {
        name: "aws-iso-b",
        regions: "us-isob-",
        suffix: "sc2s.sgov.gov",
        dual_stack_suffix: "api.aws.scloud",
    },
    Partition {
        name: "aws-iso-e",
        regions: "eu-isoe-",
        suffix: "cloud.adc-e.uk",
        dual_stack_suffix: "api.cloud-aws.adc-e.uk",
    },
    Partition {
        name: "aws-iso-f",
        regions: "us-isof-",
        suffix: "csp.hci.ic.gov",
        dual_stack_suffix: "api.aws.hci.ic.gov",
    },
    Partition {
        name: "aws-us-gov",
        regions: "us-gov-",
        suffix: "amazonaws.com",
        dual_stack_suffix: "api.aws",
    },
];

impl Partition {
    /// The partition that a region is in.
    pub(crate) fn of(region: &str) -> &'static Self {
        let other = OTHERS.iter().find(|other| region.starts_with(other.regions));
        other.unwrap_or(&REST)
    }
}
