using Mlp.Training.Evaluation;

namespace Mlp.Training.Tests.Evaluation;

public sealed class ScoredRowsTests
{
    [Fact]
    public void Binary_LabelCountDiffers_SaysBothCounts()
        => AssertSays("Expected one score for each label, but found 3 scores and 2 labels.", () => ScoredRows.Binary([0.1, 0.2, 0.3], [0, 1]));

    [Fact]
    public void Binary_NaNScore_NamesTheRow()
        => AssertSays("Expected every score to be a number, but found NaN at row 1.", () => ScoredRows.Binary([0.1, double.NaN], [0, 1]));

    [Fact]
    public void Binary_OtherLabel_NamesTheRow()
        => AssertSays("Expected every label to be 0 or 1, but found another one at row 1.", () => ScoredRows.Binary([0.1, 0.2], [0, 2]));

    [Fact]
    public void Binary_MissingLabel_NamesTheRow()
        => AssertSays("Expected a class for every row, but row 0 has none.", () => ScoredRows.Binary([0.1, 0.2], [double.NaN, 1]));

    [Fact]
    public void Binary_NoRows_IsRefused()
        => AssertSays("Expected at least one row, but found none: no metric is defined without rows.", () => ScoredRows.Binary([], []));

    [Theory]
    [InlineData(-1, "Expected every weight to be finite and 0 or more, but found another one at row 1.")]
    [InlineData(double.NaN, "Expected every weight to be finite and 0 or more, but found another one at row 1.")]
    public void Binary_WrongWeight_NamesTheRow(double weight, string sentence) => AssertSays(sentence, () => ScoredRows.Binary([0.1, 0.2], [0, 1], [1, weight]));

    [Fact]
    public void Binary_WeightCountDiffers_SaysBothCounts()
        => AssertSays("Expected one weight per label, but found 1 weights and 2 labels.", () => ScoredRows.Binary([0.1, 0.2], [0, 1], [1]));

    [Fact]
    public void Binary_NothingCounts_IsRefused()
        => AssertSays("Expected rows that count, but all 2 rows have the weight 0.", () => ScoredRows.Binary([0.1, 0.2], [0, 1], [0, 0]));

    [Fact]
    public void Regression_InfinitePrediction_NamesTheRow()
        => AssertSays("Expected every prediction to be finite, but found another one at row 0.", () => ScoredRows.Regression([double.PositiveInfinity], [1]));

    [Fact]
    public void Multiclass_ClassOutOfRange_NamesRowAndRange()
        => AssertSays("Expected every label to be the index of a class, 0 to 1, but found 2 at row 1.", () => ScoredRows.Multiclass([1, 0, 0, 1], [0, 2], ["a", "b"]));

    [Fact]
    public void Multiclass_ScoresOfAnotherCount_SaysBothCounts()
        => AssertSays("Expected 3 scores, one per class, for each label, but found 4 scores and 2 labels.", () => ScoredRows.Multiclass([1, 0, 0, 1], [0, 1], ["a", "b", "c"]));

    [Fact]
    public void Ranking_WrongInput_SaysWhat()
    {
        AssertSays("Expected every gain to be 0 or more, but found another one at row 1.", () => ScoredRows.Ranking([1, 2], [1, -1], [7, 7]));
        AssertSays("Expected one group per row, but found 2 rows and 1 groups.", () => ScoredRows.Ranking([1, 2], [1, 0], [7]));
        AssertSays("Expected all rows of a query to have one weight, but row 1 has another one", () => ScoredRows.Ranking([1, 2], [1, 0], [7, 7], [1, 2]));
    }

    [Fact]
    public void Evaluate_RowsOfWeightZero_CountForNothing()
    {
        var with = Evaluator.Evaluate(ScoredRows.Binary([0.1, 0.9, 0.4, 0.6, 0.99], [0, 1, 1, 0, 0], [1, 1, 2, 1, 0]));
        var without = Evaluator.Evaluate(ScoredRows.Binary([0.1, 0.9, 0.4, 0.6], [0, 1, 1, 0], [1, 1, 2, 1]));

        Assert.Equal(4, with.RowCount);
        Assert.Equal(without.Metrics, with.Metrics);
    }

    [Fact]
    public void Evaluate_ConstantLabel_SaysWhyThereIsNoAuc()
    {
        var binary = Evaluator.Evaluate(ScoredRows.Binary([0.1, 0.9, 0.4], [0, 0, 0]));
        var regression = Evaluator.Evaluate(ScoredRows.Regression([1, 2, 3], [5, 5, 5]));
        var multiclass = Evaluator.Evaluate(ScoredRows.Multiclass([0.6, 0.3, 0.1, 0.2, 0.7, 0.1], [0, 1], ["a", "b", "c"]));

        Assert.True(double.IsNaN(binary.Metrics["auc"]));
        Assert.Equal(["The AUC is not defined, because all 3 rows have the label 0."], binary.Notes);
        Assert.True(double.IsNaN(regression.Metrics["r_squared"]));
        Assert.Equal(["R² is not defined, because all 3 rows have the same label."], regression.Notes);
        Assert.Equal(["No row has the class 'c': without an AUC, and left out of its averages."], multiclass.Notes);
    }

    private static void AssertSays(string sentence, Func<ScoredRows> act) => Assert.StartsWith(sentence, Assert.Throws<ArgumentException>(act).Message, StringComparison.Ordinal);
}
