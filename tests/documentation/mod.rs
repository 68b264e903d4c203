//! README.md and docs/ match the program: generated tables, commands, example files, links.

mod blocks;
mod commands;
mod keys;
mod links;
mod outputs;
mod page;
mod pipelines;
mod retired_words;
mod shown_files;
