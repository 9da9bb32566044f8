"""Every kind of query that PostHog has. Source: published schema of October 2025."""

from __future__ import annotations

from typing import Final

KINDS: Final = frozenset(
    {
        *("EventsNode", "ActionsNode", "PersonsNode", "DataWarehouseNode", "EventsQuery", "ActorsQuery"),
        *("GroupsQuery", "InsightActorsQuery", "InsightActorsQueryOptions", "SessionsTimelineQuery"),
        *("HogQuery", "HogQLQuery", "HogQLMetadata", "HogQLAutocomplete", "HogQLASTQuery"),
        *("SessionAttributionExplorerQuery", "RevenueExampleEventsQuery"),
        *("RevenueExampleDataWarehouseTablesQuery", "ErrorTrackingQuery"),
        *("ErrorTrackingSimilarIssuesQuery", "ErrorTrackingIssueCorrelationQuery"),
        *("ExperimentFunnelsQuery", "ExperimentTrendsQuery", "ExperimentQuery", "ExperimentExposureQuery"),
        *("DocumentSimilarityQuery", "WebOverviewQuery", "WebStatsTableQuery"),
        *("WebExternalClicksTableQuery", "WebGoalsQuery", "WebVitalsQuery", "WebVitalsPathBreakdownQuery"),
        *("WebPageURLSearchQuery", "WebAnalyticsExternalSummaryQuery", "RevenueAnalyticsGrossRevenueQuery"),
        *("RevenueAnalyticsMetricsQuery", "RevenueAnalyticsMRRQuery", "RevenueAnalyticsOverviewQuery"),
        *("RevenueAnalyticsTopCustomersQuery", "MarketingAnalyticsTableQuery"),
        *("MarketingAnalyticsAggregatedQuery", "DataVisualizationNode", "DataTableNode"),
        *("SavedInsightNode", "InsightVizNode", "TrendsQuery", "FunnelsQuery", "RetentionQuery"),
        *("PathsQuery", "StickinessQuery", "LifecycleQuery", "FunnelCorrelationQuery"),
        *("DatabaseSchemaQuery", "LogsQuery", "SuggestedQuestionsQuery", "TeamTaxonomyQuery"),
        *("EventTaxonomyQuery", "ActorsPropertyTaxonomyQuery", "TracesQuery", "TraceQuery"),
        *("VectorSearchQuery", "UsageMetricsQuery"),
    }
)
