//! Runs the wire contract against a deployed gateway: `deployed-contract target/localstack/outputs.json`.

use std::{
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::Context as _;
use event_gateway_tests::{
    client::Deployed,
    contract::{Case, run_deployed},
};

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let outputs = std::env::args_os()
        .nth(1)
        .context("say where the outputs of the deployment are")?;
    let gateway = Deployed::read(Path::new(&outputs))?;
    let cases = Case::load_all(&Path::new(env!("CARGO_MANIFEST_DIR")).join("contract"))?;
    let report = run_deployed(cases, &gateway).await?;
    write!(io::stdout(), "{report}")?;
    Ok(if report.failures.is_empty() && report.passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
