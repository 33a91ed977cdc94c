using Microsoft.Extensions.Logging.Abstractions;
using Mlp.Runtime.Data;
using Mlp.Runtime.Hosting;
using Mlp.Runtime.Registry;
using Mlp.TestSupport;
using Quickstart;
using Quickstart.Data;

namespace Mlp.Integration.Tests.Quickstart;

/// <summary>The whole loop, on data whose answers are known.</summary>
public sealed class QuickstartRunTests : IDisposable
{
    private const string Taxi = "data/chicago_taxi.csv";

    private readonly TempDirectory _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public async Task Execute_SyntheticStreamTwice_ReachesTheOptimumAndIngestsNothingTwice()
    {
        var first = await RunAsync(new QuickstartOptions());

        Assert.Empty(first.Failures);
        Assert.Equal(1, first.ModelVersion);
        Assert.True(first.IsPromoted);
        Assert.InRange(first.Champion.Auc - first.OptimumAuc!.Value, -0.02, 0.02);
        Assert.True(first.WithoutViewsAuc <= 0.60, $"AUC without the views is {first.WithoutViewsAuc}.");
        Assert.Equal("trip_miles", first.Drift[0].Feature);
        Assert.True(first.Drift[0].Psi > 2 * first.Drift[1].Psi, $"The planted drift is {first.Drift[0].Psi}, the next {first.Drift[1].Psi}.");
        Assert.Equal(1_000, first.CheckedForLeaks);
        Assert.Equal(first.ReplayRows, first.Logged);
        Assert.Equal(first.ReplayRows, first.Labelled);

        await AssertModelKnowsItsTrainingSetAsync();

        var second = await RunAsync(new QuickstartOptions());

        Assert.Empty(second.Failures);
        Assert.Equal(2, second.ModelVersion);
        Assert.Equal(0, second.IngestedFeatureRows);
        Assert.Equal(first.IngestedFeatureRows, second.IngestedBefore);
        Assert.Equal(second.IsPromoted ? 2 : 1, second.ChampionVersion);
        Assert.Contains("version 1", second.GateVerdict, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_ShuffledLabels_FindsNothing()
    {
        var summary = await RunAsync(new QuickstartOptions { ShuffleLabels = true });

        Assert.Empty(summary.Failures);
        Assert.InRange(summary.Champion.Auc, 0.47, 0.53);
        Assert.Null(summary.OptimumAuc);
        Assert.Equal("trip_miles", summary.Drift[0].Feature);
    }

    [Fact]
    public async Task Execute_ShuffledLabelsOverADirectoryOfTrueOnes_Refuses()
    {
        Directory.CreateDirectory(_temp.Combine("data"));
        await File.WriteAllTextAsync(_temp.Combine("data", "quickstart-source.txt"), SyntheticTrips.Create(2_000, 1).BatchId);

        await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(new QuickstartOptions { TripCount = 2_000, ShuffleLabels = true }));
    }

    [Fact]
    public async Task Execute_AnotherSeed_NamesThePlantedDriftFirstToo()
    {
        var summary = await RunAsync(new QuickstartOptions { Seed = 3 });

        Assert.Empty(summary.Failures);
        Assert.Equal("trip_miles", summary.Drift[0].Feature);
    }

    [ReferenceDataFact(Taxi)]
    public async Task Execute_ChicagoTaxi_StaysBetweenWhatIsKnownToBePossible()
    {
        var summary = await RunAsync(new QuickstartOptions { DataFile = ReferenceData.Find(Taxi) });

        Assert.Empty(summary.Failures);
        Assert.Equal(0.909, summary.PaymentTypeAuc, tolerance: 0.001);
        Assert.InRange(summary.Champion.Auc, 0.925, 0.95);
        Assert.True(summary.ExportDifference <= summary.ExportTolerance);
        Assert.Equal(summary.ReplayRows, summary.Logged);
        Assert.Equal(0, summary.SkewedRows);
        Assert.Equal(summary.Champion.Auc, summary.LiveAuc, tolerance: 1e-9);
    }

    [Fact]
    public async Task Execute_DirectoryOfAnotherSource_SaysSo()
    {
        Directory.CreateDirectory(_temp.Combine("data"));
        await File.WriteAllTextAsync(_temp.Combine("data", "quickstart-source.txt"), "trips-of-somebody-else");

        var thrown = await Assert.ThrowsAsync<InvalidDataException>(() => RunAsync(new QuickstartOptions { TripCount = 2_000 }));

        Assert.Contains("trips-of-somebody-else", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_AfterARunThatWasStoppedInItsReplay_HoldsAndSaysWhoseTheLiveAucIs()
    {
        using var stop = new CancellationTokenSource();
        var options = new QuickstartOptions { DataDirectory = _temp.Combine("data") };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => new QuickstartRun(options, new StoppingReporter("Replaying", stop)).ExecuteAsync(stop.Token));

        var summary = await RunAsync(options);

        Assert.Empty(summary.Failures);
        if (!summary.IsPromoted)
        {
            Assert.InRange(summary.EarlierPredictions, 1, summary.ReplayRows - 1);
            Assert.True(summary.IsLiveOfOtherRows);
        }
    }

    private async Task AssertModelKnowsItsTrainingSetAsync()
    {
        var registry = new FileModelRegistry(new DataDirectory(_temp.Combine("data"), MlPlatformMode.Reader), TimeProvider.System, NullLogger<FileModelRegistry>.Instance);
        var manifest = registry.FindVersion("big-tipper", 1)!;
        var set = (await registry.ReadTrainingSetManifestAsync(manifest))!;

        Assert.Equal((manifest.TrainingSetHash, manifest.FeatureService), (set.ContentHash, set.FeatureService));
        Assert.Equal(manifest.Features, set.Features);
        Assert.Equal(JoinMode.CreatedTime, set.JoinMode);
        Assert.Single(set.LabelColumns);
        Assert.Equal(["area_stats", "company_stats"], set.Commits.Select(c => c.View).Order(StringComparer.Ordinal));
        Assert.All(set.Commits, commit => Assert.True(commit.Commit > 0));
    }

    private Task<QuickstartSummary> RunAsync(QuickstartOptions options)
        => new QuickstartRun(options with { DataDirectory = _temp.Combine("data") }, new SilentReporter()).ExecuteAsync(CancellationToken.None);
}
