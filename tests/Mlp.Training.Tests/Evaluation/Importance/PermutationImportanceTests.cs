using Apache.Arrow;
using Mlp.Runtime.Models;
using Mlp.TestSupport;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Importance;
using Mlp.Training.Networks;
using Mlp.Training.Tests.Export;
using Mlp.Training.Trees;

namespace Mlp.Training.Tests.Evaluation.Importance;

public sealed class PermutationImportanceTests
{
    [Fact]
    public async Task MeasureAsync_LinearModel_OrdersFeaturesByWhatTheySay()
    {
        using var model = new LinearModel();

        var importance = await PermutationImportance.MeasureAsync(model, LinearModel.Rows(3000, seed: 1));

        Assert.Equal(["a", "b", "c"], importance.Features.Select(f => f.Name));
        Assert.Equal(GateMetric.RootMeanSquaredError, importance.Metric);
        Assert.InRange(importance.Baseline, 0.02, 0.04);

        // Of a value that is shuffled the squared error is twice its variance: 1/12 for a number in [0, 1), somewhat more with zeros among them.
        Assert.InRange(importance.Features[0].Importance, 1.15, 1.40);
        Assert.InRange(importance.Features[1].Importance, 0.35, 0.46);
        Assert.Equal((0, 0), (importance.Features[2].Importance, importance.Features[2].Deviation));
        Assert.Equal(5, importance.Features[0].Values.Count);
    }

    [ScikitLearnFact]
    public async Task MeasureAsync_TheSamePermutations_GivesWhatScikitLearnDefines()
    {
        using var model = new LinearModel();
        var rows = LinearModel.Rows(200, seed: 2);
        var batches = new List<RecordBatch>();
        await foreach (var batch in rows.ReadAsync())
        {
            batches.Add(batch);
        }

        double[] Column(string name) => [.. batches.SelectMany(b => ((FloatArray)b.Column(name)).Select(v => (double)(v ?? 0)))];
        var (a, b, y) = (Column("a"), Column("b"), Column("y"));
        var random = SeededRandom.For(7, "a");
        var orders = Enumerable.Range(0, 3).Select(_ =>
        {
            var order = Enumerable.Range(0, 200).ToArray();
            random.Shuffle(order);
            return order.Select(i => (double)i);
        }).ToArray();

        var importance = await PermutationImportance.MeasureAsync(model, rows, new() { Seed = 7, Repeats = 3, Metric = GateMetric.RSquared });

        // Their function, with the draws of its generator replaced by ours.
        var theirs = ScikitLearn.Run(
            """
            from sklearn.inspection import _permutation_importance as m, permutation_importance
            class Model:
                def fit(self, X, y): return self
                def predict(self, X): return 3 * X[:, 0] + X[:, 1]
                def score(self, X, y):
                    from sklearn.metrics import r2_score
                    return r2_score(y, self.predict(X))
            orders = [o.astype(int) for o in (np.arange(200), o0, o1, o2)]
            # Each of their shuffles is of the column that the one before has left.
            draws = iter([np.argsort(orders[k])[orders[k + 1]] for k in range(3)])
            class Draws:
                def randint(self, *a, **k): return 0
                def shuffle(self, idx): idx[:] = next(draws)
            m.check_random_state = lambda seed: Draws()
            X = np.stack([a, b], 1)
            out['v'] = m._calculate_permutation_scores(Model(), X, y, None, 0, 0, 3, lambda e, X, y: e.score(X, y), len(y))
            out['base'] = Model().score(X, y)
            out['i'] = out['base'] - np.mean(out['v'])
            out['s'] = np.std(out['base'] - out['v'])
            """,
            ("a", a), ("b", b), ("y", y), ("o0", orders[0]), ("o1", orders[1]), ("o2", orders[2]));
        var ours = importance.Features.Single(f => f.Name == "a");
        Assert.Equal(theirs["base"][0], importance.Baseline, 5);
        Assert.Equal(theirs["i"][0], ours.Importance, 5);
        Assert.Equal(theirs["s"][0], ours.Deviation, 5);
    }

    [Fact]
    public async Task MeasureAsync_TreesOverEveryType_FindsWhatDecides()
    {
        using var trees = await new TreeTrainer(new TreeOptions { MaximumIterations = 40, Threads = 1 }).FitAsync(SyntheticRows.Create(2500, seed: 1));

        var importance = await PermutationImportance.MeasureAsync(trees, SyntheticRows.Create(1000, seed: 2), new() { Metric = GateMetric.Auc, Repeats = 2, Groups = [["fare", "hour"]] });

        Assert.Equal(["card", "company", "fare + hour", "miles"], importance.Features.Select(f => f.Name).Order());
        Assert.All(importance.Features, f => Assert.InRange(f.Importance, 0.005, 0.3));
        Assert.Contains(importance.Features.Take(2), f => f.Name is "miles" or "company");
    }

