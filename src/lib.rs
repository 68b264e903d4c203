//! failspec: does your API fail the way its documentation says?

pub mod check;
pub mod document;
pub mod http;
pub mod pack;
pub mod reference;
pub mod secret;
pub mod target;
pub mod template;
pub mod verdict;
