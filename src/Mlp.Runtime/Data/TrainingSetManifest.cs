namespace Mlp.Runtime.Data;

/// <summary>What a training set is made of, so that the same manifest means the same rows. Immutable.</summary>
public sealed record TrainingSetManifest
{
    /// <summary>The newest manifest format this version writes and reads.</summary>
    public const int CurrentFormatVersion = 1;

    /// <summary>Format of the manifest.</summary>
    public int FormatVersion { get; init; } = CurrentFormatVersion;

    /// <summary>The feature service that was joined; null when the rows come from elsewhere.</summary>
    public FeatureServiceReference? FeatureService { get; init; }

    /// <summary>The feature columns, in the service's order.</summary>
    public required IReadOnlyList<FeatureColumn> Features { get; init; }

    /// <summary>The entity key columns.</summary>
    public IReadOnlyList<KeyColumn> Keys { get; init; } = [];

    /// <summary>Name of the label column; null when there is none.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>Name of the column with the time of each row (int64 microseconds or an Arrow timestamp); null when rows have no time.</summary>
    public string? TimeColumn { get; init; }

    /// <summary>Which values a row could see.</summary>
    public JoinMode JoinMode { get; init; } = JoinMode.EventTime;

    /// <summary>The commit of each feature view that was read, by view name.</summary>
    public IReadOnlyDictionary<string, long> Commits { get; init; } = new Dictionary<string, long>();

    /// <summary>Number of rows.</summary>
    public required long RowCount { get; init; }

    /// <summary>SHA-256 over schema and values, independent of how the rows are cut into batches; 64 lower-case hexadecimal digits.</summary>
    public required string ContentHash { get; init; }

    /// <summary>When the set was made, UTC.</summary>
    public DateTimeOffset CreatedAt { get; init; }
}
