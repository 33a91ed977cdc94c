using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.Labels;
using Mlp.Monitoring.Performance;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Redaction;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Tests.Performance;

/// <summary>A log, labels and live quality over them, with a clock of their own.</summary>
public abstract class LogEvaluationFixture : IDisposable
{
    private protected static readonly FeatureRowLayout Layout = new([new("amount", FeatureType.Float32, "v"), new("channel", FeatureType.String, "v")]);
    private protected static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private protected LogEvaluationFixture()
    {
        Labels = new LabelStore(Log.Directory, DiskSync.Instance, TimeProvider.System, NullLogger<LabelStore>.Instance);
        Performance = new LivePerformance(Log.Directory, Labels, 1_000, Clock);
    }

    private protected LogHarness Log { get; } = new();

    private protected LabelStore Labels { get; }

    private protected FakeTimeProvider Clock { get; } = new(Noon.AddDays(1));

    private protected LivePerformance Performance { get; }

    public void Dispose()
    {
        Labels.Dispose();
        Performance.Dispose();
        Log.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static void Record(IPredictionSink sink, long number, double score, DateTimeOffset time, int area = 1, string? tag = null, float amount = 1)
        => Record(sink, number, [score], time, area, tag, amount);

    private protected static void Record(IPredictionSink sink, long number, double[] scores, DateTimeOffset time, int area = 1, string? tag = null, float amount = 1)
    {
        var rows = new FeatureRows(Layout, 1);
        rows.StatusOf(0)[0] = FeatureStatus.Present;
        rows.Float32Of(0)[0] = amount;
        rows.StatusOf(0)[1] = FeatureStatus.Present;
        rows.SetString(0, 0, $"c{number % 2}");
        sink.Record(new PredictionRecord
        {
            Id = TestModels.Id(number),
            EventTime = Microseconds.FromRequestTime(time),
            RequestTime = Microseconds.FromRequestTime(time),
            LatencyNanoseconds = 10,
            Outcome = PredictionOutcome.Ok,
            Keys = (EntityValue[])["x", area],
            Features = rows.RowOf(0),
            Scores = scores,
            Tags = tag is null ? default : new[] { new KeyValuePair<string, string>("source", tag) },
        });
    }

    private protected async Task LabelAsync(IEnumerable<(int Number, double Value)> labels, DateTimeOffset? observedAt = null)
        => await Labels.RecordAsync(labels.Select(l => Label.ForPrediction(TestModels.Id(l.Number), l.Value, observedAt ?? Noon)).ToArray(), default);
}
