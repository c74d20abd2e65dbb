//! The lists of a CORS configuration: how large they may be, and who may send credentials.

use http::HeaderName;

use crate::resource::quoted;

/// Most entries of a list, and most bytes of an entry.
pub(super) const MAX_ENTRIES: usize = 256;
pub(super) const MAX_ENTRY_BYTES: usize = 512;

/// Why the lists of a CORS configuration cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorsError {
    /// A list is too long.
    #[error("{member} has {count} entries, which are more than the {MAX_ENTRIES} that it may have")]
    TooManyEntries {
        /// Name of the list.
        member: &'static str,
        /// How many it has.
        count: usize,
    },
    /// An entry is too long.
    #[error(
        "{member} has an entry of {bytes} bytes, which are more than the {MAX_ENTRY_BYTES} that it may have"
    )]
    EntryTooLong {
        /// Name of the list.
        member: &'static str,
        /// Size of the entry, in bytes.
        bytes: usize,
    },
    /// What is exposed is no header.
    #[error("exposedHeaders has {}, which is no name of a header", quoted(.name))]
    NotAHeader {
        /// The entry.
        name: String,
    },
    /// With credentials, browsers take the entry for the name of a header.
    #[error(
        "exposedHeaders must not have \"*\" where allowCredentials is true: browsers do not read it as all headers then"
    )]
    ExposesAll,
    /// Answers to preflights would be kept for too long, or not even for a moment.
    #[error("maxAge is {seconds}, and must be a number of seconds from 0 to {MAX_AGE}")]
    MaxAge {
        /// What was asked for.
        seconds: i64,
    },
    /// Credentials would go to origins that nobody has named.
    #[error(
        "allowedOrigins must not have {} where allowCredentials is true: it would let pages of strangers act as whoever \
         reads them. List the origins that may send credentials, as in \"https://app.example.com\" or \
         \"https://*.example.com\", or leave out allowCredentials.", quoted(.origin)
    )]
    OpenCredentials {
        /// The entry.
        origin: String,
    },
}

/// Longest time that answers to preflights are kept, in seconds: no browser keeps them longer.
const MAX_AGE: u32 = 86_400;

/// How long answers to preflights may be kept.
pub(super) fn max_age_of(seconds: i64) -> Result<u32, CorsError> {
    let known = u32::try_from(seconds).ok().filter(|seconds| *seconds <= MAX_AGE);
    known.ok_or(CorsError::MaxAge { seconds })
}

/// Checks the headers that pages may read.
pub(super) fn check_exposed(names: &[String], allow_credentials: bool) -> Result<(), CorsError> {
    for name in names {
        if name == "*" && allow_credentials {
            return Err(CorsError::ExposesAll);
        }
        // `*` is a character of names as well.
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            return Err(CorsError::NotAHeader { name: name.clone() });
        }
    }
    Ok(())
}

/// Checks the lists of origins, methods, headers and exposed headers, in this order.
pub(super) fn check_lists(
    lists: [&Option<Vec<String>>; 4],
    allow_credentials: bool,
) -> Result<(), CorsError> {
    for (member, list) in [
        "allowedOrigins",
        "allowedMethods",
        "allowedHeaders",
        "exposedHeaders",
    ]
    .into_iter()
    .zip(lists)
    {
        let list = list.as_deref().unwrap_or_default();
        if list.len() > MAX_ENTRIES {
            let count = list.len();
            return Err(CorsError::TooManyEntries { member, count });
        }
        if let Some(bytes) = list
            .iter()
            .map(String::len)
            .find(|bytes| *bytes > MAX_ENTRY_BYTES)
        {
            return Err(CorsError::EntryTooLong { member, bytes });
        }
    }
    // Origins that are left out are all of them (docs/contract.md §1.7). That is what clients have always sent, so it is taken,
    // and means what it means elsewhere: no credentials.
    let mut origins = lists[0].iter().flatten();
    match origins.find(|origin| allow_credentials && !may_send_credentials(origin)) {
        Some(origin) => Err(CorsError::OpenCredentials {
            origin: origin.clone(),
        }),
        None => Ok(()),
    }
}

/// Whether an entry of `allowedOrigins` says well enough who may send credentials: an origin, or the names below a domain.
/// `null` is the origin of whatever has none, such as a sandboxed frame of any page.
pub(crate) fn may_send_credentials(entry: &str) -> bool {
    let Some((start, end)) = entry.split_once('*') else {
        return !entry.eq_ignore_ascii_case("null");
    };
    let is_domain = |name: &str| {
        name.split_once('.')
            .is_some_and(|(first, rest)| !first.is_empty() && !rest.is_empty())
    };
    let domain = end.strip_prefix('.').unwrap_or_default();
    let name = domain.split(':').next().unwrap_or_default();
    start.contains("://") && !end.contains('*') && (is_domain(name) || name.eq_ignore_ascii_case("localhost"))
}
