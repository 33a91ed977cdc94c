using Apache.Arrow;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Labels.Joins;
using Mlp.Runtime.Data;
using Mlp.Runtime.Predictions;
using Mlp.TestSupport;

namespace Mlp.Monitoring.Tests.Labels;

public sealed class LabelJoinTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TempDirectory _folder = new();
    private readonly LabelBatch _batch = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, false)]
    [InlineData(10_000_000, true)]
    public void Run_CorrectedRetractedAndEntityLabels_GivesWhatASearchGives(long expectedLabelCount, bool many)
    {
        var random = new Random(6);
        var rowCount = many ? 60_000 : 2_000;
        EntityValue[] KeyOf(int i) => ["x", i % 500];
        var labels = new List<Label>();
        for (var i = 0; i < 2 * rowCount; i++)
        {
            var (number, value, observed) = (random.Next(rowCount + 500), random.Next(9) == 0 ? (double?)null : random.Next(1_000), Noon.AddSeconds(random.Next(50)));
            labels.Add(random.Next(4) == 0
                ? Label.ForEntity("m", KeyOf(number), Microseconds.ToDateTimeOffset(number % 1_000), value, observed)
                : Label.ForPrediction(TestModels.Id(number), value, observed, random.Next(5) == 0 ? "other" : Label.DefaultName));
        }

        using var join = new LabelJoin(_folder.FullName, [Label.DefaultName], expectedLabelCount, sliceCount: 1, valueCount: 2);
        for (var start = 0; start < labels.Count; start += 4_096)
        {
            join.AddLabels(_batch.Build(labels.Slice(start, Math.Min(4_096, labels.Count - start)).ToArray(), Noon));
        }

        var hash = new System.IO.Hashing.XxHash128();
        var keyBytes = new byte[64];
        PredictionId EntityOf(int i) => LabelTarget.OfEntity(hash, "m", keyBytes.AsSpan(0, EntityKeyEncoding.Encode(KeyOf(i), keyBytes)), i % 1_000);
        for (var i = 0; i < rowCount; i++)
        {
            join.AddRow(new JoinedRow { RequestId = TestModels.Id(i), Entity = i % 3 == 0 ? default : EntityOf(i), Score = i, Label = double.NaN }, [i], [i + 0.25, i + 0.5]);
        }

        var found = new Dictionary<int, double>();
        var statistics = join.Run(
            (in JoinedRow row, ReadOnlySpan<int> slices, ReadOnlySpan<double> values) =>
            {
                Assert.Equal((row.Score, row.Score + 0.25, row.Score + 0.5), (slices[0], values[0], values[1]));
                found.Add(slices[0], row.Label);
            },
            default);

        // The rule, by brute force: the label observed last, then the one recorded last, which is the later one of the list.
        var byId = new Dictionary<PredictionId, (DateTimeOffset Observed, int Order, double? Value)>();
        for (var order = 0; order < labels.Count; order++)
        {
            var label = labels[order];
            if (label.Name != Label.DefaultName)
            {
                continue;
            }

            var target = label.PredictionId ?? LabelTarget.OfEntity(
                hash, "m", keyBytes.AsSpan(0, EntityKeyEncoding.Encode(label.EntityKey.Span, keyBytes)), Microseconds.FromRequestTime(label.EventTime!.Value));
            if (!byId.TryGetValue(target, out var known) || label.ObservedAt >= known.Observed)
            {
                byId[target] = (label.ObservedAt, order, label.Value);
            }
        }

        Assert.Equal(rowCount, found.Count);
        for (var i = 0; i < rowCount; i++)
        {
            var own = byId.TryGetValue(TestModels.Id(i), out var a) ? a : (DateTimeOffset.MinValue, -1, null);
            var ofEntity = i % 3 != 0 && byId.TryGetValue(EntityOf(i), out var b) ? b : (DateTimeOffset.MinValue, -1, null);
            var counts = (ofEntity.Item1, ofEntity.Item2).CompareTo((own.Item1, own.Item2)) > 0 ? ofEntity : own;
            Assert.Equal(counts.Item3 ?? double.NaN, found[i]);
        }

        Assert.Equal(byId.Count(l => l.Value.Value is not null && Enumerable.Range(rowCount, 500).Any(n => TestModels.Id(n) == l.Key)), statistics.UnknownCount);
        var entities = Enumerable.Range(0, rowCount).Where(i => i % 3 != 0).Select(EntityOf).ToHashSet();
        var ids = labels.Where(l => l.PredictionId is not null).Select(l => l.PredictionId!.Value).ToHashSet();
        Assert.Equal(byId.Count(l => l.Value.Value is not null && !ids.Contains(l.Key) && !entities.Contains(l.Key)), statistics.UnknownEntityCounts.GetValueOrDefault("m"));
        Assert.Equal((labels.Count(l => l.Name == Label.DefaultName), rowCount), (statistics.LabelCount, statistics.RowCount));
        Assert.Equal(many, statistics.SpilledByteCount > 0);
    }

    [Fact]
    public void Run_ObservedAtTheSameTime_TheLabelRecordedLastCounts()
    {
        using var join = new LabelJoin(_folder.FullName, [Label.DefaultName], 10);
        Label[] late = [Label.ForPrediction(TestModels.Id(1), 1, Noon)];
        Label[] early = [Label.ForPrediction(TestModels.Id(1), 0, Noon)];

        // What was recorded later is read first, and has the smaller id.
        join.AddLabels(_batch.Build(late, Noon.AddHours(1)));
        join.AddLabels(_batch.Build(early, Noon));
        join.AddRow(new JoinedRow { RequestId = TestModels.Id(1), Label = double.NaN });

        var found = new List<double>();
        join.Run((in JoinedRow row, ReadOnlySpan<int> _, ReadOnlySpan<double> _) => found.Add(row.Label), default);

        Assert.Equal([1.0], found);
    }

    [Fact]
    public void Dispose_AfterASpill_LeavesNoFile()
    {
        using (var join = new LabelJoin(_folder.FullName, [Label.DefaultName], 0))
        {
            for (var i = 0; i < 50_000; i++)
            {
                join.AddRow(new JoinedRow { RequestId = TestModels.Id(i) });
            }

            var rows = 0;
            Assert.True(join.Run((in JoinedRow row, ReadOnlySpan<int> slices, ReadOnlySpan<double> values) => rows++, default).SpilledByteCount > 1_000_000);
            Assert.Equal(50_000, rows);

            // Where a file can be used without a name, it has none from the start: a process that is killed leaves nothing behind.
            if (!OperatingSystem.IsWindows())
            {
                Assert.Empty(Directory.EnumerateFiles(_folder.FullName, "*", SearchOption.AllDirectories));
            }
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.FullName));
    }
}
