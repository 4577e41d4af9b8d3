//! The whole check, for programs.

use super::model::CheckResult;

/// Everything, as it is kept in the model.
pub fn check_json(result: &CheckResult) -> String {
    // A map has only texts as keys and no value of the model refuses to be written.
    serde_json::to_string_pretty(result).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::fixture::failed;
    use super::*;

    #[test]
    fn a_check_can_be_read_again() {
        let result = failed();
        let read: CheckResult = serde_json::from_str(&check_json(&result)).expect("what was written");
        assert_eq!(read, result);
    }
}
