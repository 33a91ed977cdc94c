using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Runtime.Data;
using Mlp.Runtime.Statistics.Profiles;
using Mlp.TestSupport;

namespace Mlp.Runtime.Tests.Statistics.Profiles;

public class DataProfileTests
{
    private static readonly string FixturePath = Path.Combine(AppContext.BaseDirectory, "Statistics", "Profiles", "Fixtures", "profile-v1.mlprofile");

    [Fact]
    public void Add_Numbers_TellsNullNaNAndInfinitiesApart()
    {
        var values = new DoubleArray.Builder().Append(1).AppendNull().Append(double.NaN).Append(double.PositiveInfinity).Append(-3).Append(double.NegativeInfinity).Append(5).AppendNull().Append(-0.0).Build();
        var column = Profile(("x", values)).Columns[0];

        Assert.Equal((9, 2, 1, 1, 1, 3), (column.RowCount, column.NullCount, column.NanCount, column.PositiveInfinityCount, column.NegativeInfinityCount, column.MissingCount));
        Assert.Equal((0.75, -3, 5), (column.Mean, column.Minimum, column.Maximum));
        Assert.Equal(Math.Sqrt((35 / 4.0) - (0.75 * 0.75)), column.StandardDeviation, 12);
        Assert.Equal(3 / 9.0, column.MissingShare);
        Assert.InRange(column.DistinctCount, 5.99, 6.01);
        Assert.Equal((-3, 5), (column.GetQuantile(0), column.GetQuantile(1)));
        Assert.InRange(column.GetQuantile(0.67), 0.99, 1.01);
        Assert.False(column.IsCategorical || column.IsConstant);
    }

    [Fact]
    public void Add_EveryType_ReadsItsValues()
    {
        var time = new DateTimeOffset(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);
        var profile = Profile(
            ("f32", new FloatArray.Builder().Append(1.5f).AppendNull().Append(float.NaN).Build()),
            ("f64", new DoubleArray.Builder().Append(1).Append(2).Append(3).Build()),
            ("f16", new HalfFloatArray.Builder().Append((Half)1).Append((Half)2).AppendNull().Build()),
            ("i8", new Int8Array.Builder().Append(-1).Append(2).AppendNull().Build()),
            ("i16", new Int16Array.Builder().Append(-1).Append(2).AppendNull().Build()),
            ("i32", new Int32Array.Builder().Append(-1).Append(2).AppendNull().Build()),
            ("i64", new Int64Array.Builder().Append(long.MaxValue).Append(long.MaxValue - 1).Append(long.MinValue).Build()),
            ("u8", new UInt8Array.Builder().Append(255).Append(2).AppendNull().Build()),
            ("u16", new UInt16Array.Builder().Append(65_535).Append(2).AppendNull().Build()),
            ("u32", new UInt32Array.Builder().Append(uint.MaxValue).Append(2).AppendNull().Build()),
            ("u64", new UInt64Array.Builder().Append(ulong.MaxValue).Append(2).AppendNull().Build()),
            ("flag", new BooleanArray.Builder().Append(true).Append(false).AppendNull().Build()),
            ("text", new StringArray.Builder().Append("a").AppendNull().Append("").Build()),
            ("large", new LargeStringArray.Builder().Append("a").AppendNull().Append("b").Build()),
            ("view", new StringViewArray.Builder().Append("a").AppendNull().Append("a text that does not fit into the view").Build()),
            ("code", Dictionary(["x", null, "y"], 2, 0, 1)),
            ("time", new TimestampArray.Builder(new TimestampType(TimeUnit.Microsecond, "UTC")).Append(time).Append(time.AddDays(1)).AppendNull().Build()),
            ("day", new Date32Array.Builder().Append(new DateTime(1970, 1, 3, 0, 0, 0, DateTimeKind.Utc)).AppendNull().AppendNull().Build()),
            ("vector", Vectors([3, 4], null, [0, 1])),
            ("bytes", new BinaryArray.Builder().Append([1, 2]).Append([1, 2]).AppendNull().Build()));
        ColumnProfile Column(string name) => profile.Find(name)!;

        Assert.Equal((1.5, 1L, 1L, ProfileColumnType.Float32), (Column("f32").Mean, Column("f32").NullCount, Column("f32").NanCount, Column("f32").Type));
        Assert.Equal((2.0, 1.5, 0.5, 0.5, 0.5), (Column("f64").Mean, Column("f16").Mean, Column("i8").Mean, Column("i16").Mean, Column("i32").Mean));
        Assert.Equal((255.0, 65_535.0, (double)uint.MaxValue, (double)ulong.MaxValue), (Column("u8").Maximum, Column("u16").Maximum, Column("u32").Maximum, Column("u64").Maximum));
        Assert.InRange(Column("i64").DistinctCount, 2.99, 3.01);
        Assert.Equal((0.5, 1), (Column("flag").Mean, Column("flag").NullCount));
        Assert.Equal(["", "a"], Column("text").FrequentItems.Select(item => item.Name));
        Assert.Equal(["a", "b"], Column("large").FrequentItems.Select(item => item.Name));
        Assert.Equal(["a", "a text that does not fit into the view"], Column("view").FrequentItems.Select(item => item.Name));
        Assert.Equal(["x", "y"], Column("code").FrequentItems.Select(item => item.Name));
        Assert.Equal(1, Column("code").NullCount);
        Assert.Equal(time.AddDays(1).ToUnixTimeMilliseconds() * 1000.0, Column("time").Maximum);
        Assert.Equal((2 * 86_400_000_000.0, 2), (Column("day").Mean, Column("day").NullCount));
        Assert.Equal((5, 1, 3.0), (Column("vector").Maximum, Column("vector").NullCount, Column("vector").Mean));
        Assert.InRange(Column("bytes").DistinctCount, 0.99, 1.01);
        Assert.Throws<InvalidOperationException>(() => Column("text").GetQuantile(0.5));
        Assert.All(profile.Columns, column => Assert.Equal(3, column.RowCount));
    }

