using Mlp.Features.Definitions;

namespace Mlp.CrashChild;

/// <summary>What <see cref="OfflineIngestScenario"/> takes in.</summary>
[FeatureView("ingested", CreatedTimeEqualsEventTime = true)]
public sealed record IngestedRow([EntityKey] long Id, [EventTimestamp] DateTimeOffset At, [Feature] long Batch, [Feature] string Text);
