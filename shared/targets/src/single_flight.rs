//! Single flight: what several calls want at once is fetched once, by none of them. They share what it comes to, and it
//! goes on when they stop waiting.

mod clock;
mod flight;
mod refresh_ahead;

#[cfg(test)]
pub(crate) use self::clock::test_clock;
pub(crate) use self::clock::{is_past, now};
pub(crate) use self::flight::{Flight, Landing};
pub(crate) use self::refresh_ahead::{CachePolicy, FETCH_LIMIT, Fetched, RefreshAheadCache};
