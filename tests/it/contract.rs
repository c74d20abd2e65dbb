//! The wire contract of `contract/*.yaml`, through every host.

use std::{
    io::{self, Write as _},
    path::Path,
};

use event_gateway_tests::contract::{Case, run_suite};

fn cases() -> anyhow::Result<Vec<Case>> {
    Ok(Case::load_all(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("contract"),
    )?)
}

#[test]
fn every_case_is_understood() -> anyhow::Result<()> {
    let cases = cases()?;
    assert_eq!(
        cases.len(),
        558,
        "a case was added or lost: adjust the number on purpose"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wire_contract_holds() -> anyhow::Result<()> {
    let report = Box::pin(run_suite(cases()?)).await?;
    // Not captured by the test harness: what ran where is said on success, too.
    write!(io::stderr(), "{report}")?;
    assert!(
        report.failures.is_empty(),
        "{} failed, see above",
        report.failures.len()
    );
    Ok(())
}
