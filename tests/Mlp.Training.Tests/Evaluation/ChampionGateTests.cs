using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Runtime.Onnx;
using Mlp.Runtime.Registry;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Comparison;

namespace Mlp.Training.Tests.Evaluation;

/// <summary>Models are one-input files whose score is a known column, so every verdict can be worked out by hand.</summary>
public sealed class ChampionGateTests : IDisposable
{
    private const string Name = "tips";
    private const string Alias = "champion";

    private readonly TestRegistry _directory = new();

    private IModelRegistry Registry => _directory.Registry;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task CompareAsync_NoChampion_IsTheFirstModel()
    {
        var verdict = await CompareAsync(Model("poor"));

        Assert.Equal(GateDecision.FirstModel, verdict.Decision);
        Assert.Equal("There is no 'champion' of model 'tips' yet.", verdict.Reason);
        Assert.Equal(0, verdict.AliasRevision);
        Assert.Null(verdict.Champion);
        Assert.Equal(200, verdict.Challenger.RowCount);
    }

    [Fact]
    public async Task CompareAsync_BetterChallenger_IsPromotedWithBothNumbers()
    {
        await CrownAsync(Model("poor"));

        var verdict = await CompareAsync(Model("good"));

        Assert.Equal(GateDecision.Promote, verdict.Decision);
        Assert.Equal(verdict.Challenger.Metrics["auc"] - verdict.Champion!.Metrics["auc"], verdict.Improvement!.Value, 1e-12);
        Assert.InRange(verdict.Improvement.Value, 0.05, 0.5);
        Assert.StartsWith("The challenger is better (AUC 0.", verdict.Reason, StringComparison.Ordinal);
        Assert.EndsWith("of version 1 on 200 rows).", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompareAsync_WorseChallenger_IsRejected()
    {
        await CrownAsync(Model("good"));

        var verdict = await CompareAsync(Model("poor"));

        Assert.Equal(GateDecision.Reject, verdict.Decision);
        Assert.True(verdict.Improvement < 0);
        Assert.StartsWith("The challenger is not better (AUC ", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompareAsync_SameFile_IsATieAndTheChampionStays()
    {
        await CrownAsync(Model("good"));

        var verdict = await CompareAsync(Model("good"));

        Assert.Equal((GateDecision.Reject, 0.0), (verdict.Decision, verdict.Improvement));
    }

    [Fact]
    public async Task CompareAsync_BetterByTooLittle_IsRejected()
    {
        await CrownAsync(Model("poor"));

        var verdict = await CompareAsync(Model("good"), new GateOptions { MinimumImprovement = 0.9 });

        Assert.Equal(GateDecision.Reject, verdict.Decision);
        Assert.StartsWith("The challenger is better by less than 0.9 (", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompareAsync_BetterRankingWorseProbabilities_IsRejected()
    {
        await CrownAsync(Model("poor"));

        // Ranks as "good" does and says nearly 0 for everyone.
        var verdict = await CompareAsync(Model("good", factor: 0.001f));

        Assert.Equal(GateDecision.Reject, verdict.Decision);
        Assert.StartsWith("The log loss rises from ", verdict.Reason, StringComparison.Ordinal);
        Assert.True(verdict.Improvement > 0);
    }

    [Fact]
    public async Task CompareAsync_ScoresThatAreNoProbabilities_AreRejected()
    {
        await CrownAsync(Model("poor"));

        Assert.Equal(GateDecision.Reject, (await CompareAsync(Model("good", factor: 100f))).Decision);
    }

    [Fact]
    public async Task CompareAsync_OtherMetric_Decides()
    {
        await CrownAsync(Model("poor"));

        var verdict = await CompareAsync(Model("good", factor: 0.001f), new GateOptions { Metric = GateMetric.Brier, MaximumLogLossIncrease = 100 });

        Assert.Equal((GateDecision.Reject, GateMetric.Brier), (verdict.Decision, verdict.Metric));
        Assert.Contains("Brier score", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompareAsync_TooFewRows_IsInconclusive()
    {
        await CrownAsync(Model("poor"));

        var verdict = await CompareAsync(Model("good"), new GateOptions { MinimumRows = 201 });

        Assert.Equal(GateDecision.Inconclusive, verdict.Decision);
        Assert.Equal("Expected at least 201 rows to compare on, but found 200: the champion stays.", verdict.Reason);
    }

    [Fact]
    public async Task CompareAsync_OneClass_IsInconclusive()
    {
        await CrownAsync(Model("poor"));

        var verdict = await CompareAsync(Model("good"), holdout: Holdout(onlyPositives: true));

        Assert.Equal(GateDecision.Inconclusive, verdict.Decision);
        Assert.StartsWith("The AUC is not defined on these rows", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompareAsync_ChampionNeedsAFeatureThatIsNotThere_IsInconclusiveAndNamesIt()
    {
        await CrownAsync(Model("retired"));

        var verdict = await CompareAsync(Model("good"));

        Assert.Equal(GateDecision.Inconclusive, verdict.Decision);
        Assert.StartsWith(
            "The champion, version 1, cannot be scored on these rows, so it stays. Expected a column for the feature 'retired' of type Float32", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompareAsync_ChampionTakesOtherInputs_IsInconclusive()
    {
        await CrownAsync(Model("poor") with { Features = null });

        var verdict = await CompareAsync(Model("good"));

        Assert.Equal(GateDecision.Inconclusive, verdict.Decision);
        Assert.Contains("its callers bring the inputs themselves", verdict.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CompareAsync_ChampionsFileIsDamaged_IsInconclusive()
    {
        await CrownAsync(Model("poor"));
        foreach (var blob in Directory.EnumerateFiles(Path.Combine(_directory.FullName, "registry", "blobs"), "*", SearchOption.AllDirectories))
        {
            File.SetAttributes(blob, FileAttributes.Normal);
            File.WriteAllBytes(blob, [1, 2, 3]);
        }

        var verdict = await CompareAsync(Model("good"));

        Assert.Equal(GateDecision.Inconclusive, verdict.Decision);
    }

    [Fact]
    public async Task CompareAsync_ImprovementMayBeChance_IsInconclusiveWithTheInterval()
    {
        await CrownAsync(Model("poor"));

        var clear = await CompareAsync(Model("good"), new GateOptions { BootstrapSamples = 200 });
        var unclear = await CompareAsync(Model("slightly"), new GateOptions { BootstrapSamples = 200 });

        Assert.Equal(GateDecision.Promote, clear.Decision);
        Assert.True(clear.Interval!.Lower > 0);
        Assert.Equal(GateDecision.Inconclusive, unclear.Decision);
        Assert.True(unclear.Improvement > 0);
        Assert.True(unclear.Interval!.Lower < 0);
        Assert.StartsWith("The improvement may be chance: with 95 % confidence it lies between -0.", unclear.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(PairedTest.DeLong)]
    [InlineData(PairedTest.Bootstrap)]
    public async Task CompareAsync_Test_ItsPValueIsInTheVerdict(PairedTest test)
    {
        await CrownAsync(Model("poor"));

        var clear = await CompareAsync(Model("good"), new GateOptions { Test = test });
        var unclear = await CompareAsync(Model("slightly"), new GateOptions { Test = test });

        Assert.Equal((GateDecision.Promote, test), (clear.Decision, clear.Test));
        Assert.InRange(clear.PValue!.Value, 0, 0.01);
        Assert.Equal(GateDecision.Inconclusive, unclear.Decision);
        Assert.InRange(unclear.PValue!.Value, 0.05, 1);
    }

    [Fact]
    public async Task CompareAsync_WeightedRows_CountByTheirWeight()
    {
        await CrownAsync(Model("poor"));
        var holdout = new ChangedTrainingSet(Holdout(), m => m with { WeightColumn = "good" });

        var verdict = await CompareAsync(Model("good"), holdout: holdout);

        Assert.Equal(GateDecision.Promote, verdict.Decision);
        Assert.NotEqual((await CompareAsync(Model("good"))).Challenger.Metrics["auc"], verdict.Challenger.Metrics["auc"]);
    }

    [Fact]
    public async Task CompareAsync_Ranking_GatesByNdcg()
    {
        await CrownAsync(Model("poor", task: ModelTask.Ranking));

        var verdict = await CompareAsync(Model("good", task: ModelTask.Ranking), new GateOptions { GroupColumn = "query", BootstrapSamples = 200 });

        Assert.Equal((GateDecision.Promote, GateMetric.Ndcg), (verdict.Decision, verdict.Metric));
        Assert.True(verdict.Interval!.Lower > 0);
    }

    [Fact]
    public async Task CompareAsync_ChallengerLacksFeatures_IsRefused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => CompareAsync(Model("good") with { Features = null }));
        await Assert.ThrowsAsync<TrainingDataException>(() => CompareAsync(Model("retired")));
    }

    [Fact]
    public async Task CompareAsync_MetricOfAnotherTask_IsRefused()
        => await Assert.ThrowsAsync<ArgumentException>(() => CompareAsync(Model("good"), new GateOptions { Metric = GateMetric.RootMeanSquaredError }));

    [Fact]
    public async Task CompareAsync_Regression_LowerErrorWins()
    {
        await CrownAsync(Model("poor", task: ModelTask.Regression));

        var verdict = await CompareAsync(Model("good", task: ModelTask.Regression));

        Assert.Equal((GateDecision.Promote, GateMetric.RootMeanSquaredError), (verdict.Decision, verdict.Metric));
    }

    [Fact]
    public async Task PromoteAsync_Verdicts_MoveTheAliasOnlyForTheBetter()
    {
        var first = await RunAsync(Model("poor"));
        var worse = await RunAsync(Model("poor", factor: -0.5f, offset: 0.75f));
        var better = await RunAsync(Model("good"));

        Assert.Equal(1, first!.Version);
        Assert.Null(worse);
        Assert.Equal(3, better!.Version);
        Assert.Equal(3, Registry.FindAlias(Name, Alias)!.Version);
        Assert.Equal(2, Registry.FindAlias(Name, Alias)!.Revision);
        Assert.StartsWith("The challenger is better", Registry.FindAlias(Name, Alias)!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PromoteAsync_AliasMovedMeanwhile_IsAConflict()
    {
        await CrownAsync(Model("poor"));
        var package = Model("good");
        var verdict = await CompareAsync(package);
        var manifest = await Registry.PublishAsync(Name, package);
        await Registry.SetAliasAsync(Name, Alias, 1, verdict.AliasRevision, "somebody else");

        var error = await Assert.ThrowsAsync<AliasConflictException>(() => new ChampionGate().PromoteAsync(Registry, manifest, verdict));

        Assert.True(error.IsTransient);
        Assert.Equal(1, Registry.FindAlias(Name, Alias)!.Version);
    }

    [Fact]
    public async Task PromoteAsync_VerdictOnAnotherFile_IsRefused()
    {
        var verdict = await CompareAsync(Model("good"));
        var manifest = await Registry.PublishAsync(Name, Model("poor"));

        var error = await Assert.ThrowsAsync<ArgumentException>(() => new ChampionGate().PromoteAsync(Registry, manifest, verdict));

        Assert.Contains("model 'tips' version 1 has another file", error.Message, StringComparison.Ordinal);
        Assert.Null(Registry.FindAlias(Name, Alias));
    }

    [Theory]
    [InlineData(-0.1, "GateOptions.MinimumImprovement must be between 0 and 1000000, but is -0.1.")]
    [InlineData(double.NaN, "GateOptions.MinimumImprovement must be between 0 and 1000000, but is NaN.")]
    public void Constructor_SettingOutOfRange_SaysSo(double minimum, string sentence)
        => Assert.StartsWith(
            sentence, Assert.Throws<ArgumentException>(() => new ChampionGate(new GateOptions { MinimumImprovement = minimum })).Message, StringComparison.Ordinal);

    private async Task<ModelAlias?> RunAsync(ModelPackage package)
    {
        var gate = new ChampionGate();
        var verdict = await gate.CompareAsync(package, Registry, Name, Alias, Holdout());
        var manifest = await Registry.PublishAsync(Name, package with { ParentVersion = verdict.ChampionVersion });
        return await gate.PromoteAsync(Registry, manifest, verdict);
    }

    private Task<GateVerdict> CompareAsync(ModelPackage challenger, GateOptions? options = null, ITrainingSet? holdout = null)
        => new ChampionGate(options).CompareAsync(challenger, Registry, Name, Alias, holdout ?? Holdout());

    private async Task CrownAsync(ModelPackage package)
    {
        var manifest = await Registry.PublishAsync(Name, package);
        await Registry.SetAliasAsync(Name, Alias, manifest.Version, 0);
    }

    // score = feature · factor + offset
    private static ModelPackage Model(string feature, float factor = 1, float offset = 0, ModelTask task = ModelTask.BinaryClassification)
    {
        var graph = new OnnxGraphBuilder("line");
        var x = graph.AddInput(feature, OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        var product = graph.AddNode("Mul", [x, graph.AddConstant("factor", [factor], 1)]);
        var score = graph.AddNode("Add", [product, graph.AddConstant("offset", [offset], 1)], output: "score");
        graph.AddOutput(score, OnnxDataType.Float32, OnnxGraphBuilder.Batch, 1);
        return new ModelPackage
        {
            Onnx = graph.Build(),
            Features = [new FeatureColumn(feature, FeatureType.Float32, "view")],
            Output = new ModelOutput { Task = task, ScoreOutput = "score" },
        };
    }

    private static ArrowTrainingSet Holdout(int rows = 200, bool onlyPositives = false)
    {
        var random = new Random(11);
        var labels = Enumerable.Range(0, rows).Select(_ => onlyPositives || random.Next(2) == 1).ToArray();
        return new Rows()
            .Float32("good", [.. labels.Select(l => (float?)((l ? 0.35f : 0.05f) + (0.6f * random.NextSingle())))])
            .Float32("poor", [.. labels.Select(l => (float?)((l ? 0.15f : 0.05f) + (0.8f * random.NextSingle())))])
            .Float32("slightly", [.. labels.Select(l => (float?)((l ? 0.17f : 0.05f) + (0.8f * random.NextSingle())))])
            .Other("query", new Apache.Arrow.Int64Array.Builder().AppendRange(Enumerable.Range(0, rows).Select(i => (long)(i / 10))).Build())
            .Label("y", labels)
            .Set("y");
    }
}
