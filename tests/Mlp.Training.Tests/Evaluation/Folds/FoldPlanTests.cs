using Apache.Arrow;
using Mlp.Runtime.Data;
using Mlp.Runtime.Models;
using Mlp.Training.Evaluation.Folds;

namespace Mlp.Training.Tests.Evaluation.Folds;

public sealed class FoldPlanTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SplitAsync_KFold_TestsEachRowOnceInEvenParts(bool shuffle)
    {
        var folds = await SplitAsync(FoldData.Set(103), new() { Scheme = FoldScheme.KFold, Shuffle = shuffle });

        Assert.Equal(Enumerable.Range(0, 103).Select(i => (long)i), folds.SelectMany(f => f.Test).Order());
        Assert.All(folds, f => Assert.InRange(f.Test.Count, 20, 21));
        Assert.All(folds, f => Assert.Equal(103, f.Training.Union(f.Test).Count()));

        // Without shuffling the folds are runs of rows.
        Assert.Equal(!shuffle, folds.All(f => f.Test[^1] - f.Test[0] == f.Test.Count - 1));
    }

    [Fact]
    public async Task SplitAsync_Stratified_HasItsShareOfEachClass()
    {
        var folds = await SplitAsync(FoldData.Set(200, label: "kind"), new(), ModelTask.MulticlassClassification);

        // 120 a, 60 b, 20 c.
        Assert.All(folds, f => Assert.Equal((24, 12, 4), (f.Test.Count(i => i % 10 < 6), f.Test.Count(i => i % 10 is >= 6 and < 9), f.Test.Count(i => i % 10 == 9))));
    }

    [Theory]
    [InlineData(FoldScheme.Grouped)]
    [InlineData(FoldScheme.StratifiedGrouped)]
    public async Task SplitAsync_Groups_StayTogetherInEvenParts(FoldScheme scheme)
    {
        var set = FoldData.Set(400);
        var (groups, labels) = await ValuesAsync(set);

        var folds = await SplitAsync(set, new() { Scheme = scheme, GroupColumns = { "group" } });

        Assert.All(folds, f => Assert.Empty(f.Test.Select(i => groups[(int)i]).Intersect(f.Training.Select(i => groups[(int)i]))));
        Assert.Equal(400, folds.Sum(f => f.Test.Count));
        Assert.All(folds, f => Assert.InRange(f.Test.Count, 60, 100));
        var positives = labels.Count(l => l) / 5.0;
        Assert.All(folds, f => Assert.True(scheme == FoldScheme.Grouped || Math.Abs(f.Test.Count(i => labels[(int)i]) - positives) <= 3));
    }

    [Theory]
    [InlineData("y", ModelTask.BinaryClassification)]
    [InlineData("kind", ModelTask.MulticlassClassification)]
    [InlineData("gain", ModelTask.Regression)]
    public async Task SplitAsync_GroupColumnsWithoutScheme_GroupsStayTogether(string label, ModelTask task)
    {
        var set = FoldData.Set(400, label);
        var (groups, _) = await ValuesAsync(set);

        var folds = await SplitAsync(set, new() { GroupColumns = { "group" } }, task);

        Assert.Equal(400, folds.Sum(f => f.Test.Count));
        Assert.All(folds, f => Assert.Empty(f.Test.Select(i => groups[(int)i]).Intersect(f.Training.Select(i => groups[(int)i]))));
    }

    [Theory]
    [InlineData(FoldScheme.KFold)]
    [InlineData(FoldScheme.Stratified)]
    [InlineData(FoldScheme.TimeSeries)]
    public async Task SplitAsync_GroupColumnsWithASchemeThatCutsGroups_IsASentence(FoldScheme scheme)
        => Assert.Contains(
            $"CrossValidationOptions.Scheme must be Grouped, StratifiedGrouped or null with GroupColumns, since others cut groups, but is {scheme}.",
            (await Assert.ThrowsAsync<ArgumentException>(() => SplitAsync(FoldData.Set(100), new() { Scheme = scheme, GroupColumns = { "group" } }))).Message,
            StringComparison.Ordinal);

    [Fact]
    public async Task SplitAsync_TimeSeries_TrainsOnEarlierRowsAlone()
    {
        // 120 rows, five of each time: parts of 20 rows.
        var growing = await SplitAsync(FoldData.Set(120), new() { Scheme = FoldScheme.TimeSeries });
        var sliding = await SplitAsync(FoldData.Set(120), new() { Scheme = FoldScheme.TimeSeries, MaximumTrainingRows = 30 });

        Assert.Equal([(0, 20, 20, 40), (0, 40, 40, 60), (0, 60, 60, 80), (0, 80, 80, 100), (0, 100, 100, 120)], growing.Select(Ranges));
        Assert.Equal([(0, 20, 20, 40), (10, 40, 40, 60), (30, 60, 60, 80), (50, 80, 80, 100), (70, 100, 100, 120)], sliding.Select(Ranges));
    }

    [Fact]
    public async Task SplitAsync_TimeSeriesWithGapAndWindow_LeavesRowsOut()
    {
        // Part 1 begins with row 20 at second 4. A gap of 2 seconds trains up to second 2 (row 14), a window of 1 second from second 1 (row 5).
        var timed = await SplitAsync(
            FoldData.Set(120), new() { Scheme = FoldScheme.TimeSeries, Gap = TimeSpan.FromSeconds(2), TrainingWindow = TimeSpan.FromSeconds(1) });
        var counted = await SplitAsync(FoldData.Set(120, withTime: false), new() { Scheme = FoldScheme.TimeSeries, GapRows = 7 });

        Assert.Equal((5, 15, 20, 40), Ranges(timed[0]));
        Assert.Equal((85, 95, 100, 120), Ranges(timed[4]));
        Assert.Equal((0, 13, 20, 40), Ranges(counted[0]));
    }

    [Fact]
    public async Task SplitAsync_TimeSeriesWithTies_KeepsATimeTogetherInTheLaterPart()
    {
        // Parts of 103 / 6 = 17 rows would begin with rows 18, 35, 52, 69 and 86; times begin with rows 15, 35, 50, 65 and 85.
        var folds = await SplitAsync(FoldData.Set(103), new() { Scheme = FoldScheme.TimeSeries });

        Assert.Equal([(0, 15, 15, 35), (0, 35, 35, 50), (0, 50, 50, 65), (0, 65, 65, 85), (0, 85, 85, 103)], folds.Select(Ranges));
    }

    [Fact]
    public async Task SplitAsync_FewerGroupsThanFolds_SaysBothCounts()
    {
        var rows = new Rows().Int64("id", 1, 2, 3, 4, 5, 6).Text("city", "a", "a", "b", "b", "c", "c").Label("y", true, false, true, false, true, false).Set("y");

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => SplitAsync(rows, new() { Scheme = FoldScheme.Grouped, GroupColumns = { "city" } }));

        Assert.Equal("Expected at least 5 groups for 5 folds, but found 3 by 'city'.", error.Message);
    }

    [Fact]
    public async Task SplitAsync_FewerRowsThanFolds_SaysBothCounts()
    {
        var rows = new Rows().Int64("id", 1, 2, 3).Label("y", true, false, true).Set("y");

        Assert.Equal("Expected at least 5 rows for 5 folds, but found 3.", (await Assert.ThrowsAsync<TrainingDataException>(() => SplitAsync(rows, new()))).Message);
    }

    [Fact]
    public async Task SplitAsync_ClassOfTestRowsAlone_IsNamed()
    {
        var rows = new Rows().Int64("id", 1, 2, 3, 4, 5, 6).Label("kind", "a", "a", "b", "b", "a", "rare").Set("kind");

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => SplitAsync(rows, new() { FoldCount = 2 }, ModelTask.MulticlassClassification));

        Assert.Contains("among its training rows, but class 'rare' is not: it has too few rows for these folds", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SplitAsync_ConstantLabel_IsNamed()
    {
        var rows = new Rows().Int64("id", 1, 2, 3, 4).Label("y", true, true, true, true).Set("y");

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => SplitAsync(rows, new() { FoldCount = 2 }));

        Assert.Equal("Expected at least two classes in the training rows of fold 1, but all of them are '1'.", error.Message);
    }

    [Fact]
    public async Task SplitAsync_NoLabelColumn_SaysSo()
    {
        var rows = new Rows().Int64("id", 1, 2, 3, 4).Set();

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => SplitAsync(rows, new() { FoldCount = 2 }));

        Assert.Equal("Expected a training set with a label column, but its manifest names none.", error.Message);
    }

    [Fact]
    public async Task SplitAsync_UnknownGroupColumn_IsNamed()
    {
        var error = await Assert.ThrowsAsync<TrainingDataException>(() => SplitAsync(FoldData.Set(20), new() { Scheme = FoldScheme.Grouped, GroupColumns = { "town" } }));

        Assert.Equal("town", error.Column);
    }

    [Fact]
    public async Task SplitAsync_GapInTimeWithoutTimes_SaysWhatToGive()
    {
        var error = await Assert.ThrowsAsync<TrainingDataException>(
            () => SplitAsync(FoldData.Set(60, withTime: false), new() { Scheme = FoldScheme.TimeSeries, Gap = TimeSpan.FromDays(1) }));

        Assert.Equal("Expected a training set with a time column for a gap or window in time, but its manifest names none: give them as rows.", error.Message);
    }

    [Fact]
    public async Task SplitAsync_GapLeavesNothing_NamesTheFold()
    {
        var error = await Assert.ThrowsAsync<TrainingDataException>(() => SplitAsync(FoldData.Set(60), new() { Scheme = FoldScheme.TimeSeries, GapRows = 10 }));

        Assert.StartsWith("Expected rows to train on in fold 1, but gap and window leave none", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SplitAsync_SchemeThatDoesNotFit_IsRefused()
    {
        Assert.Contains("for a regression, which has no classes, but found Stratified", await RefusedAsync(new() { Scheme = FoldScheme.Stratified }, ModelTask.Regression), StringComparison.Ordinal);
        Assert.Contains("Expected group columns for the scheme Grouped, but found none.", await RefusedAsync(new() { Scheme = FoldScheme.Grouped }), StringComparison.Ordinal);
        Assert.Contains("for a ranking, whose groups stay together, but found KFold", await RefusedAsync(new() { Scheme = FoldScheme.KFold, Evaluation = { GroupColumn = "query" } }, ModelTask.Ranking), StringComparison.Ordinal);
        Assert.Contains("Evaluation.GroupColumn to name the column of groups for a ranking", await RefusedAsync(new(), ModelTask.Ranking), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SplitAsync_OptionsThatDoNotFit_AreRefused()
    {
        Assert.Contains("CrossValidationOptions.FoldCount must be between 2 and 1000, but is 1.", await RefusedAsync(new() { FoldCount = 1 }), StringComparison.Ordinal);
        Assert.Contains("CrossValidationOptions.RepeatCount must be 1 for TimeSeries", await RefusedAsync(new() { Scheme = FoldScheme.TimeSeries, RepeatCount = 2 }), StringComparison.Ordinal);
        Assert.Contains("CrossValidationOptions.Scheme must be TimeSeries with a gap or a window, but is null.", await RefusedAsync(new() { GapRows = 3 }), StringComparison.Ordinal);
        Assert.Contains("CrossValidationOptions.Evaluation.RankingCutoff must be between 1 and 1000000, but is 0.", await RefusedAsync(new() { Evaluation = { RankingCutoff = 0 } }), StringComparison.Ordinal);
    }

    private static async Task<string> RefusedAsync(CrossValidationOptions options, ModelTask task = ModelTask.BinaryClassification)
        => (await Assert.ThrowsAsync<ArgumentException>(() => SplitAsync(FoldData.Set(60), options, task))).Message;

    private static (int, int, int, int) Ranges((List<long> Training, List<long> Test) fold)
    {
        Assert.Equal(fold.Training.Count, fold.Training[^1] - fold.Training[0] + 1);
        Assert.Equal(fold.Test.Count, fold.Test[^1] - fold.Test[0] + 1);
        return ((int)fold.Training[0], (int)fold.Training[^1] + 1, (int)fold.Test[0], (int)fold.Test[^1] + 1);
    }

    private static async Task<List<(List<long> Training, List<long> Test)>> SplitAsync(
        ITrainingSet set, CrossValidationOptions options, ModelTask task = ModelTask.BinaryClassification)
    {
        var folds = new List<(List<long>, List<long>)>();
        foreach (var fold in await CrossValidation.SplitAsync(set, task, options))
        {
            Assert.Equal(fold.Training.Manifest.RowCount, (await IdsAsync(fold.Training)).Count);
            folds.Add((await IdsAsync(fold.Training), await IdsAsync(fold.Test)));
        }

        return folds;
    }

    private static async Task<List<long>> IdsAsync(ITrainingSet set)
    {
        var ids = new List<long>();
        await foreach (var batch in set.ReadAsync())
        {
            ids.AddRange(((Int64Array)batch.Column("id")).Values.ToArray());
        }

        return ids;
    }

    private static async Task<(long[] Groups, bool[] Labels)> ValuesAsync(ITrainingSet set)
    {
        var batch = await SyntheticRows.BatchOf(set);
        var labels = (BooleanArray)batch.Column("y");
        return (((Int64Array)batch.Column("group")).Values.ToArray(), [.. Enumerable.Range(0, batch.Length).Select(i => labels.GetValue(i)!.Value)]);
    }
}
