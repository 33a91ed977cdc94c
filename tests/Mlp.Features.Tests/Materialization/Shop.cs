using Mlp.Features.Definitions;

namespace Mlp.Features.Tests.Materialization;

[FeatureView("shop")]
public sealed record Shop(
    [EntityKey] string? Id,
    [EventTimestamp] DateTimeOffset At,
    [CreatedTimestamp] DateTimeOffset KnownAt,
    [Feature] float? Sales);

[FeatureView("visitor")]
public sealed record Visitor(
    [EntityKey] Guid VisitorId,
    [EntityKey] long Site,
    [EventTimestamp] DateTimeOffset At,
    [Feature] int? Visits,
    [Feature] string? Country);
