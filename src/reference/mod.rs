//! Embedded reference implementations, written from the documentation alone.
