using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Mlp.Monitoring.PredictionLog;
using Mlp.Monitoring.Profiles;
using Mlp.Monitoring.Tests.PredictionLog;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Statistics;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.Runtime.Storage;

namespace Mlp.Monitoring.Tests.Profiles;

/// <summary>A prediction log whose predictions are profiled, in a folder of somebody else.</summary>
internal sealed class ProfileHarness : IAsyncDisposable
{
    public static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly PredictionLogWriter _writer;
    private long _number;

    public ProfileHarness(string folder, IDiskSync? disk = null, PredictionLogConfiguration? log = null, ReferenceProfile? reference = null, IDiskSync? logDisk = null, TimeSpan? retention = null, QuantileSketchKind quantileSketch = QuantileSketchKind.DDSketch)
    {
        var directory = new DataDirectory(folder, MlPlatformMode.Owner);
        Store = new ProfileStore(directory, ProfileConfiguration.Default with { RetentionAge = retention, QuantileSketch = quantileSketch }, disk ?? DiskSync.Instance, Clock, Logger);
        _writer = new PredictionLogWriter(
            directory, log ?? LogHarness.InOrder, _ => true, logDisk ?? DiskSync.Instance, Clock, NullLogger<PredictionLogWriter>.Instance, model => [Live = Store.Watch(model, Task.FromResult(reference))]);
        _writer.OpenAsync(CancellationToken.None).GetAwaiter().GetResult();
    }

    public FakeTimeProvider Clock { get; } = new(Noon);

    /// <summary>What the profiles said.</summary>
    public RecordingLogger<ProfileStore> Logger { get; } = new();

    public ProfileStore Store { get; }

    public LiveProfile Live { get; private set; } = null!;

    public IPredictionSink Attach(string variant = "champion", int version = 1) => _writer.Attach(TestModels.Serve(TestModels.MixedLayout, version: version, variant: variant))!;

    /// <summary>Records predictions whose features are those of seeds, and gives them as they were.</summary>
    public void Record(IPredictionSink sink, DateTimeOffset time, int count, double weight = 1, PredictionOutcome outcome = PredictionOutcome.Ok)
    {
        var rows = new FeatureRows(TestModels.MixedLayout, 1);
        for (var i = 0; i < count; i++)
        {
            TestModels.Fill(rows, 0, (int)_number);
            sink.Record(new PredictionRecord
            {
                Id = TestModels.Id(_number),
                EventTime = Microseconds.FromRequestTime(time),
                RequestTime = Microseconds.FromRequestTime(time),
                LatencyNanoseconds = 1,
                Outcome = outcome,
                SamplingWeight = weight,
                Features = rows.RowOf(0),
                Scores = outcome == PredictionOutcome.Ok ? [(_number++ % 100) / 100.0] : [],
            });
        }
    }

    public Task FlushAsync() => _writer.FlushAsync(null, CancellationToken.None);

    public async Task<DataProfile> GetAsync(DateTimeOffset? from = null, DateTimeOffset? to = null, string? variant = null, int? version = null)
        => await FindAsync(from, to, variant, version) ?? throw new InvalidOperationException("Expected a profile, but found none.");

    public async Task<DataProfile?> FindAsync(DateTimeOffset? from = null, DateTimeOffset? to = null, string? variant = null, int? version = null)
    {
        await FlushAsync();
        return await Store.GetAsync("tips", version, from, to, variant, CancellationToken.None);
    }

    public ValueTask DisposeAsync() => _writer.DisposeAsync();
}
