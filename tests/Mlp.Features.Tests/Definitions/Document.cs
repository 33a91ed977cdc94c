using Mlp.Features.Definitions;

namespace Mlp.Features.Tests.Definitions;

[FeatureView("document", CreatedTimeEqualsEventTime = true)]
public sealed record Document(
    [EntityKey] long Id,
    [EventTimestamp] DateTimeOffset At,
    [Feature(Length = 3)] float[]? Embedding,
    [Feature(Length = 2)] ReadOnlyMemory<float>? Title,
    [Feature] float Rank);
