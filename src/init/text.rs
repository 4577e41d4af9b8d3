//! Names and numbers in YAML.

/// Words that YAML takes for something else than a text.
const TAKEN: [&str; 12] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "nan", "infinity"];

/// A name or path as a key or value of YAML, in quotes where it needs them.
pub fn plain(text: &str) -> String {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || "/._".contains(c)) && !text.starts_with("..\0");
    let is_plain = starts && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    let is_number = text.starts_with('.') && text[1..].starts_with(|c: char| c.is_ascii_digit());
    let is_taken = TAKEN.contains(&text.trim_start_matches('.').to_ascii_lowercase().as_str());
    if is_plain && !is_number && !is_taken { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

/// With its first two digits.
pub(super) fn two_digits(number: f64) -> f64 {
    let scale = 10f64.powf(number.abs().max(1e-9).log10().floor() - 1.0);
    let rounded = (number / scale).round() * scale;
    (rounded * 1e6).round() / 1e6
}

pub(super) fn milliseconds(seconds: f64) -> String {
    format!("{}ms", two_digits(seconds * 1e3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_yaml_would_misread_are_quoted() {
        for text in ["web", "../k8s/all.yaml", "/api/v1", "./a"] {
            assert_eq!(plain(text), text);
        }
        for text in ["no", "1.5", ".5", "a: b", "a b", "", "-", "a#b", "Null"] {
            assert_eq!(plain(text), format!("\"{text}\""));
        }
    }

    #[test]
    fn numbers_promise_no_more_than_two_digits() {
        assert_eq!(two_digits(123.4), 120.0);
        assert_eq!(two_digits(0.012345), 0.012);
        assert_eq!(milliseconds(0.0012345), "1.2ms");
        assert_eq!(milliseconds(0.02), "20ms");
    }
}
