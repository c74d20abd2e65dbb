//! A gateway in this process, put together as the product does it.

use anyhow::Result;
use gateway::Gateway;
use setup::{Parts, Settings, telemetry};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// A gateway with an empty store in a folder of its own and the queue in memory. Nothing takes deliveries out of that.
pub(crate) struct LocalGateway {
    pub(crate) gateway: Gateway,
    pub(crate) runtime: Runtime,
    _folder: TempDir,
}

impl LocalGateway {
    /// Opens it. Its runtime has one thread, so that the number of processors does not matter.
    pub(crate) fn open() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let settings = Settings::try_from_args([
            "event-gateway".into(),
            "--dev".into(),
            "--queue=memory".into(),
            "--embed-data-dir".into(),
            folder.path().as_os_str().to_owned(),
        ])?;
        telemetry::metrics_recorder()?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let gateway = runtime.block_on(Parts::open(&settings))?.gateway()?;
        Ok(Self {
            gateway,
            runtime,
            _folder: folder,
        })
    }
}
