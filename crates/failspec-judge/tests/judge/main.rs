//! Pure tables: a contract and a response in, findings out. Nothing is sent.

mod harness;

mod bodies;
mod codes;
mod findings;
mod flows;
mod headers;
mod identity;
mod indistinguishable;
mod intermediary;
mod leaks;
mod openapi;
mod request_ids;
mod streams;
mod subject;
mod views;
mod waits;
