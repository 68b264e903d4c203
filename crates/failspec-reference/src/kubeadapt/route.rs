//! Routing of requests to operations. The API only reads.

/// An operation with its path parameter, decoded but not yet validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation<'a> {
    ListClusters,
    GetCluster { id: &'a str },
    GetClusterDashboard { id: &'a str },
    GetCostDistribution { id: &'a str },
    ListWorkloads,
    GetWorkloadMetrics { uid: &'a str },
    ListNodes,
    ListNamespaces,
    ListRecommendations,
    GetOverview,
    GetDashboard,
    ListTeamCosts,
}

impl Operation<'_> {
    /// The scope that a key needs (site).
    pub(super) fn scope(self) -> &'static str {
        match self {
            Self::ListClusters
            | Self::GetCluster { .. }
            | Self::GetClusterDashboard { .. }
            | Self::GetCostDistribution { .. } => "clusters:read",
            Self::ListWorkloads | Self::GetWorkloadMetrics { .. } => "workloads:read",
            Self::ListNodes => "nodes:read",
            Self::ListNamespaces => "namespaces:read",
            Self::ListRecommendations => "recommendations:read",
            Self::GetOverview | Self::GetDashboard => "overview:read",
            Self::ListTeamCosts => "costs:teams:read",
        }
    }
}

/// Finds the operation under `/v1` (site). An empty segment is not a parameter.
pub(super) fn find<'a>(segments: &[&'a str]) -> Option<Operation<'a>> {
    use Operation as Op;
    Some(match *segments {
        ["v1", "clusters"] => Op::ListClusters,
        ["v1", .., ""] | ["v1", _, "", ..] => return None,
        ["v1", "clusters", id] => Op::GetCluster { id },
        ["v1", "clusters", id, "dashboard"] => Op::GetClusterDashboard { id },
        ["v1", "clusters", id, "cost-distribution"] => Op::GetCostDistribution { id },
        ["v1", "workloads"] => Op::ListWorkloads,
        ["v1", "workloads", uid, "metrics"] => Op::GetWorkloadMetrics { uid },
        ["v1", "nodes"] => Op::ListNodes,
        ["v1", "namespaces"] => Op::ListNamespaces,
        ["v1", "recommendations"] => Op::ListRecommendations,
        ["v1", "overview"] => Op::GetOverview,
        ["v1", "dashboard"] => Op::GetDashboard,
        ["v1", "costs", "teams"] => Op::ListTeamCosts,
        _ => return None,
    })
}
