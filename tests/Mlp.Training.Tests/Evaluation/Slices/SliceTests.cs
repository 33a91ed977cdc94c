using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation;
using Mlp.Training.Evaluation.Slices;
using Mlp.Training.Tests.Evaluation.Folds;

namespace Mlp.Training.Tests.Evaluation.Slices;

public sealed class SliceTests
{
    private static readonly string[] Companies = ["red", "green", "blue"];

    [Fact]
    public async Task EvaluateAsync_ByValue_FindsTheWorstPartFirst()
    {
        var result = await EvaluateAsync(o =>
        {
            o.MinimumSliceRows = 30;
            o.Slices.Add(RowSlice.ByValue("company"));
        });

        // "blue" scores are noise, so it is the worst; a missing company is a part of its own.
        Assert.Equal("auc", result.SliceMetric);
        Assert.Equal("company=blue", result.Slices[0].Name);
        Assert.True(result.Slices[0].IsWorse);
        Assert.Equal(result.Metrics["auc"] - result.Slices[0].Metrics["auc"], result.Slices[0].Deficit, 1e-12);
        Assert.Equal(["company=(missing)", "company=blue", "company=green", "company=red"], result.Slices.Select(s => s.Name).Order(StringComparer.Ordinal));
        Assert.Equal(result.RowCount, result.Slices.Sum(s => s.RowCount));
        Assert.Equal(result.Slices.OrderByDescending(s => s.Deficit), result.Slices);
        Assert.Contains("company=blue", result.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EvaluateAsync_PartThatIsClearlyBetter_IsNotWorse()
    {
        var result = await EvaluateAsync(o => o.Slices.Add(RowSlice.Where("easy", row => row.Number("score") is < 0.2 or > 0.7)));

        var easy = Assert.Single(result.Slices);
        Assert.True(easy.Intervals["auc"].Lower > result.Metrics["auc"], $"{easy.Intervals["auc"]} {result.Metrics["auc"]}");
        Assert.True(easy.Deficit < 0);
        Assert.False(easy.IsWorse);
    }

    [Fact]
    public async Task EvaluateAsync_ByEdgesAndQuantiles_PartsNumbers()
    {
        var byEdges = await EvaluateAsync(o => o.Slices.Add(RowSlice.ByEdges("miles", 2, 8)));
        var byQuantiles = await EvaluateAsync(o => o.Slices.Add(RowSlice.ByQuantiles("miles", 4)));

        Assert.Equal(["miles=2..8", "miles=<2", "miles=>=8"], byEdges.Slices.Select(s => s.Name).Order(StringComparer.Ordinal));
        Assert.Equal(800, byEdges.Slices.Sum(s => s.RowCount));
        Assert.Equal([200, 200, 200, 200], byQuantiles.Slices.Select(s => (int)s.RowCount));
    }

    [Fact]
    public async Task EvaluateAsync_Condition_MeasuresItsRows()
    {
        var result = await EvaluateAsync(o => o.Slices.Add(RowSlice.Where("long red trips", row => row.Text("company") == "red" && row.Number("miles") > 5)));

        var slice = Assert.Single(result.Slices);
        Assert.Equal("long red trips", slice.Name);
        Assert.InRange(slice.RowCount, 50, 250);
    }

    [Fact]
    public async Task EvaluateAsync_Filter_LeavesOthersOut()
    {
        var all = await EvaluateAsync(o => o.Slices.Add(RowSlice.ByValue("company")));
        var red = await EvaluateAsync(o =>
        {
            o.Filter = row => row.Text("company") == "red";
            o.Slices.Add(RowSlice.ByValue("company"));
        });

        Assert.Equal(all.Slices.Single(s => s.Name == "company=red").Metrics["auc"], red.Metrics["auc"]);
        Assert.Equal(0, Assert.Single(red.Slices).Deficit);
    }

    [Fact]
    public async Task EvaluateAsync_SmallParts_AreNotedAndNotMeasured()
    {
        var result = await EvaluateAsync(o =>
        {
            o.MinimumSliceRows = 200;
            o.Slices.Add(RowSlice.ByValue("company"));
        });

        Assert.DoesNotContain(result.Slices, s => s.RowCount < 200);
        Assert.Contains(result.Notes, n => n.StartsWith("1 parts with fewer than 200 rows (", StringComparison.Ordinal));
    }

    [Fact]
    public async Task EvaluateAsync_ManyValues_TheRareOnesAreOnePart()
    {
        var result = await EvaluateAsync(o =>
        {
            (o.MaximumSliceParts, o.MinimumSliceRows) = (2, 2);
            o.Slices.Add(RowSlice.ByValue("company"));
        });

        Assert.Equal(3, result.Slices.Count);
        Assert.Contains(result.Slices, s => s.Name == "company=(other)");
    }

    [Fact]
    public async Task EvaluateAsync_UnknownColumn_SaysWhichThereAre()
    {
        var error = await Assert.ThrowsAsync<TrainingDataException>(() => EvaluateAsync(o => o.Slices.Add(RowSlice.ByValue("colour"))));

        Assert.Equal("colour", error.Column);
        Assert.StartsWith("Expected a column 'colour' in the training set, but found 'id', 'miles'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EvaluateAsync_TextByEdges_SaysWhatItIs()
    {
        var error = await Assert.ThrowsAsync<TrainingDataException>(() => EvaluateAsync(o => o.Slices.Add(RowSlice.ByEdges("company", 1))));

        Assert.Equal("Expected column 'company' to hold numbers to part rows by, but found the Arrow type utf8.", error.Message);
    }

    [Fact]
    public async Task EvaluateAsync_NoRowsLeft_SaysSo()
    {
        var filter = await Assert.ThrowsAsync<TrainingDataException>(() => EvaluateAsync(o => o.Filter = _ => false));
        var slice = await Assert.ThrowsAsync<TrainingDataException>(() => EvaluateAsync(o => o.Slices.Add(RowSlice.Where("nobody", _ => false))));

        Assert.Equal("Expected rows that pass the filter, but none of 800 rows does.", filter.Message);
        Assert.Equal("Expected rows in slice 'nobody', but none of 800 rows meets its condition.", slice.Message);
    }

    [Fact]
    public void Evaluate_SlicesOfScoresAlone_AreRefused()
        => Assert.Throws<ArgumentException>(() => Evaluator.Evaluate(ScoredRows.Binary([0.1, 0.2], [0, 1]), new EvaluatorOptions { Slices = { RowSlice.ByValue("x") } }));

    [Fact]
    public void ByEdges_DescendingEdges_AreRefused()
        => Assert.StartsWith(
            "Expected the edges of 'miles' to be finite and to ascend, but found another one at position 1.",
            Assert.Throws<ArgumentException>(() => RowSlice.ByEdges("miles", 3, 2)).Message,
            StringComparison.Ordinal);

    private static Task<EvaluationResult> EvaluateAsync(Action<EvaluatorOptions> configure)
    {
        var options = new EvaluatorOptions();
        configure(options);
        return Evaluator.EvaluateAsync(new StubModel(ModelTask.BinaryClassification, [], StubModel.ScoreColumn), Set(), options);
    }

    private static ArrowTrainingSet Set()
    {
        var random = new Random(2);
        var company = Enumerable.Range(0, 800).Select(i => i % 20 == 19 ? null : Companies[random.Next(3)]).ToArray();
        var labels = company.Select(_ => random.Next(2) == 1).ToArray();
        return new Rows()
            .Int64("id", [.. Enumerable.Range(0, 800).Select(i => (long?)i)])
            .Float32("miles", [.. Enumerable.Range(0, 800).Select(_ => (float?)(random.NextDouble() * 10))])
            .Text("company", company)
            .Float32("score", [.. labels.Select((l, i) => (float?)(random.NextDouble() + (company[i] == "blue" || !l ? 0 : 0.5)) / 1.5f)])
            .Label("y", labels)
            .Set("y");
    }
}
