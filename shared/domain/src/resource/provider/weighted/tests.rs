//! Shares, stability and what is refused.

use proptest::prelude::*;

use super::*;
use crate::resource::{Function, Resource as _};

fn weighted(weights: &[u32]) -> Weighted {
    let entry = |(index, &weight): (usize, &u32)| WeightedFunction {
        function_id: format!("f{index}").into(),
        weight,
    };
    Weighted {
        weighted: weights.iter().enumerate().map(entry).collect(),
        failover: false,
    }
}

fn chosen(weighted: &Weighted, delivery: &str) -> String {
    weighted.choose(&delivery.into()).unwrap().function_id.to_string()
}

/// How often each function is chosen for so many deliveries, whose ids look like those of the gateway.
fn counts(weighted: &Weighted, deliveries: u128) -> Vec<u64> {
    let mut counts = vec![0; weighted.weighted.len()];
    for number in 0..deliveries {
        let id = uuid::Uuid::from_u128(number).to_string();
        let chosen = chosen(weighted, &id);
        let index: usize = chosen.trim_start_matches('f').parse().unwrap();
        counts[index] += 1;
    }
    counts
}

/// Pearson's statistic of how far counts are from the shares that the weights promise.
#[expect(clippy::cast_precision_loss, reason = "counts and weights are far below 2^52")]
fn chi_square(weighted: &Weighted, counts: &[u64]) -> f64 {
    let all = counts.iter().sum::<u64>() as f64;
    let sum: f64 = weighted
        .weighted
        .iter()
        .map(|entry| f64::from(entry.weight))
        .sum();
    let deviation = |(entry, count): (&WeightedFunction, &u64)| {
        let expected = all * f64::from(entry.weight) / sum;
        (*count as f64 - expected).powi(2) / expected
    };
    let weighty = weighted
        .weighted
        .iter()
        .zip(counts)
        .filter(|(entry, _)| entry.weight > 0);
    weighty.map(deviation).sum()
}

#[test]
fn shares_are_those_of_the_weights() {
    // Critical values of chi-square for a probability of 0.001, by degrees of freedom.
    let limits = [10.83, 13.82, 16.27, 18.47, 20.52, 22.46, 24.32, 26.12, 27.88];
    for weights in [
        &[80, 20][..],
        &[99, 1],
        &[1, 1, 1],
        &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        &[u32::MAX, u32::MAX, u32::MAX],
        &[u32::MAX, 1 << 31],
        &[0, 3, 0, 1, 0],
    ] {
        let weighted = weighted(weights);
        let counts = counts(&weighted, 120_000);
        for (weight, count) in weights.iter().zip(&counts) {
            assert!(*weight > 0 || *count == 0, "{weights:?}: {counts:?}");
        }
        let freedom = weights.iter().filter(|weight| **weight > 0).count() - 1;
        let deviation = chi_square(&weighted, &counts);
        assert!(
            deviation < limits[freedom - 1],
            "{weights:?}: {counts:?}, {deviation}"
        );
    }
}

#[test]
fn the_measure_finds_wrong_shares() {
    let promised = weighted(&[80, 20]);
    let counts = counts(&weighted(&[79, 21]), 120_000);
    assert!(chi_square(&promised, &counts) > 10.83, "{counts:?}");
}

/// Vectors, computed with another program: `sha256(id)[:8] * sum >> 64`, and the running totals. They must never
/// change, or deliveries that are being tried again would move.
#[test]
fn choices_of_old_deliveries_stay() {
    let canary = weighted(&[90, 10]);
    let thirds = weighted(&[1, 1, 1]);
    for (id, of_canary, of_thirds) in VECTORS {
        assert_eq!(
            (chosen(&canary, id).as_str(), chosen(&thirds, id).as_str()),
            (*of_canary, *of_thirds),
            "{id}"
        );
    }
}

#[test]
fn one_is_always_it() {
    let single = weighted(&[1]);
    let only_one_counts = weighted(&[0, 7, 0]);
    for number in 0..1000 {
        let id = number.to_string();
        assert_eq!(chosen(&single, &id), "f0");
        assert_eq!(chosen(&only_one_counts, &id), "f1");
    }
    // What no registration lets in does not panic either.
    assert_eq!(chosen(&weighted(&[0, 0]), "d"), "f0");
    assert!(weighted(&[]).choose(&"d".into()).is_none());
}

