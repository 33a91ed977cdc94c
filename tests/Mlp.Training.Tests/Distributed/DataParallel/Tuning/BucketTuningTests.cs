using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Mlp.TestSupport;
using Mlp.Training.Distributed.Collectives;
using Mlp.Training.Networks;
using static Mlp.Training.Tests.Distributed.DataParallel.ReplicaTrainings;

namespace Mlp.Training.Tests.Distributed.DataParallel.Tuning;

/// <summary>Trainings that look for the size of their buckets, over links whose best size is known.</summary>
public sealed class BucketTuningTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(50_000, 1e9, 4 << 20)]
    [InlineData(0, 1e6, 64 << 10)]
    public async Task FitAsync_LinkOfKnownCost_PicksItsBestSizeAndTheSameBits(int latencyMicroseconds, double bytesPerSecond, int expected)
    {
        // With latency the fewest buckets are the best; without, all cost alike and what was asked for stays.
        var rows = SyntheticRows.Create(600, seed: 3);
        var (logger, path) = (new Lines(), _folder.Combine("buckets.csv"));
        var (plain, tuned) = (new SortedDictionary<string, float[]>[2], new SortedDictionary<string, float[]>[2]);
        ProcessGroup.RunInProcess(2, group => plain[group.Rank] = FitAsync(Options(group), rows).GetAwaiter().GetResult());
        var clock = new FakeTimeProvider();
        var groups = ProcessGroup.CreateInProcess(2, null, end => end.Rank == 0 ? new PacedBackend(end, clock, TimeSpan.FromMicroseconds(latencyMicroseconds), bytesPerSecond) : end);
        ProcessGroup.Run(groups, group =>
        {
            var options = Options(group);
            (options.DataParallel.BucketTuning.IsEnabled, options.DataParallel.BucketTuning.StepsPerSize) = (true, 4);
            options.DataParallel.BucketTuning.ReportPath = group.Rank == 0 ? path : null;
            using var network = new NetworkTrainer(options, logger, group.Rank == 0 ? clock : null).FitAsync(rows).GetAwaiter().GetResult();
            tuned[group.Rank] = WeightsOf(network);
        });

        Assert.All(tuned, t => Assert.Equal(0, Distance(plain[0], t)));
        var line = Assert.Single(logger.Texts, t => t.StartsWith("Gradients travel in buckets", StringComparison.Ordinal));
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"Gradients travel in buckets of {expected} bytes;"), line, StringComparison.Ordinal);
        var sizes = (await File.ReadAllLinesAsync(path)).Skip(1).GroupBy(l => l.Split(',')[0]).ToDictionary(g => g.Key, g => g.Count());
        Assert.True(sizes.Count >= 3 && sizes.ContainsKey("65536"), string.Join(", ", sizes.Keys));
        Assert.All(sizes.Values, count => Assert.Equal(4, count));
    }

    [Fact]
    public async Task FitAsync_ReplicasHere_EndWithTheBitsOfAnySize()
    {
        var rows = SyntheticRows.Create(900, seed: 3);
        var options = new NetworkOptions { HiddenLayers = [.. Enumerable.Repeat(256, 9)], BatchSize = 20, MaxEpochs = 3, Seed = 7, ValidationShare = 0.2 };
        (options.DataParallel.Replicas, options.DataParallel.BucketBytes) = (3, 64 << 10);
        var expected = await FitAsync(options, rows);
        (options.DataParallel.BucketTuning.IsEnabled, options.DataParallel.BucketTuning.StepsPerSize) = (true, 6);

        Assert.Equal(0, Distance(expected, await FitAsync(options, rows)));
    }

    [Fact]
    public void FitAsync_ReportThatCannotBeWritten_DoesNotEndTheTraining()
    {
        var logger = new Lines();
        ProcessGroup.RunInProcess(2, group =>
        {
            var options = Options(group);
            (options.DataParallel.BucketTuning.IsEnabled, options.DataParallel.BucketTuning.StepsPerSize) = (true, 4);
            options.DataParallel.BucketTuning.ReportPath = group.Rank == 0 ? _folder.Combine("missing", "buckets.csv") : null;
            using var network = new NetworkTrainer(options, logger).FitAsync(SyntheticRows.Create(600, seed: 3)).GetAwaiter().GetResult();
        });

        Assert.Single(logger.Texts, "The report of bucket sizes is not written; training goes on");
    }

    [Fact]
    public async Task FitAsync_AllSizesCutAlike_SaysThatNothingIsMeasured()
    {
        var (logger, options) = (new Lines(), new NetworkOptions { HiddenLayers = [16], BatchSize = 20, MaxEpochs = 1, Seed = 7 });
        (options.DataParallel.Replicas, options.DataParallel.BucketTuning.IsEnabled) = (2, true);
        using var network = await new NetworkTrainer(options, logger).FitAsync(SyntheticRows.Create(300, seed: 3));

        Assert.Single(logger.Texts, "Sizes of buckets are not measured, and no report is written: all of them cut the gradients of this network alike");
    }

    [Fact]
    public void NetworkTrainer_ReportOfNothing_IsRefused()
    {
        var options = new NetworkOptions();
        options.DataParallel.BucketTuning.ReportPath = "buckets.csv";

        var message = Assert.Throws<ArgumentException>(() => new NetworkTrainer(options)).Message;

        Assert.Contains("NetworkOptions.DataParallel.BucketTuning.ReportPath must be null where nothing is measured (IsEnabled).", message, StringComparison.Ordinal);
    }

    private static NetworkOptions Options(ProcessGroup group)
    {
        // Eight layers of 256 KB each: 64 KB, 1 MB and 4 MB cut them in different ways.
        var options = new NetworkOptions { HiddenLayers = [.. Enumerable.Repeat(256, 9)], BatchNorm = false, BatchSize = 20, MaxEpochs = 3, Seed = 7, ValidationShare = 0.2 };
        (options.DataParallel.Group, options.DataParallel.BucketBytes, options.DataParallel.FirstBucketBytes) = (group, 64 << 10, 64 << 10);
        return options;
    }

    private sealed class Lines : ILogger<NetworkTrainer>
    {
        private readonly List<string> _texts = [];

        public IReadOnlyList<string> Texts
        {
            get
            {
                lock (_texts)
                {
                    return [.. _texts];
                }
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_texts)
            {
                _texts.Add(formatter(state, exception));
            }
        }
    }
}
