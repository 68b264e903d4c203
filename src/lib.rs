//! failspec: does your API fail the way its documentation says?

pub mod reference;
