//! Tests of the embedded queue that need its inside: a disk that fails, clocks that jump, and the tables of the file.

mod audit;
mod backlog;
mod clocks;
mod closing;
mod concurrency;
mod dead_letter_quota;
mod dead_letters;
mod deduplication;
pub(super) mod disk;
mod disk_full;
mod disk_reserve;
mod fairness;
mod files;
mod fixture;
mod inbox;
mod migration;
mod model;
mod ordering;
mod outcomes;
mod power_cut;
mod records;
mod room;
mod spaces;
mod waiting;
mod wake_ups;
