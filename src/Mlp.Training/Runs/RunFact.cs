namespace Mlp.Training.Runs;

/// <summary>An entry of a run other than a metric. A reader passes over properties that it does not know.</summary>
internal sealed record RunFact
{
    public DateTimeOffset Time { get; init; }

    /// <summary>A setting, where <see cref="Value"/> is its value.</summary>
    public string? Parameter { get; init; }

    /// <summary>A label, where <see cref="Value"/> is its value.</summary>
    public string? Tag { get; init; }

    public string? Value { get; init; }

    /// <summary>A file that was kept.</summary>
    public string? Artifact { get; init; }

    public string? Sha256 { get; init; }

    public long? ByteCount { get; init; }

    /// <summary>A model version that was made.</summary>
    public string? Model { get; init; }

    public int? Version { get; init; }

    /// <summary>The end.</summary>
    public RunStatus? Status { get; init; }

    public string? Reason { get; init; }

    /// <summary>Entries that are lost so far.</summary>
    public long? Lost { get; init; }
}
