//! Tests of the embedded queue that need its inside: a disk that fails, clocks that jump, and the tables of the file.

mod audit;
mod backlog;
mod clocks;
mod closing;
mod concurrency;
mod dead_letters;
mod deduplication;
mod disk;
mod disk_full;
mod fairness;
mod files;
mod fixture;
mod model;
mod ordering;
mod outcomes;
mod power_cut;
mod records;
mod spaces;
mod waiting;