    [Fact]
    public void Add_SlicesAndDictionaries_EqualTheWholeColumn()
    {
        var batch = Table(3_000, seed: 1);
        var whole = new DataProfileBuilder().Add(batch).Build();
        var sliced = new DataProfileBuilder();
        foreach (var (start, length) in new[] { (0, 1_024), (1_024, 1_024), (2_048, 952) })
        {
            sliced.Add(batch.Slice(start, length));
        }

        // Cut where blocks end: mean and variance have the same bits too.
        Assert.Equal(whole.ToBytes(), sliced.Build().ToBytes());
    }

    [Fact]
    public void Add_SliceFromAnyRow_EqualsItsValuesAlone()
    {
        var random = new Random(6);
        for (var round = 0; round < 200; round++)
        {
            var nullShare = random.Next(4) / 3.0;
            var values = Enumerable.Range(0, 400).Select(_ => random.NextDouble() < nullShare ? (double?)null : random.NextDouble()).ToArray();
            var start = random.Next(300);
            var length = random.Next(400 - start);
            var slice = Batch(("x", Doubles(values))).Slice(start, length);
            var alone = Profile(("x", Doubles(values[start..(start + length)])));

            Assert.Equal(alone.ToBytes(), new DataProfileBuilder().Add(slice).Build().ToBytes());
        }
    }

    [Fact]
    public void Build_AnyNumberOfThreads_GivesTheSameBits()
    {
        var batches = Enumerable.Range(0, 4).Select(i => Table(5_000, i)).ToArray();

        byte[] Build(int threads) => batches.Aggregate(new DataProfileBuilder(new() { MaximumParallelism = threads }), (builder, batch) => builder.Add(batch)).Build().ToBytes();

        Assert.All(Enumerable.Range(2, 7), threads => Assert.Equal(Build(1), Build(threads)));
    }

    [Fact]
    public void Merge_Of64Shards_EqualsTheSingleProfile()
    {
        var batches = Enumerable.Range(0, 64).Select(i => Table(200, i)).ToArray();
        var single = batches.Aggregate(new DataProfileBuilder(), (builder, batch) => builder.Add(batch)).Build();
        var shards = batches.Select(batch => new DataProfileBuilder().Add(batch).Build()).Reverse().ToArray();
        var merged = shards.Skip(1).Aggregate(shards[0], (all, shard) => all.Merge(shard));

        Assert.Equal(12_800, merged.RowCount);
        foreach (var (a, b) in single.Columns.Zip(merged.Columns))
        {
            Assert.Equal((a.RowCount, a.NullCount, a.NanCount, a.Minimum, a.Maximum, a.DistinctCount), (b.RowCount, b.NullCount, b.NanCount, b.Minimum, b.Maximum, b.DistinctCount));
            Assert.Equal(a.FrequentItems.AsEnumerable(), b.FrequentItems);
            Assert.Equal(a.Mean, b.Mean, 10);
            Assert.Equal(a.StandardDeviation, b.StandardDeviation, 10);
            Assert.Equal(a.Values?.Bins(), b.Values?.Bins());
        }
    }

