//! What the targets of Azure have in common: tokens of Microsoft Entra, and the schema of Event Grid.

mod entra;
mod event_grid_schema;

pub(crate) use entra::token as entra_token;
pub(crate) use event_grid_schema::{delivered, published};
