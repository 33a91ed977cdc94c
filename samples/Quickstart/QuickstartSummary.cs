using Mlp.Runtime.Statistics;

namespace Quickstart;

/// <summary>What a run found.</summary>
internal sealed record QuickstartSummary
{
    public required string Source { get; init; }

    /// <summary>Trips at the beginning that only fill the feature views.</summary>
    public required int WarmUpTrips { get; init; }

    public required int TrainingRows { get; init; }

    public required int GateRows { get; init; }

    public required int ReplayRows { get; init; }

    public required long IngestedFeatureRows { get; init; }

    public required long IngestedBefore { get; init; }

    public required long CheckedForLeaks { get; init; }

    public required long Leaks { get; init; }

    public required double PaymentTypeAuc { get; init; }

    public required double WithoutViewsAuc { get; init; }

    public required BinaryClassificationMetrics Champion { get; init; }

    /// <summary>AUC of the true probabilities; null where nobody knows them.</summary>
    public double? OptimumAuc { get; init; }

    /// <summary>The AUC that honest models are known to reach on these trips; null where nobody has tried.</summary>
    public (double Lowest, double Highest)? KnownAuc { get; init; }

    /// <summary>Whether the outcomes were dealt out anew, so that there is nothing to find.</summary>
    public bool IsShuffled { get; init; }

    public required double ExportDifference { get; init; }

    public required double ExportTolerance { get; init; }

    public required int ModelVersion { get; init; }

    public required int ChampionVersion { get; init; }

    public required string GateVerdict { get; init; }

    public required bool IsPromoted { get; init; }

    public required double PredictionsPerSecond { get; init; }

    public required TimeSpan LatencyMedian { get; init; }

    public required TimeSpan LatencyP99 { get; init; }

    public required long Logged { get; init; }

    public required long Dropped { get; init; }

    public required long Labelled { get; init; }

    public required double LiveAuc { get; init; }

    /// <summary>Predictions of the champion by earlier runs on this directory; live quality is that of all of them.</summary>
    public required long EarlierPredictions { get; init; }

    /// <summary>Whether an earlier run was stopped in its replay, so that the live AUC is not of the same rows as the offline one. Whole replays of the same trips leave it as it is.</summary>
    public bool IsLiveOfOtherRows => EarlierPredictions % ReplayRows != 0;

    /// <summary>Logged predictions whose inputs differ, in bits or status, from the point-in-time rows.</summary>
    public required long SkewedRows { get; init; }

    /// <summary>Features by population stability index, the most drifted first.</summary>
    public required IReadOnlyList<(string Feature, double Psi)> Drift { get; init; }

    /// <summary>The feature that was made to drift; null when none was.</summary>
    public string? PlantedDrift { get; init; }

    /// <summary>The monitoring report of the champion.</summary>
    public required string ReportPath { get; init; }

    public required string DataDirectory { get; init; }

    public required TimeSpan Elapsed { get; init; }

    /// <summary>What did not hold, a sentence each; empty for a good run.</summary>
    public required IReadOnlyList<string> Failures { get; init; }
}
