using System.Data;
using Mlp.Features.Definitions;
using Mlp.Features.Hosting;
using Mlp.Features.Ingestion;
using Mlp.Features.Tests.Offline;
using Mlp.Runtime.Data;
using Mlp.TestSupport;

namespace Mlp.Features.Tests.Ingestion;

public sealed class DataReaderIngestTests : IDisposable
{
    private static readonly Guid Id = Guid.Parse("0f8fad5b-d9cb-469f-a165-70867728950e");

    private static readonly FeatureViewDefinition View = new FeatureViewBuilder("orders")
        .Key("id", EntityValueKind.Guid).EventTime("t").CreatedTimeEqualsEventTime().Feature("n", FeatureType.Int64).Feature("x", FeatureType.Float64).Feature("s", FeatureType.String).Build();

    private readonly TempDirectory _temp = new();
    private readonly FeatureStore _store;

    public DataReaderIngestTests() => _store = FeatureStore.Open(_temp.Combine("ml-data"), new FeaturesBuilder().Add(View).Build());

    [Fact]
    public async Task IngestReaderAsync_EveryKindOfValue_FollowsItsRule()
    {
        using var table = Table(typeof(Guid), typeof(DateTimeOffset), typeof(decimal), typeof(decimal), typeof(Guid));
        table.Rows.Add(Id, DateTimeOffset.UnixEpoch.AddTicks(11), 5.00m, 0.1m, Id);
        table.Rows.Add(DBNull.Value, DateTimeOffset.UnixEpoch.AddTicks(-9), DBNull.Value, DBNull.Value, DBNull.Value);
        table.Rows.Add(Id, DateTimeOffset.UnixEpoch.AddTicks(20), 9_007_199_254_740_993m, 123456789012345678901234567.89m, Id);

        using var reader = table.CreateDataReader();
        var result = await _store.IngestReaderAsync("orders", reader, batchId: "r");

        Assert.Equal((3, 1), (result.RowCount, result.NullKeyRowCount));
        Assert.Equal([2L, 0, 2], Reading.Column<long>(_store, View, "epoch_us(event_time)"));
        Assert.Equal([5L, null, 9_007_199_254_740_993], Reading.Rows(_store, View, "n", row => (long?)row[0]));
        Assert.Equal([0.1, null, 123456789012345678901234567.89], Reading.Rows(_store, View, "x", row => (double?)row[0]));
        Assert.Equal([Id.ToString("D"), null, Id.ToString("D")], Reading.Rows(_store, View, "s", row => (string?)row[0]));
        Assert.True((await _store.IngestReaderAsync("orders", reader, batchId: "r")).IsRepeated);
    }

    [Fact]
    public async Task IngestReaderAsync_Durations_AreMicroseconds()
    {
        using var table = Table(typeof(string), typeof(DateTime), typeof(TimeSpan), typeof(float), typeof(char));
        table.Rows.Add(Id.ToString("N"), DateTime.UnixEpoch.AddSeconds(1), TimeSpan.FromMilliseconds(1.5), 0.1f, 'c');
        using var reader = table.CreateDataReader();

        await _store.IngestReaderAsync("orders", reader);

        Assert.Equal(
            [(1_000_000L, 1_500L, (double)0.1f, "c")],
            Reading.Rows(_store, View, "epoch_us(event_time), n, x, s", row => ((long)row[0]!, (long)row[1]!, (double)row[2]!, (string)row[3]!)));

        table.Rows.Add(Id.ToString("N"), DateTime.UnixEpoch.AddSeconds(1), TimeSpan.FromTicks(1), 0.1f, 'c');
        using var again = table.CreateDataReader();
        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestReaderAsync("orders", again));
        Assert.Equal("Expected column 'n' of the data reader to have values that can be kept whole, but the one in row 2 cannot.", e.Message);
    }

    [Theory]
    [InlineData(typeof(double), "Expected column 'n' of the data reader to be an Int64 for feature view 'orders' version 1, but found DOUBLE, which does not fit without loss. Convert it: Expressions[\"n\"] = \"n::BIGINT\".")]
    [InlineData(typeof(ulong), "Expected column 'n' of the data reader to be an Int64 for feature view 'orders' version 1, but found UBIGINT, which does not fit without loss. Convert it: Expressions[\"n\"] = \"n::BIGINT\".")]
    [InlineData(typeof(byte[]), "Expected column 'n' of the data reader to have numbers, texts, times, GUIDs, truth values or vectors (float[], double[] or lists of them) for feature view 'orders' version 1, but found Byte[]. Convert it to one of them in the query.")]
    public async Task IngestReaderAsync_ColumnOfAnotherType_NamesBoth(Type type, string message)
    {
        using var table = Table(typeof(Guid), typeof(DateTime), type, typeof(double), typeof(string));
        using var reader = table.CreateDataReader();

        Assert.Equal(message, (await Assert.ThrowsAsync<IngestException>(() => _store.IngestReaderAsync("orders", reader))).Message);
    }

    [Fact]
    public async Task IngestReaderAsync_FractionForAnInteger_NamesTheRow()
    {
        using var table = Table(typeof(Guid), typeof(DateTime), typeof(decimal), typeof(double), typeof(string));
        table.Rows.Add(Id, DateTime.UnixEpoch, 1m, 1.0, "s");
        table.Rows.Add(Id, DateTime.UnixEpoch, 1.5m, 1.0, "s");
        using var reader = table.CreateDataReader();

        var e = await Assert.ThrowsAsync<IngestException>(() => _store.IngestReaderAsync("orders", reader));

        Assert.Equal("Expected column 'n' of the data reader to be an Int64 for feature view 'orders' version 1, but the value in row 2 is no whole number of 64 bits.", e.Message);
        Assert.Equal(2, e.Row);
    }

    [Fact]
    public async Task IngestReaderAsync_ManyRows_ComeInOrder()
    {
        using var table = Table(typeof(Guid), typeof(DateTime), typeof(short), typeof(int), typeof(string));
        for (var i = 0; i < 5000; i++)
        {
            table.Rows.Add(Id, DateTime.UnixEpoch.AddSeconds(i), (short)i, i, $"s{i}");
        }

        var options = new DataReaderIngestOptions { Filter = "x % 2 = 0" };
        options.Expressions["s"] = "upper(s)";
        using var reader = table.CreateDataReader();

        Assert.Equal(2500, (await _store.IngestReaderAsync("orders", reader, options)).RowCount);
        Assert.Equal(Enumerable.Range(0, 2500).Select(i => $"S{2 * i}"), Reading.Column<string>(_store, View, "s"));
    }

    public void Dispose() => _temp.Dispose();

    private static DataTable Table(params Type[] types)
    {
        var table = new DataTable();
        foreach (var (name, type) in new[] { "id", "t", "n", "x", "s" }.Zip(types))
        {
            table.Columns.Add(name, type);
        }

        return table;
    }
}