    [Fact]
    public void Add_WithWeights_CountsEachRowWithItsWeight()
    {
        var options = new DataProfileOptions { WeightColumn = "w" };
        var x = new DoubleArray.Builder().Append(1).Append(5).AppendNull().Append(double.NaN).Build();
        var text = new StringArray.Builder().Append("a").Append("b").Append("b").AppendNull().Build();
        var weights = new DoubleArray.Builder().Append(1).Append(3).Append(2).Append(4).Build();
        var profile = new DataProfileBuilder(options).Add(Batch(("x", x), ("w", weights), ("text", text))).Build();
        var column = profile.Find("x")!;

        Assert.Equal(["x", "text"], profile.Columns.Select(c => c.Name));
        Assert.Equal((4, 10, 100 / 30.0), (profile.RowCount, profile.Weight, profile.EffectiveRowCount));
        Assert.Equal((4, 10, 1, 0.6), (column.Mean, column.Weight, column.NullCount, column.MissingShare));
        Assert.Equal(Math.Sqrt(3), column.StandardDeviation, 12);
        Assert.InRange(column.GetQuantile(0.5), 4.95, 5.05);
        Assert.Equal([new FrequentItem("b", 5, 5), new FrequentItem("a", 1, 1)], profile.Find("text")!.FrequentItems.AsEnumerable());
    }

    [Fact]
    public void Add_DeclaredCodes_AreCategories()
    {
        var options = new DataProfileOptions();
        options.CategoricalColumns.Add("area");
        var column = new DataProfileBuilder(options).Add(Batch(("area", new Int64Array.Builder().Append(-8).Append(7).Append(-8).AppendNull().Build()))).Build().Columns[0];

        Assert.True(column.IsCategorical);
        Assert.Equal([new FrequentItem("-8", 2, 2), new FrequentItem("7", 1, 1)], column.FrequentItems.AsEnumerable());
    }

    [Fact]
    public void Add_WithATimeColumn_KnowsWhichTimeItIsOf()
    {
        var time = new DateTimeOffset(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);
        RecordBatch At(DateTimeOffset t) => Batch(("t", new TimestampArray.Builder(new TimestampType(TimeUnit.Microsecond, "UTC")).Append(t).Append(t.AddSeconds(1)).Build()));
        var options = new DataProfileOptions { TimeColumn = "t" };
        var late = new DataProfileBuilder(options).Add(At(time.AddHours(1))).Build();
        var merged = late.Merge(new DataProfileBuilder(options).Add(At(time)).Build());

        Assert.Equal((time, time.AddHours(1).AddSeconds(1)), (merged.From, merged.To));
        Assert.Equal(merged.To, DataProfile.Parse(merged.ToBytes()).To);
        Assert.Null(Profile(("x", new DoubleArray.Builder().Append(1).Build())).From);
    }

    [Fact]
    public void GetQuantile_OfKll_IsWithinItsRankError()
    {
        var batch = Table(20_000, seed: 3);
        var profile = new DataProfileBuilder(new() { QuantileSketch = QuantileSketchKind.Kll }).Add(batch).Build();
        var exact = ((DoubleArray)batch.Column(0)).Where(x => x is not null && double.IsFinite(x.Value)).Select(x => x!.Value).Order().ToArray();
        var median = profile.Columns[0].GetQuantile(0.5);

        Assert.InRange(exact.Count(x => x <= median) / (double)exact.Length, 0.5 - 0.0133, 0.5 + 0.0133);
        Assert.Equal(exact[^1], profile.Columns[0].GetQuantile(1));
    }