fn decode(provider: &str) -> Result<Function, String> {
    let body = format!(r#"{{"functionId":"w","type":"weighted","provider":{provider}}}"#);
    Function::decode(&"default".into(), None, body.as_bytes()).map_err(|err| err.to_string())
}

#[test]
fn registration() {
    let text =
        r#"{"weighted":[{"functionId":"a","weight":80},{"functionId":"b","weight":0}],"failover":true}"#;
    let function = decode(text).unwrap();
    let stored = serde_json::to_string(&function).unwrap();
    assert!(
        stored.contains(&format!(r#""type":"weighted","provider":{text}"#)),
        "{stored}"
    );
    assert_eq!(serde_json::from_str::<Function>(&stored).unwrap(), function);
    let plain =
        serde_json::to_string(&decode(r#"{"weighted":[{"functionId":"a","weight":1}]}"#).unwrap()).unwrap();
    assert!(!plain.contains("failover"), "{plain}");

    let missing = "missing required fields for weighted function";
    for (provider, want) in [
        ("{}", "provider weighted not supported"),
        (r#"{"weighted":null}"#, "provider weighted not supported"),
        (r#"{"weighted":[]}"#, missing),
        (r#"{"weighted":[{"weight":1}]}"#, missing),
        (
            r#"{"weighted":[{"functionId":"a","weight":0},{"functionId":"b"}]}"#,
            "function weights sum to zero",
        ),
        (
            r#"{"weighted":[{"functionId":"a","weight":-1}]}"#,
            "unable to load function provider config: json: cannot unmarshal number into Go struct field weight of type uint",
        ),
        (
            r#"{"weighted":[{"functionId":"a","weight":4294967296}]}"#,
            "unable to load function provider config: json: cannot unmarshal number into Go struct field weight of type uint",
        ),
    ] {
        let error = decode(provider).unwrap_err();
        assert_eq!(
            error,
            format!("Function doesn't validate. Validation error: {want}"),
            "{provider}"
        );
    }
    for provider in [
        r#"{"weighted":{}}"#,
        r#"{"weighted":[5]}"#,
        r#"{"weighted":[{"functionId":"a","weight":1.5}]}"#,
    ] {
        let error = decode(provider).unwrap_err();
        assert!(
            error.contains("unable to load function provider config: json: "),
            "{error}"
        );
    }
}

proptest! {
    #[test]
    fn any_list_has_a_choice_that_has_weight(weights in prop::collection::vec(any::<u32>(), 1..20), id in ".*") {
        let weighted = weighted(&weights);
        let chosen = weighted.choose(&id.as_str().into()).unwrap();
        prop_assert!(chosen.weight > 0 || weights.iter().all(|weight| *weight == 0));
        prop_assert_eq!(weighted.choose(&id.as_str().into()), Some(chosen));
    }
}

/// Ids of deliveries with the function of 90 to 10, and of 1 to 1 to 1.
const VECTORS: &[(&str, &str, &str)] = &[
    ("", "f0", "f2"),
    ("a", "f0", "f2"),
    ("00000000-0000-4000-8000-000000000000", "f0", "f2"),
    ("00179648-b639-99c3-cc24-d0826e49326f", "f0", "f0"),
    ("002f2c91-6c73-3387-9849-a104dc9264de", "f0", "f1"),
    ("0046c2da-22ac-cd4b-646e-71874adb974d", "f0", "f2"),
    ("005e5922-d8e6-670f-3093-4209b924c9bc", "f1", "f2"),
    ("0075ef6b-8f20-00d2-fcb8-128c276dfc2b", "f0", "f0"),
    ("008d85b4-4559-9a96-c8dc-e30e95b72e9a", "f0", "f1"),
    ("00a51bfc-fb93-345a-9501-b39104006109", "f0", "f2"),
    ("00bcb245-b1cc-ce1e-6126-841372499378", "f0", "f1"),
    ("00d4488e-6806-67e2-2d4b-5495e092c5e7", "f1", "f2"),
];
