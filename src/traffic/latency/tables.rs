//! The stationary tables that services of the same kind share.

use super::table::{Station, Table};
use std::sync::{Arc, Mutex, PoisonError};

/// Stationary tables shared by services and replications. Cloning shares.
#[derive(Clone, Debug, Default)]
pub struct LatencyTables {
    tables: Arc<Mutex<Vec<KnownTable>>>,
}

/// As many are kept: thousands of settings must not need ever more memory.
const MOST_KEPT: usize = 1024;

type KnownTable = (Station, Arc<Table>);

impl LatencyTables {
    pub(super) fn get(&self, station: Station) -> Arc<Table> {
        // A panic elsewhere leaves the list whole: tables are only ever added.
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, table)) = tables.iter().find(|(known, _)| *known == station) {
            return Arc::clone(table);
        }
        if tables.len() >= MOST_KEPT {
            tables.clear();
        }
        let table = Arc::new(Table::new(station));
        tables.push((station, Arc::clone(&table)));
        table
    }
}
