using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Spark.Worker.Tasks;

namespace Mlp.Spark.Tests.Functions;

public sealed class WholeGroupTests
{
    [Fact]
    public void Read_SeveralBatches_AreOneWithTheirNullsToo()
    {
        var whole = Assert.Single(WholeGroup.Read([Batch(1, 2), Batch(3)]));

        Assert.Equal(3, whole.Length);
        Assert.Equal([1L, 2L, 3L], ((Int64Array)whole.Column(0)).Values);
        Assert.Equal((3, 3), (Assert.IsType<NullArray>(whole.Column(1)).Length, whole.Column(1).NullCount));
    }

    [Fact]
    public void Read_NullsWithinOtherColumns_AreJoinedToo()
    {
        var whole = Assert.Single(WholeGroup.Read([Nested(1, 2, 1), Nested(2), Nested(0, 3)]));

        var column = Assert.IsType<StructArray>(whole.Column(0));
        Assert.Equal("struct<list: list<null>, map: map<int64, null>, nothing: null>", ((StructType)column.Data.DataType) switch
        {
            { Fields: [{ DataType: ListType list }, { DataType: MapType map }, var nothing] } => $"struct<list: list<{list.ValueDataType.Name}>, map: map<{map.KeyField.DataType.Name}, {map.ValueField.DataType.Name}>, nothing: {nothing.DataType.Name}>",
            var other => other.Name,
        });
        Assert.Equal(6, column.Length);
        Assert.Equal([false, false, true, false, false, false], Enumerable.Range(0, 6).Select(column.IsNull));
        Assert.Equal(6, Assert.IsType<NullArray>(column.Fields[2]).Length);
        var lists = (ListArray)column.Fields[0];
        Assert.Equal([1, 2, 1, 2, 0, 3], Enumerable.Range(0, 6).Select(lists.GetValueLength));
        Assert.Equal((9, 9), (Assert.IsType<NullArray>(lists.Values).Length, lists.Values.NullCount));
        var maps = (MapArray)column.Fields[1];
        Assert.Equal([0L, 0, 1, 0, 0, 1, 0, 1, 2], ((Int64Array)maps.Keys).Values);
        Assert.Equal(9, Assert.IsType<NullArray>(maps.Values).Length);
    }

    [Fact]
    public void Read_MoreThanAGroupMayHold_IsRefused()
    {
        const int Rows = 1 << 23;
        var column = new Int64Array(new ArrowBuffer(new byte[Rows * sizeof(long)]), ArrowBuffer.Empty, Rows, 0, 0);
        var batch = new RecordBatch(new Schema([new Field("id", Int64Type.Default, nullable: false), new Field("id2", Int64Type.Default, nullable: false)], null), [column, column], Rows);
        var read = 0;

        var error = Assert.Throws<TaskException>(() => WholeGroup.Read(Enumerable.Repeat(batch, 8).Select(b => (++read, b).b)).Count());

        // 8 batches of 2^23 rows are no more rows than a group may have.
        Assert.StartsWith("Expected groups of at most 1073741824 bytes and 67108864 rows", error.Message, StringComparison.Ordinal);
        Assert.Equal(8, read);
    }

    /// <summary>A row per length: a list of so many nulls, a map of so many keys to nulls, and a null. The third row is null itself.</summary>
    private static RecordBatch Nested(params int[] lengths)
    {
        var offsets = new ArrowBuffer.Builder<int>().Append(0).AppendRange(lengths.Select((_, i) => lengths[..(i + 1)].Sum())).Build();
        var keys = new Int64Array.Builder().AppendRange(lengths.SelectMany(n => Enumerable.Range(0, n)).Select(k => (long)k)).Build();
        var map = new MapType(new Field("key", Int64Type.Default, nullable: false), new Field("value", NullType.Default, nullable: true));
        var entries = new StructArray(map.KeyValueType, keys.Length, [keys, new NullArray(keys.Length)], ArrowBuffer.Empty);
        var list = new ListType(new Field("element", NullType.Default, nullable: true));
        var type = new StructType([new Field("list", list, nullable: true), new Field("map", map, nullable: true), new Field("nothing", NullType.Default, nullable: true)]);
        var valid = new ArrowBuffer.BitmapBuilder(lengths.Length);
        foreach (var i in Enumerable.Range(0, lengths.Length))
        {
            valid.Append(i != 2);
        }

        var rows = new StructArray(
            type,
            lengths.Length,
            [new ListArray(list, lengths.Length, offsets, new NullArray(keys.Length), ArrowBuffer.Empty), new MapArray(map, lengths.Length, offsets, entries, ArrowBuffer.Empty), new NullArray(lengths.Length)],
            valid.Build(),
            valid.UnsetBitCount);
        return new RecordBatch(new Schema([new Field("nested", type, nullable: true)], null), [rows], lengths.Length);
    }

    private static RecordBatch Batch(params long[] ids)
        => new(
            new Schema([new Field("id", Int64Type.Default, nullable: false), new Field("nothing", NullType.Default, nullable: true)], null),
            [new Int64Array.Builder().AppendRange(ids).Build(), new NullArray(ids.Length)],
            ids.Length);
}
