using Mlp.Monitoring.Figures;

namespace Mlp.Monitoring.Drift;

/// <summary>The inputs and the score of a model version in production against its reference profile. Immutable.</summary>
public sealed record DriftReport
{
    /// <summary>Model name.</summary>
    public required string Model { get; init; }

    /// <summary>Model version.</summary>
    public required int Version { get; init; }

    /// <summary>First request time asked for; null for the beginning.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Request time up to which was asked, exclusive; null for the end.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Rows of the reference; of rows that sampling picked, as many as tests count on.</summary>
    public required long ReferenceRowCount { get; init; }

    /// <summary>Predictions compared: those that the model answered.</summary>
    public required long RowCount { get; init; }

    /// <summary>The features and the score, most drifted first.</summary>
    public required IReadOnlyList<FeatureDrift> Features { get; init; }

    /// <summary>Features without a comparison: the reference has no profile of them, or one of another kind, or the log redacts them. Vectors are always among them: a bin of single elements would say little of an embedding.</summary>
    public required IReadOnlyList<string> NotCompared { get; init; }

    /// <summary>Why there is nothing to say, in a sentence; null where there is.</summary>
    public string? Problem { get; init; }

    /// <summary>What is different about the comparison, in sentences: of a reference of rows that were picked, how many they count as; features that sketches cannot decide on. Usually empty.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What was found wrong, worst first: drift of features, of the score and of the predicted class, drift of the whole vector, and data quality.</summary>
    public IReadOnlyList<Finding> Findings { get; init; } = [];

    /// <summary>The tests of the whole vector; empty where the reference is a profile, which keeps no rows.</summary>
    public IReadOnlyList<VectorDrift> Vector { get; init; } = [];

    /// <summary>The worst verdict on any feature or the score.</summary>
    public DriftSeverity Severity => Features.Count == 0 ? DriftSeverity.Undetermined : Features.Max(f => f.Severity);

    /// <summary>The comparison of one feature.</summary>
    /// <param name="name">Feature name.</param>
    /// <returns>The comparison, or null if there is none.</returns>
    public FeatureDrift? Find(string name) => Features.FirstOrDefault(f => !f.IsScore && f.Name == name);
}
