using Apache.Arrow;
using Mlp.Features;
using Mlp.Monitoring.Drift;
using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Reports;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Statistics;
using Mlp.Training.Evaluation;
using Quickstart.Data;
using Quickstart.Features;

namespace Quickstart.Stages;

/// <summary>Asks the offline store what the replayed trips should have seen, and compares: the logged inputs bit for bit, and the live AUC with the offline one.</summary>
internal sealed class VerifyStage(MlPlatform ml, TripPartition trips)
{
    public async Task<Verified> RunAsync(Published published, Trained trained, Replayed replayed, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var champion = published.Champion;
        var spine = TripSpine.Build(trips.Replay, trips.ReplayLabels);
        using var rows = await ml.Features.CreateTrainingSetAsync(TaxiFeatures.BigTipper, spine, TripSpine.Time, TripSpine.Label, new() { Mode = JoinMode.CreatedTime }, cancellationToken);
        using var requestOnly = await ml.Features.CreateTrainingSetAsync(TaxiFeatures.RequestOnly, spine, TripSpine.Time, TripSpine.Label, new() { Mode = JoinMode.CreatedTime }, cancellationToken);
        progress.Report(0.3);

        var onnx = await ml.Registry.ReadOnnxAsync(champion, cancellationToken);
        var offline = await Evaluator.EvaluateAsync(onnx, champion.Features!, champion.Output, rows, cancellationToken: cancellationToken);
        var withoutViews = await Evaluator.EvaluateAsync(trained.RequestOnly, requestOnly, cancellationToken: cancellationToken);
        progress.Report(0.5);

        var (logged, skewed, earlier) = await CompareWithLogAsync(rows, replayed, champion.Version, cancellationToken);
        var live = (await ml.Monitoring.EvaluateAsync(TaxiFeatures.BigTipper, champion.Version, cancellationToken: cancellationToken)).Single();
        var drift = await ml.Monitoring.DetectDriftAsync(TaxiFeatures.BigTipper, champion.Version, cancellationToken: cancellationToken);
        var report = await ReportAsync(champion.Version, cancellationToken);
        var statistics = ml.Monitoring.LogStatistics.Where(s => s.Model == TaxiFeatures.BigTipper).ToList();
        return new Verified(
            offline.Classification!,
            withoutViews.Classification!.Auc,
            live.BinaryClassification!.Auc,
            logged,
            skewed,
            earlier,
            statistics.Sum(s => s.Dropped),
            drift,
            report);
    }

    /// <summary>Writes how the champion is doing as a page that needs nothing else.</summary>
    private async Task<string> ReportAsync(int version, CancellationToken cancellationToken)
    {
        var path = Path.Combine(ml.Directory.Root, "report.html");
        var options = new ReportOptions { Version = version, Slices = { SliceDefinition.Feature("trip_payment_type") } };
        var report = await ml.Monitoring.CreateReportAsync(TaxiFeatures.BigTipper, options, cancellationToken);
        await report.WriteHtmlAsync(path, cancellationToken);
        return path;
    }

    private async Task<(int Logged, int Skewed, int Earlier)> CompareWithLogAsync(ITrainingSet rows, Replayed replayed, int version, CancellationToken cancellationToken)
    {
        var comparison = await PointInTimeRows.ReadAsync(rows, cancellationToken);
        var index = replayed.Ids.Select((id, i) => (id, i)).ToDictionary(pair => pair.id, pair => pair.i);
        var (logged, skewed, earlier) = (0, 0, 0);
        await foreach (var batch in ml.Monitoring.ReadPredictionsAsync(TaxiFeatures.BigTipper, version, cancellationToken: cancellationToken))
        {
            var ids = (Apache.Arrow.Arrays.FixedSizeBinaryArray)batch.Column(PredictionColumns.PredictionId);
            for (var row = 0; row < batch.Length; row++)
            {
                if (index.TryGetValue(Mlp.Runtime.Predictions.PredictionId.Read(ids.GetBytes(row)), out var trip))
                {
                    logged++;
                    skewed += comparison.Equals(trip, batch, row) ? 0 : 1;
                }
                else
                {
                    earlier++;
                }
            }
        }

        return (logged, skewed, earlier);
    }
}

/// <summary>What the replay looks like from the offline side.</summary>
internal sealed record Verified(
    BinaryClassificationMetrics Champion, double WithoutViewsAuc, double LiveAuc, int Logged, int Skewed, int Earlier, long Dropped, DriftReport Drift, string ReportPath);