    [Theory]
    [InlineData("other name", "Expected column 'x', as in the rows before, but found none.")]
    [InlineData("other type", "Expected column 'x' to be of type Float64, as in the rows before, but found String.")]
    [InlineData("one more", "Expected the 1 columns of the rows before, but found 2, among them 'y'.")]
    public void Add_OtherColumns_SaysWhich(string difference, string expected)
    {
        var x = new DoubleArray.Builder().Append(1).Build();
        var builder = new DataProfileBuilder().Add(Batch(("x", x)));
        var other = difference switch
        {
            "other name" => Batch(("y", x)),
            "other type" => Batch(("x", new StringArray.Builder().Append("a").Build())),
            _ => Batch(("x", x), ("y", x)),
        };

        Assert.Equal(expected, Assert.Throws<ArgumentException>(() => builder.Add(other)).Message);
        Assert.Equal(expected, Assert.Throws<ArgumentException>(() => builder.Add(new DataProfileBuilder().Add(other).Build())).Message);
        Assert.Equal(1, builder.Build().RowCount);
    }

    [Fact]
    public void Merge_OfOtherSettings_SaysWhat()
    {
        var batch = Batch(("x", new DoubleArray.Builder().Append(1).Build()));
        DataProfile With(DataProfileOptions options) => new DataProfileBuilder(options).Add(batch).Build();
        string Merge(DataProfileOptions options) => Assert.Throws<ArgumentException>(() => With(new()).Merge(With(options))).Message;

        Assert.StartsWith("Column 'x' was profiled with other settings. Expected a quantile sketch of relative accuracy 0.01", Merge(new() { RelativeAccuracy = 0.02 }), StringComparison.Ordinal);
        Assert.StartsWith("Column 'x' was profiled with other settings. Expected a distinct count of precision 12, but found one of 14", Merge(new() { DistinctPrecision = 14 }), StringComparison.Ordinal);
        Assert.StartsWith("Expected column 'x' to be numeric of type Float64 with a DDSketch, but found it numeric of type Float64 with a KLL sketch", Merge(new() { QuantileSketch = QuantileSketchKind.Kll }), StringComparison.Ordinal);
    }

    [Fact]
    public void Add_BadWeightsOrTimes_SaysWhat()
    {
        var x = new DoubleArray.Builder().Append(1).Build();
        var zero = new DoubleArray.Builder().Append(0).Build();
        var two = new DoubleArray.Builder().Append(2).Build();
        string Add(DataProfileOptions options, params (string, IArrowArray)[] columns) => Assert.Throws<ArgumentException>(() => new DataProfileBuilder(options).Add(Batch(columns))).Message;

        Assert.StartsWith("Expected a column 'w' of float64", Add(new() { WeightColumn = "w" }, ("x", x)), StringComparison.Ordinal);
        Assert.StartsWith("Expected every weight to be finite and above 0", Add(new() { WeightColumn = "w" }, ("x", x), ("w", zero)), StringComparison.Ordinal);
        Assert.StartsWith("Expected rows of weight 1 for quantile sketches of ranks", Add(new() { WeightColumn = "w", QuantileSketch = QuantileSketchKind.Kll }, ("x", x), ("w", two)), StringComparison.Ordinal);
        Assert.StartsWith("Expected a column 't' of times", Add(new() { TimeColumn = "t" }, ("x", x)), StringComparison.Ordinal);
        Assert.StartsWith("Expected the names of columns to be distinct, but found 'x' twice", Add(new(), ("x", x), ("x", x)), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new DataProfileBuilder(new() { RelativeAccuracy = 0.9 }));
    }

    [Fact]
    public void Save_ThenLoad_RoundTripsExactly()
    {
        using var directory = new TempDirectory();
        var path = directory.Combine("day.mlprofile");
        var profile = new DataProfileBuilder().Add(Table(3_000, seed: 5)).Build();
        profile.Save(path);
        profile.Save(path);

        Assert.Equal(profile.ToBytes(), DataProfile.Load(path).ToBytes());
        Assert.Equal([path], Directory.GetFiles(directory.FullName));
    }

    [Fact]
    public void Parse_BytesThatChangeAfterwards_KeepsTheProfile()
    {
        var written = File.ReadAllBytes(FixturePath);
        var bytes = (byte[])written.Clone();
        var profile = DataProfile.Parse(bytes);
        System.Array.Clear(bytes);

        Assert.Equal(written, profile.ToBytes());
    }

    [Fact]
    public void Load_Fixture_ReadsEveryPart()
    {
        var profile = DataProfile.Load(FixturePath);

        Assert.Equal(Fixture().ToBytes(), profile.ToBytes());
        Assert.Equal((4, ProfileColumnType.Int64, true), (profile.RowCount, profile.Find("code")!.Type, profile.Find("code")!.IsCategorical));
        Assert.Equal((1, 1), (profile.Find("x")!.NullCount, profile.Find("x")!.NanCount));
    }

