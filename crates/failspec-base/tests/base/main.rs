//! The vocabulary of failspec through its public interface.

mod json;
mod secret_mask;
