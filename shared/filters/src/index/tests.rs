//! The index finds what the filters themselves let pass, whatever came and went before.

mod bounds;
mod changes;
mod shapes;
mod support;
