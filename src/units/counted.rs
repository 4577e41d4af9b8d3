//! Numbers of things, for people.

/// `1 loop`, `3 loops`, `12,000 pods`: the number with thousands grouped, and the thing in the plural unless there is one.
pub fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{} {what}s", grouped(count as u64)) }
}

/// `1,234,567`.
pub fn grouped(value: u64) -> String {
    let whole = value.to_string();
    let mut text = String::with_capacity(whole.len() * 4 / 3);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_a_thing_is_singular() {
        assert_eq!(["replication", "loop"].map(|what| counted(1, what)), ["1 replication", "1 loop"]);
        assert_eq!([counted(0, "gap"), counted(1_234_567, "pod")], ["0 gaps", "1,234,567 pods"]);
    }
}
