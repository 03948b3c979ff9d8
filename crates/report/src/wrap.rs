//! Text laid out in a given width.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Appends a text, wrapped at blanks to `width` columns and indented by `indent`; words longer than a line are broken.
/// The first line goes on where `column` says that the line already is.
pub(crate) fn wrap(out: &mut String, text: &str, width: usize, indent: usize, mut column: usize) {
    let width = width.max(indent + 20);
    for (n, line) in text.split('\n').enumerate() {
        if n > 0 {
            newline(out, indent);
            column = indent;
        }
        for word in line.split(' ').filter(|w| !w.is_empty()) {
            let needed = word.width();
            let at_start = column <= indent;
            if !at_start && column + 1 + needed > width {
                newline(out, indent);
                column = indent;
            } else if !at_start {
                out.push(' ');
                column += 1;
            }
            for c in word.chars() {
                let columns = c.width().unwrap_or(0);
                if column + columns > width {
                    newline(out, indent);
                    column = indent;
                }
                out.push(c);
                column += columns;
            }
        }
    }
    out.push('\n');
}

fn newline(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_within_the_width() {
        let mut out = String::new();
        wrap(&mut out, "one two three four", 24, 4, 4);
        assert_eq!(out, "one two three four\n");
        let mut out = String::new();
        wrap(&mut out, &"abcdefghij ".repeat(6), 30, 4, 4);
        assert!(out.lines().skip(1).all(|l| l.starts_with("    ") && l.width() <= 30), "{out}");
        let mut out = String::new();
        wrap(&mut out, &"x".repeat(100), 30, 4, 4);
        assert!(out.lines().all(|l| l.width() <= 30));
    }
}
