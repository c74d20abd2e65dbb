//! Which hosts are those of Amazon SQS. A queue's URL says where its requests go, so that with the guard on it must not
//! lead elsewhere. The guard's rule for addresses would be the wrong one: within a VPC the names of SQS have private
//! addresses.

use std::net::IpAddr;

use url::{Host, Url};

use crate::network_guard::{AddressRefused, NetworkGuard};

/// What the names of regional endpoints end in, in all partitions of AWS.
const ENDPOINT_SUFFIXES: [&str; 14] = [
    ".amazonaws.com",
    ".api.aws",
    ".amazonaws.com.cn",
    ".api.amazonwebservices.com.cn",
    ".amazonaws.eu",
    ".api.amazonwebservices.eu",
    ".c2s.ic.gov",
    ".api.aws.ic.gov",
    ".sc2s.sgov.gov",
    ".api.aws.scloud",
    ".cloud.adc-e.uk",
    ".api.cloud-aws.adc-e.uk",
    ".csp.hci.ic.gov",
    ".api.aws.hci.ic.gov",
];

/// Fails unless a queue's URL leads to SQS over https, or to a host that the guard's list has.
pub(super) fn check(queue_url: &str, guard: &NetworkGuard) -> Result<(), AddressRefused> {
    // What cannot be parsed is not connected to: such a queue is asked for at the region's own endpoint.
    let Ok(url) = Url::parse(queue_url) else {
        return Ok(());
    };
    let is_allowed = match url.host() {
        Some(Host::Domain(name)) => (url.scheme() == "https" && is_sqs(name)) || guard.lists_name(name),
        Some(Host::Ipv4(address)) => guard.lists(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => guard.lists(IpAddr::V6(address)),
        None => !matches!(url.scheme(), "http" | "https"),
    };
    is_allowed.then_some(()).ok_or(AddressRefused)
}

/// Whether a name, in lower case, is one that AWS gave to SQS. Those of VPC endpoints are not: who owns them is not
/// to be seen.
fn is_sqs(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    // The first region's name of old.
    if name == "queue.amazonaws.com" {
        return true;
    }
    let own = ENDPOINT_SUFFIXES
        .iter()
        .filter_map(|suffix| name.strip_suffix(suffix))
        .find_map(|own| own.split_once('.'));
    match own {
        Some(("sqs" | "sqs-fips", region) | (region, "queue")) => is_region(region),
        _ => false,
    }
}

/// Whether a text has the form of a region, as `eu-west-1`.
fn is_region(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric());
    text.contains('-') && text.split('-').all(is_part) && text.ends_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(allowed: &[&str]) -> NetworkGuard {
        NetworkGuard::new(allowed.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[test]
    fn queues_of_sqs_are_allowed() {
        for url in [
            "https://sqs.us-east-1.amazonaws.com/123456789012/q",
            "https://SQS.eu-west-1.amazonaws.com/123456789012/q",
            "https://sqs-fips.us-gov-west-1.amazonaws.com/123456789012/q",
            "https://sqs.eu-central-1.api.aws/123456789012/q",
            "https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q",
            "https://sqs.eusc-de-east-1.amazonaws.eu/123456789012/q",
            "https://sqs.us-iso-east-1.c2s.ic.gov/123456789012/q",
            "https://eu-west-1.queue.amazonaws.com/123456789012/q",
            "https://queue.amazonaws.com/123456789012/q",
            "https://sqs.us-east-1.amazonaws.com./123456789012/q",
            // Not a URL, or none that anything is connected to by.
            "q",
            "arn:aws:sqs:eu-west-1:123456789012:q",
        ] {
            assert_eq!(check(url, &guard(&[])), Ok(()), "{url}");
        }
    }

    #[test]
    fn other_hosts_are_not() {
        for url in [
            "http://sqs.us-east-1.amazonaws.com/1/q",
            "https://sqs.us-east-1.amazonaws.com.evil.example/1/q",
            "https://sqs.us-east-1.amazonaws.com@127.0.0.1/1/q",
            "https://sqs.us-east-1.evilamazonaws.com/1/q",
            "https://sqs.example.amazonaws.com/1/q",
            "https://sqs.a.us-east-1.amazonaws.com/1/q",
            "https://sqs.s3.amazonaws.com/1/q",
            "https://bucket.s3.us-east-1.amazonaws.com/1/q",
            "https://vpce-0a1b.sqs.us-east-1.vpce.amazonaws.com/1/q",
            "https://ec2-10-0-0-1.us-east-2.compute.amazonaws.com/1/q",
            "https://amazonaws.com/1/q",
            "https://sqs.us-east-1.amazonaws.com../1/q",
            "https://sqs/1/q",
            "http://169.254.169.254/latest/meta-data",
            "http://localhost:9324/1/q",
            "http://2130706433/1/q",
            "https://[::1]/1/q",
            // Public, but not of SQS.
            "https://8.8.8.8/1/q",
            "https://example.com/1/q",
        ] {
            assert_eq!(check(url, &guard(&[])), Err(AddressRefused), "{url}");
        }
    }

    #[test]
    fn the_list_has_its_say() {
        let guard = guard(&["127.0.0.0/8", "localhost", "*.sqs.us-east-1.vpce.amazonaws.com"]);
        for (url, want) in [
            ("http://localhost:9324/1/q", Ok(())),
            ("http://127.1:9324/1/q", Ok(())),
            ("https://vpce-0a1b.sqs.us-east-1.vpce.amazonaws.com/1/q", Ok(())),
            ("http://10.0.0.1/1/q", Err(AddressRefused)),
            ("http://localhost.evil.example/1/q", Err(AddressRefused)),
        ] {
            assert_eq!(check(url, &guard), want, "{url}");
        }
    }
}
