//! Pages of lists: `page` from 1 and `pageSize` from 1 to 500.

use super::query::Query;

/// The default number of rows of a page.
const DEFAULT_SIZE: usize = 50;
const MAX_SIZE: usize = 500;

/// The requested page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The number of the page, from 1.
    pub number: usize,
    /// The number of rows of a page.
    pub size: usize,
}

/// A parameter with an invalid value, and the rule for its values.
pub type BadParameter = (&'static str, &'static str);

impl Page {
    /// Reads both parameters. An invalid value is reported and replaced with the default.
    #[must_use]
    pub fn read(query: &Query) -> (Self, Vec<BadParameter>) {
        let mut bad = Vec::new();
        let mut number = |name, default, most, rule| match query.first(name) {
            Ok(None) => default,
            Ok(Some(text)) => {
                whole_number(text).filter(|number| (1..=most).contains(number)).unwrap_or_else(|| {
                    bad.push((name, rule));
                    default
                })
            }
            Err(_) => {
                bad.push((name, rule));
                default
            }
        };
        let page = Self {
            number: number("page", 1, usize::MAX, "must be a whole number from 1"),
            size: number("pageSize", DEFAULT_SIZE, MAX_SIZE, "must be a whole number from 1 to 500"),
        };
        (page, bad)
    }

    /// Returns the rows of this page, and true if more rows follow.
    #[must_use]
    pub fn cut<T>(&self, rows: Vec<T>) -> (Vec<T>, bool) {
        let begin = (self.number - 1).saturating_mul(self.size);
        let more = rows.len() > begin.saturating_add(self.size);
        (rows.into_iter().skip(begin).take(self.size).collect(), more)
    }
}

/// Parses digits only: no sign, no exponent, no space.
fn whole_number(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{Page, Query};

    #[test]
    fn what_is_no_whole_number_in_range_is_told() {
        for bad in ["0", "501", "-1", "+1", "1.0", "1e1", " 1", "", "abc", "%zz", "99999999999999999999999"] {
            let (_, told) = Page::read(&Query::read(Some(&format!("pageSize={bad}"))));
            assert_eq!(told.len(), 1, "{bad:?}");
        }
        let (page, told) = Page::read(&Query::read(Some("page=18446744073709551615&pageSize=500")));
        assert!(told.is_empty() && page.cut(vec![1, 2, 3]).0.is_empty());
    }

    #[test]
    fn pages_follow_each_other_without_gaps() {
        let page = |number| Page { number, size: 2 }.cut(vec![1, 2, 3, 4, 5]);
        assert_eq!(
            [page(1), page(2), page(3), page(4)],
            [(vec![1, 2], true), (vec![3, 4], true), (vec![5], false), (vec![], false)]
        );
    }
}
