using System.Data;
using Apache.Arrow;
using Apache.Arrow.Ipc;
using Apache.Arrow.Types;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Tests.Offline;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Ingestion;

/// <summary>Vectors from JSON lines, Arrow files and data readers.</summary>
public sealed class VectorSourceTests : IDisposable
{
    private static readonly FeatureViewDefinition View = new FeatureViewBuilder("vectors")
        .Key("k", EntityValueKind.Int64).EventTime("t").CreatedTimeEqualsEventTime().Vector("v", 3).Build();

    private readonly TempDirectory _temp = new();
    private readonly FeatureStore _store;

    public VectorSourceTests() => _store = FeatureStore.Open(_temp.Combine("ml-data"), new FeaturesBuilder().Add(View).Build());

    private List<string> Vectors => Reading.Column<string>(_store, View, "coalesce(replace(v::VARCHAR, '-nan', 'nan'), 'none')");

    [Fact]
    public async Task IngestJsonLinesAsync_Lists_AreVectors()
    {
        await JsonAsync("[1,2.5,-3e2]", "null", " [ 0.1 , \"NaN\" ,\"-Infinity\" ]", "[16777217,1e-50,\"Infinity\"]");

        Assert.Equal(["[1.0, 2.5, -300.0]", "none", "[0.1, nan, -inf]", "[16777216.0, 0.0, inf]"], Vectors);
    }

    [Fact]
    public async Task IngestJsonLinesAsync_ListOf65536_IsOneVector()
    {
        var view = new FeatureViewBuilder("long").Key("k", EntityValueKind.Int64).EventTime("t").CreatedTimeEqualsEventTime().Vector("v", VectorLength.Maximum).Build();
        var store = FeatureStore.Open(_temp.Combine("long"), new FeaturesBuilder().Add(view).Build());

        await store.IngestJsonLinesAsync("long", WriteJson([$"[{string.Join(',', Enumerable.Range(0, VectorLength.Maximum))}]"]));

        Assert.Equal([(double)VectorLength.Maximum * (VectorLength.Maximum - 1) / 2], Reading.Column<double>(store, view, "list_sum(v::DOUBLE[])"));
    }

    [Theory]
    [InlineData("[1,2]", "found one of 2 in row 2 (line 2)")]
    [InlineData("[]", "found one of 0 in row 2 (line 2)")]
    [InlineData("[1,null,3]", "found a null element (number 2) in row 2 (line 2)")]
    [InlineData("[1,2,\"3\"]", "the value in row 2 (line 2) is no list of numbers of 32 bits (element 3)")]
    [InlineData("[1,\"nan\",3]", "the value in row 2 (line 2) is no list of numbers of 32 bits (element 2)")]
    [InlineData("[1e39,2,3]", "the value in row 2 (line 2) is no list of numbers of 32 bits (element 1)")]
    [InlineData("[1,true,3]", "the value in row 2 (line 2) is no list of numbers of 32 bits (element 2)")]
    [InlineData("[[1],2,3]", "the value in row 2 (line 2) is no list of numbers of 32 bits (element 1)")]
    [InlineData("\"[1,2,3]\"", "the value in row 2 (line 2) is no list of numbers of 32 bits")]
    [InlineData("{\"a\":1}", "the value in row 2 (line 2) is no list of numbers of 32 bits")]
    [InlineData("1", "the value in row 2 (line 2) is no list of numbers of 32 bits")]
    public async Task IngestJsonLinesAsync_ValueThatIsNoVector_IsASentence(string value, string found)
    {
        var path = WriteJson("[1,2,3]", value);

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestJsonLinesAsync("vectors", path));

