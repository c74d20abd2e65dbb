//! Members of request bodies that no resource has. They are ignored (docs/contract.md J3), which must not go unnoticed: a
//! misspelt `authorizerId` leaves a route open.

mod found;
mod known;
mod near_miss;
mod search;
mod shown;
#[cfg(test)]
mod tests;

pub use found::UnknownMembers;
