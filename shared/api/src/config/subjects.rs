//! All subjects of endpoints, and the endpoint that a path names.

use super::endpoint::{Endpoint, Subject};
use super::{
    apply, asyncapi, audit, catalog, dead_letters, deliveries, erasure, explain, filter_test, keys, pause,
    quotas, schemas, spaces, tenant_spaces, tenants, transforms, usage, waiting, xregistry,
};

/// All there are.
pub(super) static SUBJECTS: [&Subject; 18] = [
    &apply::SUBJECT,
    &audit::SUBJECT,
    &dead_letters::SUBJECT,
    &deliveries::SUBJECT,
    &waiting::SUBJECT,
    &explain::SUBJECT,
    &filter_test::SUBJECT,
    &keys::SUBJECT,
    &pause::SUBJECT,
    &quotas::SUBJECT,
    &schemas::SUBJECT,
    &catalog::SUBJECT,
    &asyncapi::SUBJECT,
    &xregistry::SUBJECT,
    &xregistry::VIEW,
    &spaces::SUBJECT,
    &transforms::SUBJECT,
    &usage::SUBJECT,
];

/// Those of tenants: what a tenant has as a space has it is answered by the same.
pub(super) static OF_TENANTS: [&Subject; 5] = [
    &tenants::SUBJECT,
    &erasure::SUBJECT,
    &tenant_spaces::SUBJECT,
    &keys::SUBJECT,
    &audit::SUBJECT,
];

/// The endpoint that these segments of a path after a space name, and the id among them.
pub(super) fn find<'p>(segments: &[&'p str]) -> Option<(&'static Endpoint, &'p str)> {
    find_in(&SUBJECTS, segments)
}

/// The same for what follows a tenant.
pub(super) fn find_of_tenant<'p>(segments: &[&'p str]) -> Option<(&'static Endpoint, &'p str)> {
    find_in(&OF_TENANTS, segments)
}

