//! Import of an OpenAPI document into a pack: the contract, and scenarios with controls for every failure that can be
//! triggered with only the information in the document.
//!
//! Valid values come from examples, defaults, enums and schemas. Every fault violates the schema. The same document
//! and seed give the same pack.

mod actions;
mod alternatives;
mod body;
mod borrowed_values;
mod bulk_changes;
mod carried_credentials;
mod changing_reads;
mod crud;
mod documented_values;
mod effects;
mod error_envelope;
mod existing_things;
mod failure_catalog;
mod fault_kind;
mod faults;
mod fixtures;
mod generate;
mod in_use;
mod invalid_value;
mod joined_lists;
mod json_parameter;
mod late_dates;
mod left_out_members;
mod limits;
mod list_items;
mod list_of_one;
mod listed_ids;
mod listed_values;
mod lone_members;
mod methods;
mod missing_path;
mod multipart;
mod named_things;
mod negotiation;
mod new_names;
mod nonexistent_id;
mod odd_addresses;
mod odd_bodies;
mod odd_counts;
mod odd_headers;
mod own_names;
mod owners;
mod pack;
mod path_values;
mod pattern_length;
mod query_languages;
mod read_only;
mod registration_tokens;
mod removed;
mod removed_by_query;
mod removed_by_texts;
mod request_spec;
mod roles;
mod scenario;
mod scheme_roles;
mod second_credentials;
mod spared_things;
mod strangers;
mod success_code;
mod taken_names;
mod unknown_ids;
mod unknown_values;
mod unusual;
mod unusual_values;
mod valid_request;
mod value_generator;
mod without_fault;

pub use pack::{FromOpenApi, LeftOut, LeftOutReason, Need, OpenApiOptions, from_openapi};
pub use request_spec::ROLE as USER_ROLE;
pub use scenario::Question;
pub use scheme_roles::SchemeRole;
pub use unknown_values::{UnknownValue, unknown_values};
