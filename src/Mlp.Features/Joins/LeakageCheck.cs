using Apache.Arrow;
using DuckDB.NET.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Offline;
using Mlp.Runtime.Data;

namespace Mlp.Features.Joins;

/// <summary>
/// Checks a training set against the rules of <see cref="Visibility"/> without the join: the raw rows of the sampled keys are read and looked through one by one.
/// </summary>
internal sealed class LeakageCheck(OfflineStore store, FeatureCatalog catalog)
{
    private const int KeptDifferences = 100;

    internal async Task<LeakageReport> RunAsync(ITrainingSet set, int sampleCount, int seed, CancellationToken cancellationToken)
    {
        var manifest = set.Manifest;
        if (manifest.FeatureService is not { } reference || manifest.TimeColumn is not { } timeColumn)
        {
            throw new ArgumentException("Expected a training set that a feature service was joined to by time, but its manifest names no feature service or no time column.", nameof(set));
        }

        var service = catalog.GetService(reference.Name, reference.Version);
        if (service.Fingerprint != reference.Fingerprint)
        {
            throw new ArgumentException($"Expected a training set of {service} with fingerprint {service.Fingerprint[..8]}, but found {reference.Fingerprint[..8]}.", nameof(set));
        }

        var sample = await LeakageSample.TakeAsync(set, service, timeColumn, sampleCount, seed, cancellationToken).ConfigureAwait(false);
        var differences = new List<LeakageDifference>();
        long values = 0;
        long count = 0;
        foreach (var (view, index) in service.Views.Where(v => v.View is not null).Select((v, i) => (v, i)))
        {
            var history = await ReadHistoryAsync(view, sample, manifest, cancellationToken).ConfigureAwait(false);
            foreach (var row in sample.Rows)
            {
                var found = row.Views[index];
                var rows = history.Of(row, view);
                var expected = BruteForce.Answer(rows, row.Time, view.View!.TimeToLiveMicroseconds, manifest.JoinMode, view.Columns.Count);
                foreach (var column in Compare(view, service, expected, found, ref values))
                {
                    count++;
                    if (differences.Count < KeptDifferences)
                    {
                        differences.Add(new LeakageDifference(row.Number, view.Name, column, IsFromTheFuture(found, rows, row.Time, manifest.JoinMode)));
                    }
                }
            }
        }

        return new LeakageReport(sample.Rows.Count, values, differences, count);
    }

    private async Task<LeakageHistory> ReadHistoryAsync(FeatureServiceView view, LeakageSample sample, TrainingSetManifest manifest, CancellationToken cancellationToken)
    {
        var snapshot = store.Open(view.View!).GetSnapshot(manifest.Commits.FirstOrDefault(c => c.View == view.View!.Name && c.Version == view.View.Version)?.Commit);
        using var session = store.OpenSession();
        try
        {
            return await LeakageHistory.ReadAsync(session, snapshot, view, sample.Rows, cancellationToken).ConfigureAwait(false);
        }
        catch (DuckDBException e)
        {
            throw OfflineStore.Explain(e, session, [snapshot]);
        }
    }

    private static List<string> Compare(FeatureServiceView view, FeatureServiceDefinition service, in ViewAnswer expected, in ViewAnswer found, ref long values)
    {
        var columns = new List<string>();
        values += view.Columns.Count + 2;
        for (var i = 0; i < view.Columns.Count; i++)
        {
            if (!expected.Values[i].Equals(found.Values[i]))
            {
                columns.Add(service.Description.Layout.Columns[view.Columns[i].ColumnIndex].Name);
            }
        }

        if (expected.Status != found.Status)
        {
            columns.Add(TrainingSetColumns.StatusOf(view.Name));
        }

        if (expected.EventTime != found.EventTime)
        {
            columns.Add(TrainingSetColumns.EventTimeOf(view.Name));
        }

        return columns;
    }

    /// <summary>Whether the values that were found are those of a row that could not be seen yet.</summary>
    private static bool IsFromTheFuture(in ViewAnswer found, IReadOnlyList<HistoryRow> rows, long time, JoinMode mode)
    {
        if (found.EventTime > time)
        {
            return true;
        }

        foreach (var row in rows)
        {
            if (!BruteForce.IsVisible(row, time, mode) && found.Status == FeatureStatus.Present && row.Values.SequenceEqual(found.Values))
            {
                return true;
            }
        }

        return false;
    }
}
