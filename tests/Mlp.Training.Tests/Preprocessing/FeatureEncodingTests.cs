using Mlp.Runtime.Data;
using Mlp.Training.Preprocessing;
using Mlp.Training.Preprocessing.Categories;

namespace Mlp.Training.Tests.Preprocessing;

public sealed class FeatureEncodingTests
{
    private static readonly PreprocessingOptions EveryValue = new() { MinimumCategoryCount = 1 };

    [Fact]
    public void Encode_Numbers_StandardisesByMeanAndPopulationDeviation()
    {
        // 2, 4, 4, 4, 5, 5, 7, 9: mean 5, population standard deviation 2.
        var rows = new Rows().Float64("x", 2, 4, 4, 4, 5, 5, 7, 9);

        Assert.Equal([[-1.5f], [-0.5f], [-0.5f], [-0.5f], [0f], [0f], [1f], [2f]], Encode(rows, EveryValue));
    }

    [Fact]
    public void Encode_Vector_IsItsElementsEachByItself()
    {
        var rows = new Rows().Float32("x", 3f, 3f, 3f, 3f, 3f).Vector("v", 2, [2, 10], [4, 10], null, [2, float.NaN], [4, 10]);

        // Numbers: x, v[0] of mean 3 and deviation 1, v[1] that is always 10; then the indicators of v[0] (a null) and of v[1] (a null and a NaN).
        Assert.Equal([[0f, -1f, 0f, 0f, 0f], [0f, 1f, 0f, 0f, 0f], [0f, 0f, 0f, 1f, 1f], [0f, -1f, 0f, 0f, 1f], [0f, 1f, 0f, 0f, 0f]], Encode(rows, EveryValue));
    }

    [Fact]
    public void Encode_ConstantAndTruthValues_StayFinite()
    {
        var rows = new Rows().Float32("same", 3f, 3f, 3f, 3f).Boolean("flag", true, false, true, false).Int64("count", 10, 20, 10, 20);

        // By type: float32, int64, boolean.
        Assert.Equal([[0f, -1f, 1f], [0f, 1f, -1f], [0f, -1f, 1f], [0f, 1f, -1f]], Encode(rows, EveryValue));
    }

    [Fact]
    public void Encode_NullNanAndInfinity_BecomeTheMeanWithAnIndicator()
    {
        var rows = new Rows().Float32("x", 1f, null, 3f, float.NaN, float.PositiveInfinity);

        Assert.Equal([[-1f, 0f], [0f, 1f], [1f, 0f], [0f, 1f], [0f, 1f]], Encode(rows, EveryValue));
    }

    [Fact]
    public void Encode_MissingOnlyAfterTheTrainingRows_BecomesTheMeanWithoutAnIndicator()
    {
        var rows = new Rows().Float32("x", 1f, 3f, null, 100f);

        Assert.Equal([[-1f], [1f], [0f], [10f]], Encode(rows, EveryValue, trainingRows: 2));
    }

    [Fact]
    public void Encode_Texts_GiveFrequentValuesSlotsThenOtherThenMissing()
    {
        var rows = new Rows().Text("c", "b", "a", "b", "c", "d", null);
        var options = new PreprocessingOptions { MinimumCategoryCount = 1, MaximumCategories = 2 };

        // Slots: b (twice), a (first of those that occur once), other, missing.
        Assert.Equal(
            [[1f, 0f, 0f, 0f], [0f, 1f, 0f, 0f], [1f, 0f, 0f, 0f], [0f, 0f, 1f, 0f], [0f, 0f, 1f, 0f], [0f, 0f, 0f, 1f]],
            Encode(rows, options));
    }

    [Fact]
    public void Encode_ValueThatTrainingNeverShowed_SetsNothing()
    {
        var rows = new Rows().Text("c", "a", "b", "new", null).Int64("code", 7, 8, 9, null);
        var options = new PreprocessingOptions { MinimumCategoryCount = 1, CategoricalFeatures = { "code" } };

        Assert.Equal([[1f, 0f, 1f, 0f], [0f, 1f, 0f, 1f], [0f, 0f, 0f, 0f], [0f, 0f, 0f, 0f]], Encode(rows, options, trainingRows: 2));
    }

