//! Tests of the public interface of failspec-base.

mod json;
mod secret_mask;
mod vocabulary;
mod xml;
