using Apache.Arrow;
using Mlp.Runtime.Models;
using Mlp.Training.Preprocessing;

namespace Mlp.Training.Tests.Preprocessing;

public sealed class LabelledRowsTests
{
    private static readonly RowReading Classes = new() { Task = ModelTask.MulticlassClassification };

    [Fact]
    public async Task ReadAsync_TextClasses_AreNumberedInOrdinalOrder()
    {
        var rows = await ReadAsync(new Rows().Float32("x", 1f, 2f, 3f, 4f).Other("y", Texts("pear", "apple", "pear", "fig")), Classes);

        Assert.Equal(["apple", "fig", "pear"], rows.ClassNames);
        Assert.Equal([2.0, 0, 2, 1], rows.Labels.ToArray());
    }

    [Fact]
    public async Task ReadAsync_NumberedClasses_AreOrderedAsNumbers()
    {
        var rows = await ReadAsync(new Rows().Float32("x", 1f, 2f, 3f).Label("y", 10, 9, -1), Classes);

        Assert.Equal(["-1", "9", "10"], rows.ClassNames);
        Assert.Equal([2.0, 1, 0], rows.Labels.ToArray());
    }

    [Fact]
    public async Task ReadAsync_ClassNotAmongThoseKnown_NamesTheRow()
    {
        var reading = Classes with { ClassNames = ["a", "b"] };

        var error = await Assert.ThrowsAsync<TrainingDataException>(() => ReadAsync(new Rows().Float32("x", 1f, 2f).Other("y", Texts("b", "c")), reading));

        Assert.Equal("Expected label 'y' to be one of the 2 classes 'a', 'b', but row 1 holds a class that was not seen.", error.Message);
    }

    [Fact]
    public async Task ReadAsync_FractionAsClass_IsRefused()
    {
        var error = await Assert.ThrowsAsync<TrainingDataException>(() => ReadAsync(new Rows().Float32("x", 1f, 2f).Label("y", 1, 1.5f), Classes));

        Assert.Equal("Expected label 'y' to be a class, a text or a whole number, but row 1 holds a fraction.", error.Message);
    }

    [Fact]
    public async Task ReadAsync_TwoTextsOfABinaryProblem_AreClasses()
    {
        var rows = await ReadAsync(new Rows().Float32("x", 1f, 2f).Other("y", Texts(">50K", "<=50K")), new RowReading { Task = ModelTask.BinaryClassification });

        Assert.Equal(["<=50K", ">50K"], rows.ClassNames);
        Assert.Equal([1.0, 0], rows.Labels.ToArray());
    }

    [Fact]
    public async Task ReadAsync_Groups_NumberNeighboursAlike()
    {
        var rows = await ReadAsync(
            new Rows().Float32("x", 1f, 2f, 3f, 4f).Label("y", 1, 0, 1, 0).Other("q", Texts("a", "a", "b", "a")), new RowReading { Task = ModelTask.Ranking, GroupColumn = "q" });

        Assert.Equal([0, 0, 1, 2], rows.Groups.ToArray());
    }

    [Fact]
    public async Task ReadAsync_NegativeWeight_NamesTheRow()
    {
        var set = new Rows().Float32("x", 1f, 2f).Label("y", 1, 0).Label("w", 0.5f, -1).Set("y");
        var weighted = new ChangedTrainingSet(set, m => m with { WeightColumn = "w" });

        var error = await Assert.ThrowsAsync<TrainingDataException>(
            () => LabelledRows.ReadAsync(weighted, set.Manifest.Features, RowReading.Numbers with { TakesWeights = true }, CancellationToken.None));

        Assert.Equal("Expected a weight of 0 or more in every row of column 'w', but row 1 has a negative one.", error.Message);
    }

    private static StringArray Texts(params string[] values) => values.Aggregate(new StringArray.Builder(), (b, v) => b.Append(v)).Build();

    private static Task<LabelledRows> ReadAsync(Rows rows, RowReading reading)
    {
        var set = rows.Set("y");
        return LabelledRows.ReadAsync(set, set.Manifest.Features, reading, CancellationToken.None);
    }
}
