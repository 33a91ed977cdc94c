using Mlp.Features;
using Mlp.Runtime.Hosting;
using Quickstart.Data;
using Quickstart.Features;

namespace Quickstart.Stages;

/// <summary>Brings the feature rows that were known before the replay into the offline store, and the latest of each entity into the online store.</summary>
internal sealed class IngestStage(MlPlatform ml, TripPartition trips)
{
    public async Task<Ingested> RunAsync(IProgress<double> progress, CancellationToken cancellationToken)
    {
        var companies = TripHistory.OfCompanies(trips.Source.Trips).Where(r => r.CreatedTime <= trips.ReplayTime).ToList();
        var areas = TripHistory.OfAreas(trips.Source.Trips).Where(r => r.CreatedTime <= trips.ReplayTime).ToList();
        progress.Report(0.2);

        // The batch ids make a second run a no-op.
        var first = await ml.Features.IngestAsync(companies, $"{trips.Source.BatchId}-companies", cancellationToken);
        progress.Report(0.5);
        var second = await ml.Features.IngestAsync(areas, $"{trips.Source.BatchId}-areas", cancellationToken);
        progress.Report(0.7);

        // The replay goes back in time, and what the online store knew at the end of an earlier replay lies in the future of this one. The offline store keeps everything.
        await ml.Features.ClearOnlineAsync("company_stats", cancellationToken: cancellationToken);
        await ml.Features.ClearOnlineAsync("area_stats", cancellationToken: cancellationToken);
        await ml.Features.MaterializeAsync("company_stats", trips.ReplayTime, cancellationToken: cancellationToken);
        await ml.Features.MaterializeAsync("area_stats", trips.ReplayTime, cancellationToken: cancellationToken);

        var results = new[] { first, second };
        return new Ingested(results.Where(r => !r.IsRepeated).Sum(r => r.RowCount), results.Where(r => r.IsRepeated).Sum(r => r.RowCount));
    }
}

/// <summary>Feature rows that were taken in now, and those that were there before.</summary>
internal sealed record Ingested(long RowCount, long RepeatedRowCount);
