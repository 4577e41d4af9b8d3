//! Logs whose columns are named by a line `#Fields:`, as CloudFront and IIS write them.

/// Where the columns are that count.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scenario::recorded_traffic) struct Fields {
    date: usize,
    time: usize,
    path: usize,
    status: usize,
}

impl Fields {
    /// Of the line that names them.
    pub(super) fn declared(line: &str) -> Option<Fields> {
        let names: Vec<&str> = line.strip_prefix("#Fields:")?.split_whitespace().collect();
        let place = |name: &str| names.iter().position(|known| *known == name);
        let fields = Fields {
            date: place("date")?,
            time: place("time")?,
            path: place("cs-uri-stem")?,
            status: place("sc-status")?,
        };
        // A date and a time side by side are read as one text.
        (fields.time == fields.date + 1).then_some(fields)
    }

    /// Date and time, what was asked for, and the status.
    pub(super) fn read<'l>(&self, line: &'l str) -> Option<(&'l str, &'l str, u16)> {
        let mark = if line.contains('\t') { '\t' } else { ' ' };
        let cells: Vec<(usize, &str)> = line
            .split(mark)
            .scan(0, |at, cell| {
                let begin = *at;
                *at += cell.len() + 1;
                Some((begin, cell))
            })
            .collect();
        let (date, time) = (cells.get(self.date)?, cells.get(self.time)?);
        let status = cells.get(self.status)?.1;
        let status = if status == "000" || status == "-" { 0 } else { status.parse().ok()? };
        Some((line.get(date.0..time.0 + time.1.len())?, cells.get(self.path)?.1, status))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_columns_are_found() {
        let fields =
            Fields::declared("#Fields: date time x-edge sc-bytes cs-uri-stem sc-status").expect("all are there");
        let line = "2026-01-01\t00:00:07\tFRA\t123\t/a.png\t304";
        assert_eq!(fields.read(line), Some(("2026-01-01\t00:00:07", "/a.png", 304)));
        assert_eq!(fields.read("2026-01-01\t00:00:07\tFRA"), None);
        assert_eq!(Fields::declared("#Fields: date time"), None);
    }
}
