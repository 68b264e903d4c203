//! Recorded traffic, judged without a server: tables of exchanges and of what is found in them.

mod harness;
mod judging;
mod reading;
mod secrets;
