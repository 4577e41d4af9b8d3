//! What the rows of a study's figures are called: once for all its replications.

use crate::cost::{NamespaceId, Owner};
use crate::id::{GroupId, Id, IdVec, WorkloadId};
use crate::intern::Symbol;
use crate::traffic::calls::{RouteId, ServiceId};
use crate::world::Cast;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An object of Kubernetes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ObjectName {
    /// Its namespace; empty where it has none.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// The names of everything that figures are about, in the order of their rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Names {
    /// Services, with the namespaces of the pods that serve them.
    pub services: IdVec<ServiceId, ObjectName>,
    /// Entry routes.
    pub routes: IdVec<RouteId, String>,
    /// Workloads.
    pub workloads: IdVec<WorkloadId, ObjectName>,
    /// HPAs in the cast's order, with the workload that each scales.
    pub hpas: Vec<(ObjectName, WorkloadId)>,
    /// Node groups.
    pub groups: IdVec<GroupId, String>,
    /// Namespaces that may have to pay, sorted.
    pub namespaces: IdVec<NamespaceId, String>,
}

impl Names {
    /// The names in a cast.
    pub fn of(cast: &Cast) -> Self {
        let text = |symbol: Symbol| cast.cluster.symbols.text(symbol);
        let object = |namespace: Option<Symbol>, name: &str| ObjectName {
            namespace: namespace.map_or("", text).to_owned(),
            name: name.to_owned(),
        };
        let specs = cast.cluster.specs().map(|(_, spec)| spec.namespace);
        let paying = specs.chain(cast.charges.iter().filter_map(|charge| charge.namespace));
        let paying = paying.chain(cast.workloads.values().map(|row| row.namespace));
        let namespaces: BTreeSet<&str> = paying.map(text).collect();
        let traffic = cast.traffic.as_ref();
        let service = |row: &crate::world::Service| {
            object(row.workload.map(|workload| cast.workloads[workload].namespace), &row.name)
        };
        let hpa = |hpa: &crate::world::Hpa| {
            (object(Some(cast.workloads[hpa.workload].namespace), text(hpa.name)), hpa.workload)
        };
        Names {
            services: traffic.into_iter().flat_map(|traffic| traffic.services.values()).map(service).collect(),
            routes: traffic
                .into_iter()
                .flat_map(|traffic| traffic.graph.routes().values())
                .map(|route| route.name.clone())
                .collect(),
            workloads: cast.workloads.values().map(|row| object(Some(row.namespace), text(row.name))).collect(),
            hpas: cast.hpas.iter().map(hpa).collect(),
            groups: cast.groups.values().map(|group| group.name.clone()).collect(),
            namespaces: namespaces.into_iter().map(str::to_owned).collect(),
        }
    }

    /// The number of a namespace.
    ///
    /// # Panics
    ///
    /// If no object of the cast lies in it.
    pub(super) fn namespace(&self, name: &str) -> NamespaceId {
        let at = self.namespaces.values().as_slice().binary_search_by(|known| known.as_str().cmp(name));
        NamespaceId::from_index(at.expect("whoever pays lies in a namespace of the cast"))
    }

    /// The owner's name: the namespace's, or OpenCost's `__idle__` and `__unallocated__`.
    pub fn owner(&self, owner: Owner) -> &str {
        match owner {
            Owner::Namespace(id) => &self.namespaces[id],
            Owner::Idle => Owner::IDLE,
            Owner::Unallocated => Owner::UNALLOCATED,
        }
    }
}
