//! Pure tables: a contract and a response in, findings out. Nothing is sent.

mod harness;

mod bodies;
mod headers;
mod identity;
mod openapi;
mod streams;
mod subject;
