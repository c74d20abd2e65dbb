//! A delivery on its way through the queue in memory.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use domain::delivery::{Arrival, Delivery};
use queue::Outcome;

use crate::events;
use crate::local_gateway::LocalGateway;
use crate::measured::measured_section;

/// Deliveries before the count begins: the engine's tables are there by then.
const WARM_UP: u32 = 20;

/// Sends a delivery, receives it and settles it.
pub(crate) fn send_receive_settle(iterations: u32) -> Result<()> {
    let local = LocalGateway::open()?;
    let request = events::structured()?;
    let bytes = request.1.len();
    let delivery = Delivery {
        id: "c3a1b6f0-58a4-4c3e-9a0b-6a2f3f1d9b11".into(),
        space: "default".into(),
        subscription: "s".into(),
        function: "f".into(),
        event: Arc::new(events::event(&request)?),
        accepted_at: 1_767_225_600_000,
        attempts: 0,
        deliver_at: None,
        ordering_key: None,
        deduplication_key: None,
        arrival: Arrival::default(),
    };
    let queue = local.gateway.queue();
    let pass = async || -> Result<()> {
        let room = queue.reserve([&delivery], bytes)?;
        room.send(vec![delivery.clone()])
            .await
            .map_err(|unsent| unsent.error)?;
        let received = queue.receive().await.context("the queue is closed")?;
        queue.settle(received.receipt, vec![Outcome::Done]).await;
        Ok(())
    };
    let mut pass = || local.runtime.block_on(pass());
    for _ in 0..WARM_UP {
        pass()?;
    }
    measured_section(iterations, &mut pass)
}
