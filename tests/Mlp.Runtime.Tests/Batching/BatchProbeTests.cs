using Mlp.Runtime.Batching;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Batching;

/// <summary>Which models are batched, and what is known of them when they are.</summary>
public sealed class BatchProbeTests
{
    [Fact]
    public async Task Load_RowsDependOnEachOther_IsRefused()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.CumulativeSum(), Regression()), configure: o => o.WithDynamicBatching());

        Assert.Contains("Expected a model that answers a row among 16 as it does alone", platform.Model.UnavailableReason, StringComparison.Ordinal);
        Assert.Contains("its rows depend on each other (model 'tips' version 1). Serve it without dynamic batching", platform.Model.UnavailableReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_NumbersOfASmallUnitThatDependOnEachOther_AreRefused()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.SharedMaximum(1e-6f, 1e-6f), Regression()), configure: o => o.WithDynamicBatching());

        Assert.Contains("answers a row among 16 as it does alone, within 0.0001 (relative to what its scores differ by), but value 0", platform.Model.UnavailableReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_GreatNumbersNearZeroThatDifferInTheirLastBits_AreBatched()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.SharedMaximum(1e6f, 0.5f), Regression()), configure: o => o.WithDynamicBatching());

        Assert.Null(platform.Model.UnavailableReason);
    }

    [Fact]
    public async Task Load_LabelOfAGreaterUnit_CountsByIt()
    {
        // The rows of the probe lie close together, and the labels far apart.
        var package = Package(TestGraphs.SharedMaximum(1, 0.5f), Regression());
        await using var without = await ServeAsync(package, configure: o => o.WithDynamicBatching());
        await using var with = await ServeAsync(package with { ExportProof = new ExportProof(100, 0, 1e-5) { LabelScale = 1e6 } }, configure: o => o.WithDynamicBatching());

        Assert.NotNull(without.Model.UnavailableReason);
        Assert.Null(with.Model.UnavailableReason);
    }

    [Fact]
    public async Task Load_OneRowAtATime_IsRefused()
    {
        await using var plain = await ServeAsync(Package(TestGraphs.OneRowOnly(), Regression()));
        await using var batched = await ServeAsync(Package(TestGraphs.OneRowOnly(), Regression()), configure: o => o.WithDynamicBatching());

        Assert.Equal(0.5, plain.Model.Predict([0.5f, 1]).Score);
        Assert.Contains("Expected a model that runs 16 rows at once, but ONNX Runtime says", batched.Model.UnavailableReason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_ModelThatKnowsItsTextsOnly_IsMeasuredOnGoldenRows()
    {
        var rows = new FeatureRows(new FeatureRowLayout([new FeatureColumn("c", FeatureType.String, string.Empty)]), 1);
        rows.Reset(1);
        rows.SetString(0, 0, "a");
        rows.Status.Fill(FeatureStatus.Present);
        var package = Package(TestGraphs.RefusesUnknown(), Regression());
        await using var without = await ServeAsync(package, configure: o => o.WithDynamicBatching());
        await using var with = await ServeAsync(package with { GoldenRows = new GoldenRows(rows, [1.0]) }, configure: o => o.WithDynamicBatching());

        Assert.Empty(without.Model.Description!.BatchCosts);
        Assert.NotEmpty(with.Model.Description!.BatchCosts);
        var results = new Mlp.Runtime.Predictions.Prediction[1];
        without.Model.Predict(rows, results);
        Assert.Equal(1, results[0].Score);
    }

    [Fact]
    public async Task Description_HasACostPerPowerOfTwo_OnlyWithBatching()
    {
        await using var plain = await ServeAsync(Package(TestGraphs.Logistic(1), Binary()));
        await using var batched = await ServeAsync(Package(TestGraphs.Logistic(1), Binary()), configure: o => o.WithDynamicBatching(b => b.MaximumBatchSize = 16));
        var costs = batched.Model.Description!.BatchCosts;

        Assert.Empty(plain.Model.Description!.BatchCosts);
        Assert.Equal(1, costs[0].RowCount);
        Assert.All(costs, c => Assert.True(c.RunMicroseconds > 0 && c.RowCount <= 16));
    }
}
