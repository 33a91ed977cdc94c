using Mlp.Features;
using Mlp.Features.Joins;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Training.Evaluation;
using Quickstart.Data;
using Quickstart.Features;

namespace Quickstart.Stages;

/// <summary>Joins the features to the trips before the replay as they were known then, and recomputes 1,000 rows by brute force.</summary>
internal sealed class JoinStage(MlPlatform ml, TripPartition trips, QuickstartOptions options)
{
    private const int CheckedRows = 1_000;

    public async Task<Joined> RunAsync(IProgress<double> progress, CancellationToken cancellationToken)
    {
        var spine = TripSpine.Build(trips.History, trips.HistoryLabels);
        var complete = await ml.Features.CreateTrainingSetAsync(
            TaxiFeatures.BigTipper, spine, TripSpine.Time, TripSpine.Label, new() { Mode = JoinMode.CreatedTime }, cancellationToken);
        progress.Report(0.4);
        var requestOnly = await ml.Features.CreateTrainingSetAsync(
            TaxiFeatures.RequestOnly, spine, TripSpine.Time, TripSpine.Label, new() { Mode = JoinMode.CreatedTime }, cancellationToken);
        progress.Report(0.6);
        var leaks = await ml.Features.CheckLeakageAsync(complete, CheckedRows, options.Seed, cancellationToken);
        return new Joined(
            [complete, requestOnly],
            await TimeSplit.AtAsync(complete, trips.GateTime, cancellationToken),
            await TimeSplit.AtAsync(requestOnly, trips.GateTime, cancellationToken),
            leaks);
    }
}

/// <summary>The training sets, cut at the gate, and what the leakage check found.</summary>
internal sealed record Joined(IReadOnlyList<JoinedTrainingSet> Sets, TimeSplit Complete, TimeSplit RequestOnly, LeakageReport Leakage) : IDisposable
{
    public void Dispose()
    {
        foreach (var set in Sets)
        {
            set.Dispose();
        }
    }
}
