using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Inference;
using Mlp.Runtime.Models;
using Mlp.Runtime.Predictions;
using Mlp.Runtime.Scoring;
using Mlp.Runtime.Tests.Inference;
using static Mlp.Runtime.Tests.Inference.TestPlatform;

namespace Mlp.Runtime.Tests.Scoring;

public sealed class ScoreAsyncTypesTests : ScoredBatches
{
    [Fact]
    public async Task ScoreAsync_Integers_AreWidened()
    {
        await using var platform = await ServeAsync(Package(IntegerModel(), Regression(), features: [new("i", FeatureType.Int64, "view")]));
        IArrowArray[] columns =
        [
            new Int8Array.Builder().Append(7).Build(),
            new Int16Array.Builder().Append(7).Build(),
            new Int32Array.Builder().Append(7).Build(),
            new Int64Array.Builder().Append(7).Build(),
            new UInt8Array.Builder().Append(7).Build(),
            new UInt16Array.Builder().Append(7).Build(),
            new UInt32Array.Builder().Append(7).Build(),
            new UInt64Array.Builder().Append(7).Build(),
        ];
        foreach (var column in columns)
        {
            using var scored = await platform.Model.ScoreAsync(Batch(("i", column)));
            Assert.Equal(7, ((DoubleArray)scored.Column(BatchColumns.Score)).GetValue(0));
        }
    }

    [Fact]
    public async Task ScoreAsync_Floats_AreWidenedAndNeverNarrowed()
    {
        FeatureColumn[] columns = [new("d", FeatureType.Float64, "view")];
        await using var wide = await ServeAsync(Package(TestGraphs.LinearDouble(1), Regression(), features: columns));
        await using var narrow = await ServeAsync(Package(TestGraphs.Logistic(1), Binary(), features: [new("d", FeatureType.Float32, "view")]));
        var single = Batch(("d", new FloatArray.Builder().Append(0.1f).Build()));
        var @double = Batch(("d", new DoubleArray.Builder().Append(0.1).Build()));
        var half = Batch(("d", new HalfFloatArray.Builder().Append((Half)0.5f).Build()));

        using var scored = await wide.Model.ScoreAsync(single);
        using var halfScored = await narrow.Model.ScoreAsync(half);
        var error = await Assert.ThrowsAsync<ArgumentException>(() => narrow.Model.ScoreAsync(@double));

        Assert.Equal(0.1f, ((DoubleArray)scored.Column(BatchColumns.Score)).GetValue(0));
        Assert.Equal(1 / (1 + MathF.Exp(-0.5f)), ((DoubleArray)halfScored.Column(BatchColumns.Score)).GetValue(0)!.Value, 1e-6);
        Assert.Equal("Expected column 'd' of Arrow type float, halffloat or an integer of at most 16 bits for a feature of type Float32, but found double (model 'tips' version 1). The conversion could lose digits: cast the column to float yourself if it may.", error.Message);
    }

