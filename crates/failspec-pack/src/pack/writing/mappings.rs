//! Declaration of the mappings of a file: the type, and how it is written and read.

/// Declares mappings of a file: their fields, and how each is written and read.
///
/// `"key"` is a key of the mapping; `["key" inline]` is written on one line; `["key" list]` is a list
/// even if it has only one item; `["key" always]` is written even if it is empty; `[flat]` are keys of another type in the same mapping.
macro_rules! file_mappings {
    ($(
        $(#[$meta:meta])*
        $style:ident struct $name:ident: $shape:expr, {
            $( $(#[$about:meta])* $field:ident: $type:ty = $key:tt, )*
        }
    )*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name { $( $(#[$about])* pub $field: $type, )* }

        impl $crate::pack::writing::FileMapping for $name {
            fn entries(&self) -> Vec<(String, $crate::pack::writing::Tree)> {
                let mut entries = Vec::new();
                $( $crate::pack::writing::mappings::write_field!(entries, self.$field, $key); )*
                entries
            }

            fn from_fields(
                fields: &failspec_base::syntax::Fields<'_>,
                reader: &failspec_base::syntax::Decoder,
            ) -> Option<Self> {
                // All are read before the first error ends it, so that all errors are reported.
                $( let $field: Option<$type> =
                    $crate::pack::writing::mappings::read_field!(fields, reader, $key); )*
                Some(Self { $( $field: $field?, )* })
            }
        }

        impl $crate::pack::writing::FileValue for $name {
            fn tree(&self) -> $crate::pack::writing::Tree {
                let entries = $crate::pack::writing::FileMapping::entries(self);
                $crate::pack::writing::mappings::styled!($style, $crate::pack::writing::Tree::Map(entries))
            }

            fn read(
                node: &failspec_base::syntax::Node,
                reader: &failspec_base::syntax::Decoder,
            ) -> Option<Self> {
                let fields = reader.fields(node, &$shape)?;
                $crate::pack::writing::FileMapping::from_fields(&fields, reader)
            }
        }

        #[cfg(test)]
        impl $crate::pack::writing::tests::Keys for $name {
            const SHAPE: &'static failspec_base::syntax::MappingSchema = &$shape;

            fn keys() -> Vec<&'static str> {
                let keys: &[&[&'static str]] = &[$( $crate::pack::writing::mappings::list_key!($key) ),*];
                keys.concat()
            }
        }
    )* };
}

macro_rules! styled {
    (block, $tree:expr) => {
        $tree
    };
    (inline, $tree:expr) => {
        $tree.inline()
    };
}

macro_rules! write_field {
    ($entries:ident, $value:expr, [flat]) => {
        $entries.extend($crate::pack::writing::FileMapping::entries(&$value))
    };
    ($entries:ident, $value:expr, [$key:literal inline]) => {
        if let Some(tree) = $crate::pack::writing::FileValue::entry(&$value) {
            $entries.push(($key.to_owned(), tree.inline()));
        }
    };
    ($entries:ident, $value:expr, [$key:literal list]) => {
        if let Some(tree) = $crate::pack::writing::FileValue::entry(&$value.0) {
            $entries.push(($key.to_owned(), tree));
        }
    };
    ($entries:ident, $value:expr, [$key:literal always]) => {
        $entries.push(($key.to_owned(), $crate::pack::writing::FileValue::tree(&$value)))
    };
    ($entries:ident, $value:expr, $key:literal) => {
        if let Some(tree) = $crate::pack::writing::FileValue::entry(&$value) {
            $entries.push(($key.to_owned(), tree));
        }
    };
}

macro_rules! read_field {
    ($fields:ident, $reader:ident, [flat]) => {
        $crate::pack::writing::FileMapping::from_fields($fields, $reader)
    };
    ($fields:ident, $reader:ident, [$key:literal $style:ident]) => {
        $crate::pack::writing::mappings::read_field!($fields, $reader, $key)
    };
    ($fields:ident, $reader:ident, $key:literal) => {
        match $fields.get($key) {
            Some(node) => $crate::pack::writing::FileValue::read(node, $reader),
            None => $crate::pack::writing::FileValue::missing(),
        }
    };
}

#[cfg(test)]
macro_rules! list_key {
    ([flat]) => {
        &$crate::pack::writing::request::KEYS
    };
    ([$key:literal $style:ident]) => {
        &[$key]
    };
    ($key:literal) => {
        &[$key]
    };
}

pub(super) use file_mappings;
#[cfg(test)]
pub(super) use list_key;
pub(super) use {read_field, styled, write_field};
