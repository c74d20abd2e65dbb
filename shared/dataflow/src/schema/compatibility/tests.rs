//! Pairs of schemas: own tables, and those of others.

mod corpus;
