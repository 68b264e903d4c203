//! Keywords in languages other than English that identify tables and sections.

/// Beginnings of words for an error.
const ERROR: &[&str] =
    &["erreur", "erro", "fehler", "ошиб", "помилк", "错误", "錯誤", "エラー", "오류", "hata", "błąd"];

/// Words for a code.
const CODE: &[&str] = &["código", "codigo", "codice", "код", "代码", "错误码", "コード", "코드", "kod"];

/// Words for a meaning or a description.
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

/// Returns true if a lower-case text mentions errors.
pub(super) fn says_error(text: &str) -> bool {
    has(text, ERROR)
}

/// Returns true if a lower-case text mentions codes.
pub(super) fn says_code(text: &str) -> bool {
    has(text, CODE)
}

/// Returns true if a lower-case text is the header of a column of meanings.
pub(super) fn says_meaning(text: &str) -> bool {
    has(text, MEANING)
}