        Assert.Equal($"Expected column 'v' of '{path}' to be a vector of 3 floats for feature view 'vectors' version 1, but {found}.", e.Message);
        Assert.Equal(("v", 2L, 2L), (e.Column, e.Row, e.Line));
        Assert.Empty(Vectors);
    }

    [Fact]
    public async Task IngestArrowAsync_EveryLayout_IsAVector()
    {
        foreach (var layout in new IArrowArray[] { Fixed(), Lists(), LargeHalfLists() })
        {
            await _store.IngestArrowAsync("vectors", WriteArrow(layout));
        }

        Assert.Equal(Enumerable.Repeat<string[]>(["[1.0, 2.0, 3.0]", "none", "[4.0, nan, 6.0]"], 3).SelectMany(rows => rows), Vectors);
    }

    [Fact]
    public async Task IngestArrowAsync_VectorThatDoesNotFit_IsASentence()
    {
        var path = WriteArrow(Lists([1, 2, 3], null, [1, 2]));
        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestArrowAsync("vectors", path));
        Assert.Equal($"Expected column 'v' of '{path}' to be a vector of 3 floats for feature view 'vectors' version 1, but found one of 2 in row 3.", e.Message);

        path = WriteArrow(Lists([1, 2, 3], [1, 2, null], null));
        e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestArrowAsync("vectors", path));
        Assert.Equal($"Expected column 'v' of '{path}' to be a vector of 3 floats for feature view 'vectors' version 1, but found a null element (number 3) in row 2.", e.Message);

        var doubles = new ListArray.Builder(DoubleType.Default).Append().Append().Append().Build();
        path = WriteArrow(doubles);
        e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestArrowAsync("vectors", path));
        Assert.Equal($"Expected column 'v' of '{path}' to hold one value per row or a vector (a list or a fixed-size list of float or half), but found list of double.", e.Message);
    }

    [Fact]
    public async Task IngestReaderAsync_ArraysAndLists_AreVectors()
    {
        await ReadAsync(typeof(float[]), new float[] { 1, 2, 3 }, null);
        await ReadAsync(typeof(double[]), new double[] { 0.5, double.NaN, double.NegativeInfinity }, null);
        await ReadAsync(typeof(System.Array), new float?[] { 7, 8, 9 }, new double?[] { 1, 2, 3 });
        await ReadAsync(typeof(List<float>), new List<float> { 4, 5, 6 }, null);

        Assert.Equal(["[1.0, 2.0, 3.0]", "none", "[0.5, nan, -inf]", "none", "[7.0, 8.0, 9.0]", "[1.0, 2.0, 3.0]", "[4.0, 5.0, 6.0]", "none"], Vectors);
    }

    [Fact]
    public async Task IngestReaderAsync_ReaderOfDuckDb_GivesItsLists()
    {
        using var connection = new DuckDB.NET.Data.DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT 1::BIGINT AS k, TIMESTAMP '2026-01-01' AS t, [1, 2, 3]::FLOAT[] AS v UNION ALL SELECT 2, TIMESTAMP '2026-01-02', NULL";
        using var reader = command.ExecuteReader();

        await _store.IngestReaderAsync("vectors", reader);

        Assert.Equal(["[1.0, 2.0, 3.0]", "none"], Vectors);
    }

    public static TheoryData<Type, object, string> WrongValues => new()
    {
        { typeof(float[]), new float[] { 1, 2 }, "to be a vector of 3 floats for feature view 'vectors' version 1, but found one of 2 in row 2." },
        { typeof(System.Array), new float?[] { 1, null, 3 }, "to be a vector of 3 floats for feature view 'vectors' version 1, but found a null element (number 2) in row 2." },
        { typeof(double[]), new double[] { 1, 2, 0.1 }, "to hold numbers that 32 bits hold exactly for feature view 'vectors' version 1, but found another as element 3 in row 2." },
        { typeof(System.Array), new int[] { 1, 2, 3 }, "to hold arrays or lists of float or double for feature view 'vectors' version 1, but found Int32[] in row 2." },
        { typeof(System.Array), new float[1, 3], "to hold arrays or lists of float or double for feature view 'vectors' version 1, but found Single[,] in row 2." },
    };

    [Theory]
    [MemberData(nameof(WrongValues))]
    public async Task IngestReaderAsync_ValueThatIsNoVector_IsASentence(Type type, object value, string found)
    {
        var good = type == typeof(double[]) ? (object)new double[3] : new float[3];

        var e = await Assert.ThrowsAsync<IngestException>(() => ReadAsync(type, good, value));

        Assert.Equal($"Expected column 'v' of the data reader {found}", e.Message);
        Assert.Equal(("v", 2L), (e.Column, e.Row));
    }

    [Fact]
    public async Task IngestReaderAsync_ListOfAnotherType_IsNamedAsInTheLanguage()
    {
        var e = await Assert.ThrowsAsync<IngestException>(() => ReadAsync(typeof(List<int>), new List<int>()));

        Assert.EndsWith("but found List<Int32>. Convert it to one of them in the query.", e.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _temp.Dispose();

    private static FixedSizeListArray Fixed()
    {
        var builder = new VectorBuilder(3);
        builder.Append([1, 2, 3]);
        builder.AppendNull();
        builder.Append([4, float.NaN, 6]);
        return builder.Build();
    }

    private static ListArray Lists() => Lists([1, 2, 3], null, [4, float.NaN, 6]);

    private static ListArray Lists(params float?[]?[] rows)
    {
        var lists = new ListArray.Builder(FloatType.Default);
        var elements = (FloatArray.Builder)lists.ValueBuilder;
        foreach (var row in rows)
        {
            _ = row is null ? lists.AppendNull() : lists.Append();
            foreach (var element in row ?? [])
            {
                _ = element is { } present ? elements.Append(present) : elements.AppendNull();
            }
        }

        return lists.Build();
    }

    private static LargeListArray LargeHalfLists()
    {
        var halves = new HalfFloatArray.Builder().AppendRange([(Half)1, (Half)2, (Half)3, (Half)4, Half.NaN, (Half)6]).Build();
        var offsets = new ArrowBuffer.Builder<long>().AppendRange([0L, 3, 3, 6]).Build();
        var validity = new ArrowBuffer.BitmapBuilder().Append(true).Append(false).Append(true).Build();
        return new LargeListArray(new ArrayData(new LargeListType(new Field("item", HalfFloatType.Default, true)), 3, 1, 0, [validity, offsets], [halves.Data]));
    }

    private Task<IngestResult> JsonAsync(params string[] values) => _store.IngestJsonLinesAsync("vectors", WriteJson(values));

    private string WriteJson(params string[] values)
    {
        var path = _temp.Combine($"{Guid.NewGuid():N}.jsonl");
        File.WriteAllLines(path, values.Select((value, i) => $$"""{"k":{{i}},"t":"2026-01-01T00:00:00Z","v":{{value}}}"""));
        return path;
    }

    private string WriteArrow(IArrowArray vectors)
    {
        var path = _temp.Combine($"{Guid.NewGuid():N}.arrow");
        var schema = new Schema([new Field("k", Int64Type.Default, false), new Field("t", Int64Type.Default, false), new Field("v", vectors.Data.DataType, true)], null);
        var numbers = new Int64Array.Builder().AppendRange([1L, 2, 3]).Build();
        using var stream = File.Create(path);
        using var writer = new ArrowFileWriter(stream, schema);
        writer.WriteRecordBatch(new RecordBatch(schema, [numbers, numbers, vectors], 3));
        writer.WriteEnd();
        return path;
    }

    private async Task<IngestResult> ReadAsync(Type type, params object?[] values)
    {
        using var table = new DataTable();
        table.Columns.Add("k", typeof(long));
        table.Columns.Add("t", typeof(DateTime));
        table.Columns.Add("v", type);
        foreach (var value in values)
        {
            table.Rows.Add(1L, DateTime.UnixEpoch, value ?? DBNull.Value);
        }

        using var reader = table.CreateDataReader();
        return await _store.IngestReaderAsync("vectors", reader);
    }
}
