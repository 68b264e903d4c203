//! Pure tables: a contract and a response in, findings out. Nothing is sent.

mod harness;

mod bodies;
mod code_places;
mod codes;
mod coverage;
mod finding_groups;
mod finding_rows;
mod finding_rows_by_message;
mod findings;
mod flows;
mod headers;
mod identity;
mod indistinguishable;
mod intermediary;
mod leaks;
mod merging;
mod openapi;
mod pairs;
mod problem_details;
mod promises;
mod repeating;
mod reports;
mod request_ids;
mod run_findings;
mod second_faults;
mod snapshot_files;
mod snapshots;
mod stream_items;
mod streams;
mod subject;
mod summaries;
mod views;
mod waits;
mod words;
mod xml_bodies;