    [Fact]
    public void Load_DamagedOrNewer_SaysSoWithThePath()
    {
        using var directory = new TempDirectory();
        var path = directory.Combine("x.mlprofile");
        var bytes = File.ReadAllBytes(FixturePath);
        for (var i = 5; i < bytes.Length; i++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[i] ^= 0x10;
            File.WriteAllBytes(path, damaged);
            Assert.Equal(path, Assert.Throws<CorruptFileException>(() => DataProfile.Load(path)).Path);
        }

        Assert.All(Enumerable.Range(0, bytes.Length), length => Assert.Throws<InvalidDataException>(() => DataProfile.Parse(bytes.AsSpan(0, length))));
        bytes[4] = 2;
        File.WriteAllBytes(path, bytes);
        var newer = Assert.Throws<UnsupportedFormatVersionException>(() => DataProfile.Load(path));
        Assert.Equal((path, 2, 1), (newer.Path, newer.Found, newer.Supported));
    }

    internal static DataProfile Fixture()
    {
        var options = new DataProfileOptions { TimeColumn = "t" };
        options.CategoricalColumns.Add("code");
        var type = new TimestampType(TimeUnit.Microsecond, "UTC");
        return new DataProfileBuilder(options).Add(Batch(
            ("x", new DoubleArray.Builder().Append(0.25).AppendNull().Append(double.NaN).Append(-4).Build()),
            ("code", new Int64Array.Builder().Append(7).Append(7).Append(8).AppendNull().Build()),
            ("text", new StringArray.Builder().Append("a").Append("é").AppendNull().Append("a").Build()),
            ("t", new TimestampArray.Builder(type).Append(DateTimeOffset.UnixEpoch).Append(DateTimeOffset.UnixEpoch).Append(DateTimeOffset.UnixEpoch).Append(DateTimeOffset.UnixEpoch.AddHours(1)).Build()))).Build();
    }

    private static DataProfile Profile(params (string Name, IArrowArray Array)[] columns) => new DataProfileBuilder().Add(Batch(columns)).Build();

    private static RecordBatch Batch(params (string Name, IArrowArray Array)[] columns)
        => new(new Schema(columns.Select(c => new Field(c.Name, c.Array.Data.DataType, nullable: true)), null), columns.Select(c => c.Array), columns[0].Array.Length);

    private static RecordBatch Table(int rows, int seed)
    {
        var random = new Random(seed);
        var (x, i, text, codes, flags) = (new DoubleArray.Builder(), new Int64Array.Builder(), new StringArray.Builder(), new int[rows], new BooleanArray.Builder());
        for (var row = 0; row < rows; row++)
        {
            _ = random.Next(10) switch { 0 => x.AppendNull(), 1 => x.Append(double.NaN), _ => x.Append(Math.Exp(20 * (random.NextDouble() - 0.5)) * (random.Next(2) - 0.5)) };
            i.Append(random.Next(100));
            _ = random.Next(10) == 0 ? text.AppendNull() : text.Append($"t{random.Next(30)}");
            codes[row] = random.Next(3);
            flags.Append(random.Next(2) == 0);
        }

        return Batch(("x", x.Build()), ("i", i.Build()), ("text", text.Build()), ("code", Dictionary(["p", null, "q"], codes)), ("flag", flags.Build()));
    }

    private static DoubleArray Doubles(double?[] values) => values.Aggregate(new DoubleArray.Builder(), (builder, value) => value is { } x ? builder.Append(x) : builder.AppendNull()).Build();

    private static DictionaryArray Dictionary(string?[] values, params int[] codes)
    {
        var texts = values.Aggregate(new StringArray.Builder(), (builder, value) => value is null ? builder.AppendNull() : builder.Append(value)).Build();
        return new DictionaryArray(new DictionaryType(Int32Type.Default, StringType.Default, ordered: false), new Int32Array.Builder().AppendRange(codes).Build(), texts);
    }

    private static FixedSizeListArray Vectors(params float[]?[] rows)
    {
        var validity = rows.Aggregate(new ArrowBuffer.BitmapBuilder(), (builder, row) => builder.Append(row is not null)).Build();
        var values = new FloatArray.Builder().AppendRange(rows.SelectMany(row => row ?? [0, 0])).Build();
        return VectorColumn.Create(values.ValueBuffer, 2, rows.Length, validity, rows.Count(row => row is null));
    }
}
