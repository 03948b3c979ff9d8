//! Numbers between dots and dashes: Hackage, CRAN. What is missing is less than zero: 1.0 < 1.0.0.

use std::cmp::Ordering;

use crate::runs::{is_number, numbers};

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let parts = |text| str::split(text, ['.', '-']);
    let (mut a, mut b) = (parts(a), parts(b));
    loop {
        let order = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => match (is_number(x), is_number(y)) {
                (true, true) => numbers(x, y),
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => x.cmp(y),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}
