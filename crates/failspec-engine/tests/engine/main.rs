//! Complete cases against a scripted API: each check on an incorrect server and on a harmless one.

mod absence;
mod attacks;
mod checks_server;
mod events;
mod in_time;
mod levels;
mod loose;
mod obeyed;
mod pairs;
mod streams;
mod styles;
