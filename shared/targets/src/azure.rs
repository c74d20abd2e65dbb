//! The providers of Azure, and what they share: tokens of Microsoft Entra, and the schema of Event Grid.

mod entra;
pub(crate) mod event_grid;
mod event_grid_schema;
pub(crate) mod function;

pub(crate) use entra::token as entra_token;
pub(crate) use event_grid_schema::{delivered, published};
