using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Arrays;
using Mlp.Features;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.PredictionLog;
using Mlp.PlatformChild;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Predictions;

namespace Mlp.Integration.Tests.Crash;

/// <summary>Reads back what a reopened platform holds and compares it with what was acknowledged: everything is there, nothing is torn, nothing is there twice.</summary>
internal sealed class PlatformContents(MlPlatform ml)
{
    public async Task AssertHoldsAsync(Acknowledged acknowledged)
    {
        await ml.Features.FlushAsync();
        AssertOffline(acknowledged);
        await AssertOnlineAsync(acknowledged);
        await AssertPredictionsAsync(acknowledged);
        await AssertLabelsAsync(acknowledged);
        await AssertRegistryAsync(acknowledged);
    }

    /// <summary>Ingesting again what may or may not have been acknowledged is what a client does after a crash.</summary>
    public async Task AssertRepeatedBatchChangesNothingAsync(long first)
    {
        var before = ReadOffline().Count;
        var repeated = await ml.Features.IngestAsync(AccountWorkload.Batch(first), AccountWorkload.BatchId(first));
        Assert.True(repeated.IsRepeated);
        Assert.Equal(before, ReadOffline().Count);
    }

    private void AssertOffline(Acknowledged acknowledged)
    {
        var rows = ReadOffline();
        Assert.All(rows, row => Assert.Equal((AccountActivity.HalfOf(row.Number), AccountActivity.TextOf(row.Number)), (row.Half, row.Text)));
        Assert.Equal(rows.Count, rows.Select(row => row.Number).Distinct().Count());

        var accounts = rows.ToDictionary(row => row.Number, row => row.Account);
        Assert.DoesNotContain(acknowledged.Pushes, push => accounts.GetValueOrDefault(push.Key) != push.Value);
        Assert.DoesNotContain(acknowledged.Batches.SelectMany(AccountWorkload.Batch), row => accounts.GetValueOrDefault(row.Number) != row.Account);

        // A batch that was not acknowledged is there as a whole or not at all.
        Assert.All(
            rows.Where(row => row.Account.StartsWith("batch", StringComparison.Ordinal)).GroupBy(row => row.Number / AccountWorkload.RowsPerBatch),
            batch => Assert.Equal(AccountWorkload.RowsPerBatch, batch.Count()));
    }

    private List<(string Account, long Number, float Half, string Text)> ReadOffline()
    {
        var snapshot = ml.Features.Offline.Open(ml.Features.Catalog.GetView("account_activity", version: null)).GetSnapshot();
        using var session = ml.Features.Offline.OpenSession();
        return session.Query($"SELECT account, number, half, text FROM {snapshot.Relation()}").ConvertAll(row => ((string)row[0]!, (long)row[1]!, (float)row[2]!, (string)row[3]!));
    }

    private async Task AssertOnlineAsync(Acknowledged acknowledged)
    {
        foreach (var (account, pushed) in acknowledged.Pushes.GroupBy(p => p.Value, p => p.Key).Select(g => (g.Key, g.Max())))
        {
            var rows = await ml.Features.ReadAsync(AccountPlatform.Service, new EntityValue[] { account }, AccountActivity.TimeOf(1_000_000_000));
            Assert.Equal([FeatureStatus.Present, FeatureStatus.Present], rows.Status.ToArray());
            Assert.True(rows.Int64[0] >= pushed, string.Create(CultureInfo.InvariantCulture, $"Expected {account} at {pushed} or later online, but found {rows.Int64[0]}."));
            Assert.Equal(AccountActivity.HalfOf(rows.Int64[0]), rows.Float32[0]);
        }
    }

    private async Task AssertPredictionsAsync(Acknowledged acknowledged)
    {
        var logged = new HashSet<PredictionId>();
        await foreach (var batch in ml.Monitoring.ReadPredictionsAsync(AccountPlatform.Model))
        {
            var ids = (FixedSizeBinaryArray)batch.Column(PredictionColumns.PredictionId);
            var (scores, numbers, halves) = ((DoubleArray)batch.Column(PredictionColumns.Score), (Int64Array)batch.Column(PredictionColumns.FeatureOf("number")), (FloatArray)batch.Column(PredictionColumns.FeatureOf("half")));
            for (var row = 0; row < batch.Length; row++)
            {
                var id = PredictionId.Read(ids.GetBytes(row));
                Assert.True(logged.Add(id), $"Prediction {id} is in the log twice.");
                var number = numbers.GetValue(row);
                Assert.Equal(number is { } known ? AccountActivity.HalfOf(known) : null, halves.GetValue(row));
                var score = number is null ? AccountWorkload.NoScore : scores.GetValue(row)!.Value;
                Assert.Equal(number is { } n ? AccountPlatform.ScoreOf(n) : AccountWorkload.NoScore, score);
                Assert.Equal(acknowledged.Predictions.GetValueOrDefault(id, score), score);
            }
        }

        Assert.Empty(acknowledged.Predictions.Keys.Except(logged));
    }

    private async Task AssertLabelsAsync(Acknowledged acknowledged)
    {
        var recorded = new Dictionary<PredictionId, double>();
        await foreach (var batch in ml.Monitoring.ReadLabelsAsync())
        {
            var ids = (FixedSizeBinaryArray)batch.Column(LabelColumns.PredictionId);
            var values = (DoubleArray)batch.Column(LabelColumns.Value);
            for (var row = 0; row < batch.Length; row++)
            {
                recorded.Add(PredictionId.Read(ids.GetBytes(row)), values.GetValue(row)!.Value);
            }
        }

        Assert.Empty(acknowledged.Labels.Except(recorded));
    }

    private async Task AssertRegistryAsync(Acknowledged acknowledged)
    {
        var versions = ml.Registry.ListVersions(AccountPlatform.Model);
        Assert.Equal(Enumerable.Range(1, versions.Count), versions);
        Assert.Empty(acknowledged.Versions.Except(versions));
        foreach (var version in versions)
        {
            // Reading checks the hash.
            Assert.NotEmpty(await ml.Registry.ReadOnnxAsync(ml.Registry.FindVersion(AccountPlatform.Model, version)!));
        }

        if (acknowledged.Moves.Count > 0)
        {
            var alias = ml.Registry.FindAlias(AccountPlatform.Model, AccountPlatform.Champion)!;
            var (revision, moved) = acknowledged.Moves.MaxBy(move => move.Key);
            Assert.True(alias.Revision >= revision);
            Assert.Contains(alias.Version, versions);
            Assert.Equal(alias.Revision == revision ? moved : alias.Version, alias.Version);
        }
    }
}
