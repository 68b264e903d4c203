//! What README.md and docs/ say is what the program does: generated tables, commands, files that are shown, links.

mod blocks;
mod commands;
mod keys;
mod links;
mod outputs;
mod page;
mod retired_words;
mod shown_files;