    [Fact]
    public async Task MeasureAsync_ExportedModel_GivesWhatTheTrainedOneGives()
    {
        using var trees = await new TreeTrainer(new TreeOptions { MaximumIterations = 10, Threads = 1 }).FitAsync(SyntheticRows.Create(600, seed: 1));
        using var three = await new TreeTrainer(new TreeOptions { Objective = TreeObjective.Multiclass, MaximumIterations = 5, Threads = 1 }).FitAsync(MulticlassRows.Create(400));
        var options = new ImportanceOptions { Repeats = 2, Groups = [["fare", "hour"]] };

        AssertAlike(await PermutationImportance.MeasureAsync(trees, SyntheticRows.Create(300, seed: 2), options), await PermutationImportance.MeasureAsync(trees.Export(), SyntheticRows.Create(300, seed: 2), options));
        AssertAlike(await PermutationImportance.MeasureAsync(three, MulticlassRows.Create(300, seed: 5)), await PermutationImportance.MeasureAsync(three.Export(), MulticlassRows.Create(300, seed: 5)));
        Assert.StartsWith(
            "Expected groups of the model's features, but it has no feature 'd'.",
            (await Assert.ThrowsAsync<ArgumentException>(() => PermutationImportance.MeasureAsync(trees.Export(), SyntheticRows.Create(60, seed: 2), new() { Groups = [["d"]] }))).Message,
            StringComparison.Ordinal);

        static void AssertAlike(PermutationImportance expected, PermutationImportance found)
        {
            Assert.Equal(expected.Metric, found.Metric);
            Assert.Equal(expected.Features.Select(f => f.Name).Order(), found.Features.Select(f => f.Name).Order());
            Assert.Equal(expected.Baseline, found.Baseline, 5);
            Assert.Contains(expected.Features, f => f.Importance > 0.005);
            foreach (var feature in expected.Features)
            {
                var other = found.Features.Single(f => f.Name == feature.Name);
                Assert.All(feature.Values.Zip(other.Values), v => Assert.Equal(v.First, v.Second, 5));
            }
        }
    }

    [Fact]
    public async Task MeasureAsync_MetricOfDecisions_DecidesAtTheThresholdOfTheModel()
    {
        using var trees = await new TreeTrainer(new TreeOptions { MaximumIterations = 10, Threads = 1 }).FitAsync(SyntheticRows.Create(600, seed: 1));
        var (model, rows) = (trees.Export(new() { DecisionThreshold = 0.7 }), SyntheticRows.Create(300, seed: 2));
        var evaluated = (await Evaluator.EvaluateAsync(model, rows)).Metrics["f1"];

        var exported = await PermutationImportance.MeasureAsync(model, rows, new() { Metric = GateMetric.F1, Repeats = 1 });
        var asked = await PermutationImportance.MeasureAsync(trees, rows, new() { Metric = GateMetric.F1, Repeats = 1, DecisionThreshold = 0.7 });
        var usual = await PermutationImportance.MeasureAsync(trees, rows, new() { Metric = GateMetric.F1, Repeats = 1 });
        var overridden = await PermutationImportance.MeasureAsync(model, rows, new() { Metric = GateMetric.F1, Repeats = 1, DecisionThreshold = 0.5 });

        Assert.Equal((evaluated, evaluated), (exported.Baseline, asked.Baseline));
        Assert.Equal(usual.Baseline, overridden.Baseline);
        Assert.NotEqual(evaluated, usual.Baseline, 0.01);
    }

    [Fact]
    public async Task MeasureAsync_SameSeed_SameNumbers()
    {
        using var model = new LinearModel();
        var rows = LinearModel.Rows(300, seed: 3);

        var one = await PermutationImportance.MeasureAsync(model, rows);
        var two = await PermutationImportance.MeasureAsync(model, rows);
        var other = await PermutationImportance.MeasureAsync(model, rows, new() { Seed = 1 });

        Assert.Equal(one.Features.SelectMany(f => f.Values), two.Features.SelectMany(f => f.Values));
        Assert.NotEqual(one.Features[0].Values, other.Features[0].Values);
    }

    [Fact]
    public async Task MeasureAsync_BadSettings_AreRefusedWithASentence()
    {
        using var model = new LinearModel();
        var rows = LinearModel.Rows(60, seed: 4);

        Assert.StartsWith("Expected groups of the model's features, but it has no feature 'd'.", await Refused(new() { Groups = [["a", "d"]] }), StringComparison.Ordinal);
        Assert.StartsWith("Expected each feature in one group, but 'a' is in several.", await Refused(new() { Groups = [["a"], ["a", "b"]] }), StringComparison.Ordinal);
        Assert.StartsWith("Expected a metric for Regression, but found Auc.", await Refused(new() { Metric = GateMetric.Auc }), StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PermutationImportance.MeasureAsync(model, rows, cancellationToken: new CancellationToken(canceled: true)));

        async Task<string> Refused(ImportanceOptions options)
            => (await Assert.ThrowsAsync<ArgumentException>(() => PermutationImportance.MeasureAsync(model, rows, options))).Message;
    }
}
