namespace Mlp.Features.Tests.Joins;

/// <summary>An entity and the time, in microseconds from the start, for which <see cref="HistoryModel"/> is asked about it.</summary>
public sealed record HistoryAsk(string? Name, long? Area, int Time);
