//! The head of the contracts that tests write themselves.

/// A contract of a pack named `tiny`: the same head, and what follows `codes: open`.
macro_rules! tiny_contract {
    ($rest:literal) => {
        tiny_contract!(envelope: "{ code: /error }", $rest)
    };
    (envelope: $envelope:literal, $rest:literal) => {
        concat!(
            "contract: tiny\nas_of: 2026-01-31\ndocumentation: https://tiny.example/errors\n",
            "success: { status: 2xx }\nenvelope: ",
            $envelope,
            "\ncodes: open\n",
            $rest
        )
    };
}

pub(crate) use tiny_contract;
