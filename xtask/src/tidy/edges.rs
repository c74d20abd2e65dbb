//! Crate edges: who may depend on whom. The arrows of the architecture, as one table.

use super::Problem;
use super::tree::Metadata;

/// Libraries under `shared/` and the siblings each may use. A library that is not listed may use none.
const LIBRARIES: [(&str, &[&str]); 16] = [
    ("filters", &[]),
    ("dataflow", &[]),
    ("domain", &["filters"]),
    ("aws", &[]),
    ("clocks", &[]),
    ("store", &["aws", "clocks", "domain"]),
    ("offload", &[]),
    ("queue", &["clocks", "domain", "offload"]),
    ("records", &["domain"]),
    ("targets", &["aws", "clocks", "domain"]),
    ("targets/tests", &["domain", "targets"]),
    ("traces", &["domain"]),
    (
        "gateway",
        &[
            "clocks", "dataflow", "domain", "filters", "offload", "store", "queue", "records", "targets",
            "traces",
        ],
    ),
    (
        "api",
        &[
            "clocks", "dataflow", "domain", "filters", "offload", "gateway", "store", "queue", "records",
            "traces",
        ],
    ),
    (
        "setup",
        &[
            "aws", "domain", "store", "queue", "records", "targets", "traces", "gateway", "api",
        ],
    ),
    ("lambda", &["domain", "store", "queue", "gateway"]),
];

/// External crates (exact name, or prefix ending in `*`) and the only places that may know them.
const KNOWN_ONLY_BY: [(&str, &[&str]); 9] = [
    ("axum", &["shared/api", "shared/lambda", "functions/*", "tests"]),
    ("axum-*", &["shared/api", "shared/lambda", "functions/*", "tests"]),
    ("lambda_*", &["shared/lambda", "functions/*", "tests"]),
    ("lambda-*", &["shared/lambda", "functions/*", "tests"]),
    ("aws_lambda_events", &["shared/lambda", "functions/*", "tests"]),
    (
        "tokio",
        &[
            "shared/aws",
            "shared/offload",
            "shared/store",
            "shared/queue",
            "shared/records",
            "shared/targets",
            "shared/targets/tests",
            "shared/traces",
            "shared/gateway",
            "shared/api",
            "shared/setup",
            "shared/lambda",
            "functions/*",
            "tests",
            "bench/instructions",
            "cli",
        ],
    ),
    (
        "aws-sdk-*",
        &[
            "shared/store",
            "shared/queue",
            "shared/targets",
            "shared/setup",
            "functions/*",
            "tests",
        ],
    ),
    ("redb", &["shared/store", "shared/queue", "tests"]),
    ("clap", &["shared/setup", "functions/*", "cli"]),
];

/// Compares every dependency of every workspace member with the two tables.
pub(super) fn check(metadata: &Metadata) -> Vec<Problem> {
    let folder = |manifest: &str| {
        let relative = manifest
            .strip_prefix(&metadata.workspace_root)
            .unwrap_or(manifest);
        relative
            .trim_start_matches('/')
            .trim_end_matches("/Cargo.toml")
            .to_owned()
    };
    let members: Vec<(String, &str)> = metadata
        .packages
        .iter()
        .map(|package| (folder(&package.manifest_path), package.name.as_str()))
        .collect();
    let mut problems = Vec::new();
    for package in &metadata.packages {
        let from = folder(&package.manifest_path);
        for dependency in &package.dependencies {
            let member = members.iter().find(|(_, name)| *name == dependency.name);
            let allowed = match member {
                Some((to, _)) => internal_edge_allowed(&from, to),
                None => external_edge_allowed(&from, &dependency.name),
            };
            if !allowed {
                let message = format!("{from} must not depend on {}", dependency.name);
                problems.push(Problem::new(format!("{from}/Cargo.toml"), message));
            }
        }
    }
    problems
}

