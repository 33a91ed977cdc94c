using Mlp.Runtime.Models;
using Mlp.Training.Networks;
using Mlp.Training.Sampling;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Preprocessing;

public sealed class HeldOutClassesTests
{
    private const string Sentence =
        "The last 60 of 300 rows validate, and their classes are others than those before: class 'b' has 100 % of them and 38 % before. Mix rows that are sorted by class, or give validation rows (TrainingSplit.ByChanceAsync)";

    [Fact]
    public async Task FitAsync_RowsSortedByClass_WarnsOnce()
    {
        var sorted = Create(i => i < 150 ? "a" : "b");

        Assert.Equal(Sentence, Assert.Single(await TreeWarningsAsync(sorted.Set("y"))));
        Assert.Equal([Sentence], await NetworkWarningsAsync(sorted.Set("y"), isStream: false));
        Assert.Equal([Sentence], await NetworkWarningsAsync(sorted.Set("y"), isStream: true));
    }

    [Fact]
    public async Task FitAsync_RowsMixed_DoesNotWarn()
    {
        var mixed = Create(i => i * 7919 % 10 < 4 ? "a" : "b").Set("y");

        Assert.Empty(await TreeWarningsAsync(mixed));
        Assert.Empty(await NetworkWarningsAsync(mixed, isStream: false));
    }

    [Fact]
    public async Task FitAsync_RowsHaveTimes_DoesNotWarn()
        => Assert.Empty(await TreeWarningsAsync(Create(i => i < 150 ? "a" : "b").Time("t", [.. Enumerable.Range(0, 300).Select(i => (long)i)]).Set("y", "t")));

    [Fact]
    public async Task FitAsync_ValidationRowsGiven_DoesNotWarn()
    {
        var split = await TrainingSplit.ByChanceAsync(Create(i => i < 150 ? "a" : "b").Set("y"), new SplitShares(0.2, 0), seed: 1, stratifyBy: ["y"]);
        var warnings = new KeptWarnings<TreeTrainer>();

        using var trees = await new TreeTrainer(Trees, warnings).FitAsync(split.Training, split.Validation);

        Assert.Empty(warnings.Messages);
    }

    [Fact]
    public async Task FitAsync_ManyClassesSorted_Warns()
    {
        // No share moves by much, their sum does.
        var rows = Create(i => i < 240 ? $"class {i % 30}" : $"class {i % 6}").Set("y");

        Assert.StartsWith("The last 60 of 300 rows validate", Assert.Single(await TreeWarningsAsync(rows, TreeObjective.Multiclass)), StringComparison.Ordinal);
    }

    private static TreeOptions Trees => new() { MaximumIterations = 2, MinimumRowsInLeaf = 2 };

    private static Rows Create(Func<int, string> label)
        => new Rows().Float32("x", [.. Enumerable.Range(0, 300).Select(i => (float?)(i * 37 % 101))]).Label("y", [.. Enumerable.Range(0, 300).Select(label)]);

    private static async Task<IReadOnlyList<string>> TreeWarningsAsync(Mlp.Runtime.Data.ITrainingSet set, TreeObjective objective = TreeObjective.Binary)
    {
        var warnings = new KeptWarnings<TreeTrainer>();
        var options = Trees;
        options.Objective = objective;
        using var trees = await new TreeTrainer(options, warnings).FitAsync(set);
        return warnings.Messages;
    }

    private static async Task<IReadOnlyList<string>> NetworkWarningsAsync(Mlp.Runtime.Data.ITrainingSet set, bool isStream)
    {
        var warnings = new KeptWarnings<NetworkTrainer>();
        using var network = await new NetworkTrainer(new NetworkOptions { MaxEpochs = 1, Stream = { IsEnabled = isStream } }, warnings).FitAsync(set);
        return warnings.Messages;
    }
}
