//! Transforms on what others know the answers to, and on what means harm. One program: linking is what takes long.

mod corpora;
mod fuzz;
mod hostile;
mod jsonata_suite;
mod recorded_templates;
