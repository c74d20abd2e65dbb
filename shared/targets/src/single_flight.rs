//! Single flight: what several calls want at once is fetched once, by none of them. They share what it comes to, and it
//! goes on when they stop waiting.

mod flight;
mod moment;
mod refresh_ahead;

pub(crate) use self::flight::{Flight, Landing};
pub(crate) use self::moment::Moment;
#[cfg(test)]
pub(crate) use self::moment::test_clock;
pub(crate) use self::refresh_ahead::{CachePolicy, FETCH_LIMIT, Fetched, RefreshAheadCache};