fn internal_edge_allowed(from: &str, to: &str) -> bool {
    // The tests of each crate measure its own readers.
    if from == "tests" || (to == "tests/scaling" && from.starts_with("shared/")) {
        return true;
    }
    let Some(to_library) = to.strip_prefix("shared/") else {
        return false;
    };
    match from.strip_prefix("shared/") {
        Some(library) => LIBRARIES
            .iter()
            .any(|(name, uses)| *name == library && uses.contains(&to_library)),
        // Whose hot paths are counted.
        None => from.starts_with("functions/") || from == "bench/instructions",
    }
}

fn external_edge_allowed(from: &str, name: &str) -> bool {
    let rules = KNOWN_ONLY_BY.iter().filter(|(pattern, _)| matches(pattern, name));
    rules
        .into_iter()
        .all(|(_, places)| places.iter().any(|place| matches(place, from)))
}

fn matches(pattern: &str, text: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or(pattern == text, |prefix| text.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(packages: &[(&str, &str, &[&str])]) -> Metadata {
        let packages: Vec<_> = packages
            .iter()
            .map(|(folder, name, uses)| {
                let uses: Vec<_> = uses
                    .iter()
                    .map(|name| serde_json::json!({ "name": name }))
                    .collect();
                let manifest = format!("/repo/{folder}/Cargo.toml");
                serde_json::json!({ "name": name, "manifest_path": manifest, "dependencies": uses })
            })
            .collect();
        let json = serde_json::json!({ "workspace_root": "/repo", "packages": packages });
        serde_json::from_value(json).unwrap()
    }

    /// One crate with the dependencies under test, beside the crates it may name.
    fn problems(folder: &str, uses: &[&str]) -> Vec<String> {
        let metadata = metadata(&[
            (folder, "subject", uses),
            ("shared/domain", "domain", &[]),
            ("shared/aws", "aws", &[]),
            ("shared/store", "store", &[]),
            ("shared/api", "api", &[]),
            ("functions/standalone", "event-gateway", &[]),
            ("tests/scaling", "scaling", &[]),
        ]);
        check(&metadata).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn arrows_of_the_design_are_allowed() {
        let allowed: [(&str, &[&str]); 11] = [
            ("shared/domain", &["serde", "http", "scaling"]),
            ("shared/store", &["aws", "domain", "redb", "tokio"]),
            ("shared/records", &["domain", "tokio"]),
            ("shared/gateway", &["domain", "store"]),
            ("shared/api", &["domain", "store", "axum"]),
            (
                "shared/lambda",
                &[
                    "domain",
                    "store",
                    "axum",
                    "lambda_http",
                    "aws_lambda_events",
                    "tokio",
                ],
            ),
            ("functions/standalone", &["api", "store", "axum", "lambda_http"]),
            ("tests", &["api", "axum", "event-gateway", "lambda_http"]),
            ("bench/instructions", &["domain", "store", "tokio"]),
            ("cli", &["clap", "tokio"]),
            ("xtask", &["anyhow"]),
        ];
        for (folder, uses) in allowed {
            assert_eq!(problems(folder, uses), [""; 0], "{folder}");
        }
    }

    #[test]
    fn every_other_edge_is_reported() {
        let refused = [
            ("shared/domain", "store"),
            ("shared/domain", "tokio"),
            ("shared/aws", "aws-sdk-sns"),
            ("shared/gateway", "aws"),
            ("shared/queue", "store"),
            ("shared/records", "store"),
            ("shared/store", "api"),
            ("shared/gateway", "axum"),
            ("shared/gateway", "axum-extra"),
            ("shared/api", "lambda_http"),
            ("shared/setup", "lambda_runtime"),
            ("shared/gateway", "aws_lambda_events"),
            ("shared/lambda", "api"),
            ("shared/lambda", "aws-sdk-sqs"),
            ("shared/api", "aws-sdk-sqs"),
            ("shared/new", "domain"),
            ("functions/other", "event-gateway"),
            ("bench/instructions", "event-gateway"),
            ("bench/instructions", "redb"),
            ("bench/other", "domain"),
            ("cli", "domain"),
            ("cli", "axum"),
            ("xtask", "domain"),
            ("xtask", "scaling"),
        ];
        for (folder, name) in refused {
            let want = format!("{folder}/Cargo.toml: {folder} must not depend on {name}");
            assert_eq!(problems(folder, &[name]), [want]);
        }
    }
}