    [Fact]
    public void Encode_EmptyText_IsAValueOfItsOwn()
    {
        var rows = new Rows().Text("c", "", "", null);

        Assert.Equal([[1f, 0f], [1f, 0f], [0f, 1f]], Encode(rows, EveryValue));
    }

    [Fact]
    public void Learn_RareValues_ShareTheOtherSlot()
    {
        var table = Table(new Rows().Text("c", "a", "a", "b", "c"));

        var category = FeatureEncoding.Learn(table, 4, new PreprocessingOptions { MinimumCategoryCount = 2 }).Categories[0];

        Assert.Equal(["a"], category.Texts);
        Assert.Equal(1, category.OtherSlot);
        Assert.Equal(CategoryEncoding.NoSlot, category.MissingSlot);
    }

    [Fact]
    public void Learn_UnknownCategoricalFeature_IsRefused()
    {
        var table = Table(new Rows().Int64("code", 1, 2));

        var error = Assert.Throws<ArgumentException>(() => FeatureEncoding.Learn(table, 2, new PreprocessingOptions { CategoricalFeatures = { "cod" } }));

        Assert.StartsWith("Expected the categorical feature 'cod' among the features, but found 'code'.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Learn_CategoricalFloat_IsRefused()
    {
        var table = Table(new Rows().Float32("x", 1f));

        var error = Assert.Throws<ArgumentException>(() => FeatureEncoding.Learn(table, 1, new PreprocessingOptions { CategoricalFeatures = { "x" } }));

        Assert.Contains("to be of type Int64 or String, but found Float32", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Append_MissingColumn_NamesIt()
    {
        var rows = new Rows().Float32("x", 1f).Declare("y", FeatureType.Int64);

        var error = Assert.Throws<TrainingDataException>(() => Table(rows));

        Assert.Equal("y", error.Column);
        Assert.Equal("Expected a column for the feature 'y' of type Int64, but found 'x'.", error.Message);
    }

    [Fact]
    public void Append_WrongType_NamesColumnAndTypes()
    {
        var rows = new Rows().Declare("x", FeatureType.Float32).Other("x", new Apache.Arrow.DoubleArray.Builder().Append(1).Build());

        var error = Assert.Throws<TrainingDataException>(() => Table(rows));

        Assert.Equal("Expected column 'x' to hold Float32 values, but found the Arrow type double.", error.Message);
    }

    [Fact]
    public void Append_NarrowerIntegers_AreWidened()
    {
        var rows = new Rows().Declare("x", FeatureType.Int64).Other("x", new Apache.Arrow.Int16Array.Builder().Append(-3).AppendNull().Build());

        var table = Table(rows);

        Assert.Equal([-3L, 0L], ((NumberColumn<long>)table.Columns[0]).Values.ToArray());
        Assert.Equal([FeatureStatus.Present, FeatureStatus.Null], table.Columns[0].Statuses.ToArray());
    }

    [Fact]
    public void Append_ViewStatusColumn_SaysWhyAValueIsNotThere()
    {
        var statuses = new Apache.Arrow.UInt8Array.Builder().Append(1).Append(0).Append(3).Append(1).Build();
        var rows = new Rows().Int64("x", 5, null, null, null).Other(TrainingSetColumns.StatusOf("view"), statuses);

        Assert.Equal(
            [FeatureStatus.Present, FeatureStatus.Missing, FeatureStatus.Expired, FeatureStatus.Null],
            Table(rows).Columns[0].Statuses.ToArray());
    }

    private static FeatureTable Table(Rows rows) => FeatureTable.Of(rows.Batch(), rows.Features);

    private static float[][] Encode(Rows rows, PreprocessingOptions options, int? trainingRows = null)
    {
        var table = Table(rows);
        var encoding = FeatureEncoding.Learn(table, trainingRows ?? table.RowCount, options);
        var encoded = encoding.Encode(table);
        var wide = new float[encoded.RowCount * encoded.Width];
        encoded.Copy(0, encoded.RowCount, wide);
        return [.. wide.Chunk(encoded.Width)];
    }
}
