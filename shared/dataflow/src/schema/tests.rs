//! Schemas that are taken and refused, and data within bounds.
mod hostile;