    [Fact]
    public async Task ScoreAsync_Texts_AreReadInEveryEncoding()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.Columns(), Regression()), configure: m => m.OnNull("c", string.Empty));
        var plain = new StringArray.Builder().Append("a").Append("ü").AppendNull().Append("other").Append("a").Build();
        var words = new StringArray.Builder().Append("ü").AppendNull().Append("a").Append("other").Build();
        var indexes = new Int16Array.Builder().Append(2).Append(0).AppendNull().Append(3).Append(2).Build();
        var coded = new DictionaryArray(new DictionaryType(Int16Type.Default, StringType.Default, false), indexes, words);
        var view = new StringViewArray.Builder().Append("a").Append("ü").AppendNull().Append("other").Append("a").Build();

        var large = LargeTexts("a", "ü", null, "other", "a");
        foreach (var texts in new IArrowArray[] { plain, coded, view, large })
        {
            var batch = Batch(("a", Floats(1, 2, 3, 4, 5)), ("b", Floats(0, 0, 0, 0, 0)), ("c", texts));
            using var scored = await platform.Model.ScoreAsync(batch);
            Assert.Equal([101, 202, 3, 4, 105], ((DoubleArray)scored.Column(BatchColumns.Score)).Values.ToArray());
            using var slice = await platform.Model.ScoreAsync(batch.Slice(1, 3));
            Assert.Equal([202, 3, 4], ((DoubleArray)slice.Column(BatchColumns.Score)).Values.ToArray());
        }
    }

    [Fact]
    public async Task ScoreAsync_NullWordInDictionary_IsNull()
    {
        await using var platform = await ServeAsync(Package(TestGraphs.StatusSum(2), Regression(), features: OneOfEach));
        var words = new StringArray.Builder().Append("a").AppendNull().Build();
        var coded = new DictionaryArray(
            new DictionaryType(Int32Type.Default, StringType.Default, false), new Int32Array.Builder().Append(0).Append(1).Build(), words);

        using var scored = await platform.Model.ScoreAsync(Batch(("f", Floats(1, 1)), ("s", coded)));

        Assert.Equal([1 + 1, 1 + 2], ((DoubleArray)scored.Column(BatchColumns.Score)).Values.ToArray());
    }

    [Fact]
    public async Task ScoreAsync_UInt64BeyondInt64_IsRefusedWithItsRow()
    {
        await using var platform = await ServeAsync(Package(IntegerModel(), Regression(), features: [new("i", FeatureType.Int64, "view")]));
        var column = new UInt64Array.Builder().Append(7).Append(long.MaxValue).Append(1UL << 63).Build();

        var error = await Assert.ThrowsAsync<ArgumentException>(() => platform.Model.ScoreAsync(Batch(("i", column))));

        Assert.Equal("Expected uint64 values of at most 2^63 - 1 for feature 'i' of type Int64 (model 'tips' version 1), but found a greater one in row 2.", error.Message);
    }

    [Fact]
    public async Task ScoreAsync_TypesThatNeedALossyCast_AreRefusedAndSayHow()
    {
        await using var narrow = await ServeAsync(Package(TestGraphs.Logistic(1), Binary(), features: [new("x", FeatureType.Float32, "view")]));
        await using var wide = await ServeAsync(Package(TestGraphs.LinearDouble(1), Regression(), features: [new("x", FeatureType.Float64, "view")]));
        await using var whole = await ServeAsync(Package(IntegerModel(), Regression(), features: [new("x", FeatureType.Int64, "view")]));
        var number = new Decimal128Array.Builder(new Decimal128Type(10, 2)).Append(1.5m).Build();
        var integer = new Int64Array.Builder().Append(1).Build();
        var bytes = new BinaryArray.Builder().Append((byte)1).Build();

        Assert.EndsWith("but found decimal128 (model 'tips' version 1). A decimal has no exact value in binary: cast the column to float yourself, which rounds it.", await ErrorAsync(narrow, number), StringComparison.Ordinal);
        Assert.EndsWith("cast the column to int64 yourself, which rounds it.", await ErrorAsync(whole, number), StringComparison.Ordinal);
        Assert.EndsWith("but found int64 (model 'tips' version 1). The conversion could lose digits: cast the column to double yourself if it may.", await ErrorAsync(wide, integer), StringComparison.Ordinal);
        Assert.EndsWith("cast the column to float yourself if it may.", await ErrorAsync(narrow, integer), StringComparison.Ordinal);
        Assert.EndsWith("Cast the column to int64 yourself, as the model was trained.", await ErrorAsync(whole, bytes), StringComparison.Ordinal);

        static async Task<string> ErrorAsync(TestPlatform platform, IArrowArray column)
            => (await Assert.ThrowsAsync<ArgumentException>(() => platform.Model.ScoreAsync(Batch(("x", column))))).Message;
    }

    private static LargeStringArray LargeTexts(params string?[] texts)
    {
        var bytes = new List<byte>();
        var offsets = new List<long> { 0 };
        var validity = new ArrowBuffer.BitmapBuilder();
        foreach (var text in texts)
        {
            bytes.AddRange(System.Text.Encoding.UTF8.GetBytes(text ?? string.Empty));
            offsets.Add(bytes.Count);
            validity.Append(text is not null);
        }

        return new LargeStringArray(
            texts.Length,
            new ArrowBuffer.Builder<long>().AppendRange(offsets).Build(),
            new ArrowBuffer.Builder<byte>().AppendRange(bytes).Build(),
            validity.Build(),
            texts.Count(t => t is null));
    }

    /// <summary><c>y</c> = the integer as float.</summary>
    private static byte[] IntegerModel() => TestSupport.OnnxBytes.Model(TestSupport.OnnxBytes.Graph(
        TestGraphs.Cast("int64", "y"),
        TestSupport.OnnxBytes.Input("int64", TestSupport.OnnxBytes.Int64, "N", 1),
        TestSupport.OnnxBytes.Output("y", TestSupport.OnnxBytes.Float, "N", 1)));
}
