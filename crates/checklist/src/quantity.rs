use std::fmt;
use std::str::FromStr;

/// An amount as Kubernetes writes it: `500m`, `256Mi`, `1.5`, `1e3` (`k8s.io/apimachinery`, `resource.Quantity`). Exact to a billionth;
/// what is finer is rounded away from zero, as Kubernetes does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity {
    /// Billionths of one.
    nanos: i128,
}

/// Why a text is no quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadQuantity {
    /// It has no digits where the number should be.
    NoNumber,
    /// Its suffix is none that Kubernetes knows.
    BadSuffix,
    /// It is longer than any sensible amount.
    TooLong,
    /// It is larger than Kubernetes can hold.
    TooLarge,
}

impl fmt::Display for BadQuantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoNumber => "it does not begin with a number",
            Self::BadSuffix => "its suffix is none of n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei or an exponent",
            Self::TooLong => "it is longer than 64 characters",
            Self::TooLarge => "it is larger than Kubernetes can hold",
        })
    }
}

impl std::error::Error for BadQuantity {}

const NANO: i128 = 1_000_000_000;
const LONGEST: usize = 64;

impl Quantity {
    /// Whether a text is a quantity of nothing: as a limit, runners read it as none.
    pub(crate) fn is_nothing(text: &str) -> bool {
        text.parse::<Self>().is_ok_and(|q| !q.is_positive())
    }

    /// Whether it is more than nothing.
    pub const fn is_positive(self) -> bool {
        self.nanos > 0
    }

    /// A whole number of units.
    pub const fn whole(n: i64) -> Self {
        Self { nanos: n as i128 * NANO }
    }

    /// Thousandths of a unit, as `500m`.
    pub const fn millis(n: i64) -> Self {
        Self { nanos: n as i128 * (NANO / 1000) }
    }
}

impl FromStr for Quantity {
    type Err = BadQuantity;

    fn from_str(text: &str) -> Result<Self, BadQuantity> {
        if text.len() > LONGEST {
            return Err(BadQuantity::TooLong);
        }
        let (negative, rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let digits_end = rest.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
        let (whole, rest) = rest.split_at(digits_end);
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(after) => after.split_at(after.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(after.len())),
            None => ("", rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(BadQuantity::NoNumber);
        }
        let (base, exponent) = scale(suffix)?;
        let digits = format!("{whole}{fraction}");
        let magnitude = magnitude(&digits, base, exponent - fraction.len() as i32)?;
        Ok(Self { nanos: if negative { -magnitude } else { magnitude } })
    }
}

/// A suffix as a factor and a power of ten.
fn scale(suffix: &str) -> Result<(i128, i32), BadQuantity> {
    let binary = |power: u32| Ok((1_i128 << (10 * power), 0));
    match suffix {
        "" => Ok((1, 0)),
        "n" => Ok((1, -9)),
        "u" => Ok((1, -6)),
        "m" => Ok((1, -3)),
        "k" => Ok((1, 3)),
        "M" => Ok((1, 6)),
        "G" => Ok((1, 9)),
        "T" => Ok((1, 12)),
        "P" => Ok((1, 15)),
        "E" => Ok((1, 18)),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E']).ok_or(BadQuantity::BadSuffix)?;
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(BadQuantity::BadSuffix);
            }
            exponent.parse().map(|e| (1, e)).map_err(|_| BadQuantity::BadSuffix)
        }
    }
}

/// `digits × base × 10^exponent`, in billionths, rounded up.
fn magnitude(digits: &str, base: i128, exponent: i32) -> Result<i128, BadQuantity> {
    /// 2^63 - 1 units: more is more than Kubernetes holds.
    const MOST: i128 = i64::MAX as i128 * NANO;
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Ok(0);
    }
    let mut power = exponent + 9;
    // At most 38 digits fit; the rest only rounds.
    let (kept, cut) = digits.split_at(digits.len().min(18));
    power += cut.len() as i32;
    let mut rounded = cut.bytes().any(|b| b != b'0');
    let mut value: i128 = kept.parse::<i128>().map_err(|_| BadQuantity::TooLarge)?.checked_mul(base).ok_or(BadQuantity::TooLarge)?;
    while power > 0 {
        value = value.checked_mul(10).filter(|v| *v <= MOST).ok_or(BadQuantity::TooLarge)?;
        power -= 1;
    }
    while power < 0 && value > 0 {
        rounded |= value % 10 != 0;
        value /= 10;
        power += 1;
    }
    value += i128::from(rounded);
    if value > MOST { Err(BadQuantity::TooLarge) } else { Ok(value) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_as_kubernetes_reads_them() {
        let ok = [
            ("0", Quantity::whole(0)),
            ("500m", Quantity::millis(500)),
            ("0.5", Quantity::millis(500)),
            (".5", Quantity::millis(500)),
            ("5.", Quantity::whole(5)),
            ("+1", Quantity::whole(1)),
            ("-1", Quantity::whole(-1)),
            ("1k", Quantity::whole(1000)),
            ("1Ki", Quantity::whole(1024)),
            ("256Mi", Quantity::whole(256 << 20)),
            ("1.5Gi", Quantity::whole(3 << 29)),
            ("1e3", Quantity::whole(1000)),
            ("1E3", Quantity::whole(1000)),
            ("1E", Quantity::whole(1_000_000_000_000_000_000)),
            ("12e-3", Quantity::millis(12)),
            ("0.0000000001", Quantity { nanos: 1 }),
            ("000000000000000000000000001", Quantity::whole(1)),
        ];
        for (text, wanted) in ok {
            assert_eq!(text.parse(), Ok(wanted), "{text}");
        }
        let bad = [
            ("", BadQuantity::NoNumber),
            ("Mi", BadQuantity::NoNumber),
            (".", BadQuantity::NoNumber),
            ("1 Gi", BadQuantity::BadSuffix),
            ("256MB", BadQuantity::BadSuffix),
            ("256mb", BadQuantity::BadSuffix),
            ("1K", BadQuantity::BadSuffix),
            ("1e", BadQuantity::BadSuffix),
            ("1e99999", BadQuantity::BadSuffix),
            ("10E", BadQuantity::TooLarge),
            ("1e999", BadQuantity::TooLarge),
            ("unlimited", BadQuantity::NoNumber),
        ];
        for (text, wanted) in bad {
            assert_eq!(text.parse::<Quantity>(), Err(wanted), "{text}");
        }
        assert_eq!("1".repeat(65).parse::<Quantity>(), Err(BadQuantity::TooLong));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC{0,70}") {
            let _ = text.parse::<Quantity>();
        }

        #[test]
        fn any_amount_like_text_is_survived(text in "[+-]?[0-9.]{0,40}[a-zA-Z]{0,3}[+-]?[0-9]{0,5}") {
            let _ = text.parse::<Quantity>();
        }

        #[test]
        fn thousandths_agree_with_decimals(n in 0_i64..1_000_000_000) {
            let decimal: Quantity = format!("{}.{:03}", n / 1000, n % 1000).parse().unwrap();
            prop_assert_eq!(decimal, format!("{n}m").parse().unwrap());
            prop_assert_eq!(decimal, Quantity::millis(n));
        }

        #[test]
        fn order_is_that_of_numbers(a in any::<i32>(), b in any::<i32>()) {
            let (x, y): (Quantity, Quantity) = (a.to_string().parse().unwrap(), b.to_string().parse().unwrap());
            prop_assert_eq!(x.cmp(&y), a.cmp(&b));
        }
    }
}