fn find_in<'p>(
    subjects: &'static [&'static Subject],
    segments: &[&'p str],
) -> Option<(&'static Endpoint, &'p str)> {
    let all = || subjects.iter().flat_map(|subject| subject.endpoints);
    let named = || all().filter_map(|endpoint| Some((endpoint, endpoint.id(segments)?)));
    // A word of its own stands for no id.
    let literal = named().find(|(endpoint, _)| !endpoint.has_id());
    literal.or_else(|| named().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_and_labels() {
        for (method, path, want) in [
            ("GET", "deadletters", Some(("deadletter", "list"))),
            ("DELETE", "deadletters", Some(("deadletter", "delete"))),
            ("POST", "deadletters", None),
            ("GET", "deadletters/d", Some(("deadletter", "get"))),
            ("DELETE", "deadletters/d", Some(("deadletter", "delete"))),
            ("PUT", "deadletters/d", None),
            ("POST", "deadletters/redrive", Some(("deadletter", "redrive"))),
            ("GET", "deadletters/redrive", None),
            ("GET", "deliveries", Some(("delivery", "list"))),
            ("DELETE", "deliveries", None),
            ("GET", "deliveries/waiting", Some(("delivery", "list"))),
            ("DELETE", "deliveries/waiting", Some(("delivery", "delete"))),
            ("POST", "deliveries/waiting", None),
            ("POST", "explain", Some(("explanation", "get"))),
            ("GET", "explain", None),
            ("POST", "filters/test", Some(("filters", "test"))),
            ("GET", "filters/test", None),
            ("POST", "transforms/test", Some(("transform", "test"))),
            ("GET", "transforms/test", None),
            ("POST", "subscriptions/s/pause", Some(("subscription", "update"))),
            ("POST", "subscriptions/s/resume", Some(("subscription", "update"))),
            ("DELETE", "subscriptions/s/pause", None),
            ("HEAD", "deadletters", None),
            ("GET", "catalog", Some(("catalog", "list"))),
            ("GET", "asyncapi", Some(("asyncapi", "get"))),
            ("GET", "xregistry/export", Some(("xregistry", "get"))),
            ("POST", "xregistry/export", None),
            ("GET", "xregistry", Some(("xregistry", "get"))),
            ("PUT", "xregistry", None),
            (
                "GET",
                "xregistry/schemagroups/s/schemas",
                Some(("xregistry", "list")),
            ),
            (
                "GET",
                "xregistry/schemagroups/s/schemas/t$details",
                Some(("xregistry", "get")),
            ),
            ("DELETE", "xregistry/schemagroups/s/schemas/t", None),
            (
                "GET",
                "xregistry/schemagroups/s/schemas/t/versions/1",
                Some(("xregistry", "get")),
            ),
            ("POST", "schemas/infer", Some(("schema", "infer"))),
            ("GET", "schemas/infer", None),
            ("GET", "schemas/t/versions", Some(("schema", "list"))),
            ("POST", "schemas/t/versions", Some(("schema", "create"))),
            ("GET", "schemas/t/versions/1", Some(("schema", "get"))),
            ("DELETE", "schemas/t/versions/1", Some(("schema", "delete"))),
            ("PUT", "schemas/t/versions/1", None),
            ("GET", "keys", Some(("key", "list"))),
            ("POST", "keys", Some(("key", "create"))),
            ("DELETE", "keys", None),
            ("GET", "keys/k", Some(("key", "get"))),
            ("DELETE", "keys/k", Some(("key", "delete"))),
            ("PUT", "keys/k", None),
            ("POST", "keys/k/roll", Some(("key", "roll"))),
            ("GET", "keys/k/roll", None),
            ("GET", "audit", Some(("audit", "list"))),
            ("DELETE", "audit", None),
            ("GET", "quotas", Some(("quota", "list"))),
            ("POST", "quotas", None),
            ("GET", "usage", Some(("usage", "list"))),
            ("DELETE", "usage", None),
            ("GET", "", Some(("space", "get"))),
            ("PUT", "", Some(("space", "update"))),
            ("PATCH", "", Some(("space", "update"))),
            ("DELETE", "", Some(("space", "delete"))),
            ("POST", "", None),
            ("GET", "export", Some(("space", "export"))),
            ("POST", "export", None),
            ("POST", "apply", Some(("space", "apply"))),
            ("GET", "apply", None),
        ] {
            let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
            let (endpoint, _) = find(&segments).unwrap();
            let action = endpoint.action(&method.parse().unwrap());
            assert_eq!(action.map(|action| action.labels), want, "{method} {path}");
            let is_listed = endpoint.methods().contains(&method);
            assert_eq!(is_listed, want.is_some(), "{method} {path}");
        }
    }

    #[test]
    fn methods_and_labels_of_tenants() {
        for (method, path, want) in [
            ("GET", "", Some(("tenant", "get"))),
            ("PATCH", "", Some(("tenant", "update"))),
            ("DELETE", "", Some(("tenant", "delete"))),
            ("PUT", "", None),
            ("GET", "spaces", Some(("tenant", "list"))),
            ("POST", "spaces", Some(("space", "create"))),
            ("DELETE", "spaces/s", Some(("space", "release"))),
            ("GET", "spaces/s", None),
            ("POST", "keys", Some(("key", "create"))),
            ("GET", "audit", Some(("audit", "list"))),
            ("POST", "erase", Some(("tenant", "delete"))),
            ("GET", "erase", None),
        ] {
            let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
            let (endpoint, _) = find_of_tenant(&segments).unwrap();
            let action = endpoint.action(&method.parse().unwrap());
            assert_eq!(action.map(|action| action.labels), want, "{method} {path}");
        }
        assert!(find_of_tenant(&["functions"]).is_none());
    }

    #[test]
    fn paths_are_told_apart() {
        let mut paths: Vec<_> = SUBJECTS
            .iter()
            .flat_map(|subject| subject.endpoints)
            .map(|endpoint| format!("{endpoint:?}"))
            .collect();
        let count = paths.len();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), count);
    }
}
