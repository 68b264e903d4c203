//! The few words by which pages in other languages than English say what a table or a section is.

/// Beginnings of the word for an error.
const ERROR: &[&str] =
    &["erreur", "erro", "fehler", "ошиб", "помилк", "错误", "錯誤", "エラー", "오류", "hata", "błąd"];

/// Words for a code.
const CODE: &[&str] = &["código", "codigo", "codice", "код", "代码", "错误码", "コード", "코드", "kod"];

/// Words for what something means.
const MEANING: &[&str] = &[
    "significado",
    "descripción",
    "beschreibung",
    "bedeutung",
    "signification",
    "описан",
    "опис",
    "说明",
    "描述",
    "説明",
    "açıklama",
    "opis",
    "mensaje",
    "mensagem",
    "nachricht",
    "сообщен",
];

fn has(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// Whether a text, lower case, speaks of errors.
pub(super) fn says_error(text: &str) -> bool {
    has(text, ERROR)
}

/// Whether a text, lower case, speaks of codes.
pub(super) fn says_code(text: &str) -> bool {
    has(text, CODE)
}

/// Whether a text, lower case, is the head of a column of meanings.
pub(super) fn says_meaning(text: &str) -> bool {
    has(text, MEANING)
}
