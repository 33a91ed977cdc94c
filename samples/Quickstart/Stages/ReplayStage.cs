using System.Diagnostics;
using Mlp.Features;
using Mlp.Features.Online;
using Mlp.Monitoring.Hosting;
using Mlp.Monitoring.Labels;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Predictions;
using Quickstart.Data;
using Quickstart.Features;

namespace Quickstart.Stages;

/// <summary>
/// Lives through the last trips in the order of time: feature rows are pushed when they become known, each trip is asked about at its start, and its outcome is recorded as a
/// label at its end.
/// </summary>
internal sealed class ReplayStage(MlPlatform ml, TripPartition trips, SimulatedClock clock)
{
    /// <summary>Pushed rows go to the online store one by one and to the offline store in batches, whose ids make a second run a no-op.</summary>
    private const int TripsPerBatch = 1_000;

    private readonly Queue<CompanyStats> _companies = new(InOrderOfKnowledge(TripHistory.OfCompanies(trips.Source.Trips), r => r.CreatedTime, trips.ReplayTime));
    private readonly Queue<AreaStats> _areas = new(InOrderOfKnowledge(TripHistory.OfAreas(trips.Source.Trips), r => r.CreatedTime, trips.ReplayTime));
    private readonly PriorityQueue<Label, DateTimeOffset> _labels = new();
    private readonly List<CompanyStats> _companyBatch = [];
    private readonly List<AreaStats> _areaBatch = [];
    private int _batch;
    private int _labelled;

    public async Task<Replayed> RunAsync(Published published, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var model = ml.GetModel(TaxiFeatures.BigTipper);
        var (replay, labels) = (trips.Replay, trips.ReplayLabels);
        var ids = new List<PredictionId>(replay.Count);
        var latencies = new List<TimeSpan>(replay.Count);
        for (var i = 0; i < replay.Count; i++)
        {
            var trip = replay[i];
            clock.AdvanceTo(trip.Start);
            await PushKnownAsync(trip.Start, cancellationToken);
            await RecordLabelsAsync(trip.Start, cancellationToken);

            var (keys, request) = (new TripKeys(trip.Company, trip.PickupArea), TripRequests.Of(trip));
            var started = Stopwatch.GetTimestamp();
            var prediction = await model.PredictAsync(keys, request, PredictionOptions.At(trip.Start), cancellationToken);
            latencies.Add(Stopwatch.GetElapsedTime(started));

            ids.Add(prediction.Id);
            _labels.Enqueue(Label.ForPrediction(prediction.Id, labels[i], trip.End), trip.End);
            if ((i + 1) % TripsPerBatch == 0)
            {
                await IngestPushedAsync(cancellationToken);
                progress.Report((double)i / replay.Count);
            }
        }

        await IngestPushedAsync(cancellationToken);
        var end = replay.Max(t => t.End);
        clock.AdvanceTo(end);
        await RecordLabelsAsync(end, cancellationToken);
        await ml.Monitoring.FlushAsync(TaxiFeatures.BigTipper, cancellationToken);
        return new Replayed(ids, latencies, _labelled);
    }

    private static IOrderedEnumerable<TRow> InOrderOfKnowledge<TRow>(IEnumerable<TRow> rows, Func<TRow, DateTimeOffset> created, DateTimeOffset after)
        => rows.Where(r => created(r) > after).OrderBy(created);

    private async Task PushKnownAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var companies = Take(_companies, r => r.CreatedTime <= now);
        var areas = Take(_areas, r => r.CreatedTime <= now);
        var pushes = new List<Task>(2);
        if (companies.Count > 0)
        {
            pushes.Add(ml.Features.PushAsync(companies, PushTarget.Online, cancellationToken).AsTask());
            _companyBatch.AddRange(companies);
        }

        if (areas.Count > 0)
        {
            pushes.Add(ml.Features.PushAsync(areas, PushTarget.Online, cancellationToken).AsTask());
            _areaBatch.AddRange(areas);
        }

        await Task.WhenAll(pushes);
    }

    private async Task IngestPushedAsync(CancellationToken cancellationToken)
    {
        await ml.Features.IngestAsync(_companyBatch, $"{trips.Source.BatchId}-companies-{_batch}", cancellationToken);
        await ml.Features.IngestAsync(_areaBatch, $"{trips.Source.BatchId}-areas-{_batch}", cancellationToken);
        _companyBatch.Clear();
        _areaBatch.Clear();
        _batch++;
    }

    private async Task RecordLabelsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var due = new List<Label>();
        while (_labels.TryPeek(out var label, out var known) && known <= now)
        {
            due.Add(label);
            _labels.Dequeue();
        }

        if (due.Count > 0)
        {
            await ml.Monitoring.RecordLabelsAsync(due.ToArray(), cancellationToken);
            _labelled += due.Count;
        }
    }

    private static List<TRow> Take<TRow>(Queue<TRow> rows, Func<TRow, bool> isDue)
    {
        var due = new List<TRow>();
        while (rows.TryPeek(out var row) && isDue(row))
        {
            due.Add(rows.Dequeue());
        }

        return due;
    }
}

/// <summary>One prediction id and one latency per replayed trip, and how many labels were recorded.</summary>
internal sealed record Replayed(IReadOnlyList<PredictionId> Ids, IReadOnlyList<TimeSpan> Latencies, int LabelCount);
