using System.Runtime.InteropServices;
using Apache.Arrow;
using Apache.Arrow.Types;
using Mlp.Spark.Tests.Peer;
using Mlp.Spark.Worker.Protocol;
using static Mlp.Spark.Tests.Functions.Models.TestPackage;

namespace Mlp.Spark.Tests.Protocol;

/// <summary>Columns whose lengths and offsets lie: refused before anyone reads a value.</summary>
public sealed class ArrowValuesTests
{
    private const int Rows = 3;

    private static readonly ArrowBuffer None = ArrowBuffer.Empty;
    private static readonly Field Element = new("element", Int32Type.Default, nullable: true);
    private static readonly ListType Integers = new(Element);
    private static readonly StructType Pair = new([new Field("a", Int32Type.Default, nullable: true), new Field("b", StringType.Default, nullable: true)]);
    private static readonly MapType Texts = new(new Field("key", Int32Type.Default, nullable: false), new Field("value", StringType.Default, nullable: true));

    private static readonly Dictionary<string, ArrayData> Whole = new()
    {
        ["null"] = new ArrayData(NullType.Default, Rows, Rows, 0, []),
        ["boolean"] = Data(BooleanType.Default, 0, [None, Bytes(1)]),
        ["int32"] = Number(Rows, 12),
        ["decimal"] = Data(new Decimal128Type(18, 4), 0, [None, Bytes(48)]),
        ["timestamp"] = Data(new TimestampType(TimeUnit.Microsecond, "UTC"), 1, [Bytes(1), Bytes(24)]),
        ["text"] = Text(0, 1, 1, 4),
        ["binary"] = Data(BinaryType.Default, 0, [None, Offsets(0, 1, 1, 4), Bytes(4)]),
        ["large text"] = Data(LargeStringType.Default, 0, [None, LongOffsets(0, 1, 1, 4), Bytes(4)]),
        ["large binary"] = Data(LargeBinaryType.Default, 0, [None, LongOffsets(0, 1, 1, 4), Bytes(4)]),
        ["list"] = Data(Integers, 0, [None, Offsets(0, 2, 2, 3)], Number(Rows, 12)),
        ["map"] = Data(Texts, 0, [None, Offsets(0, 2, 2, 3)], Data(Texts.KeyValueType, 0, [None], Number(Rows, 12), Text(0, 1, 1, 4))),
        ["struct"] = Data(Pair, 0, [None], Number(Rows, 12), Text(0, 1, 1, 4)),
        ["no rows"] = new ArrayData(StringType.Default, 0, 0, 0, [None, None, None]),
    };

    private static readonly Dictionary<string, ArrayData> Broken = new()
    {
        ["boolean, a byte too few"] = new ArrayData(BooleanType.Default, 9, 0, 0, [None, Bytes(1)]),
        ["int32, a byte too few"] = Number(Rows, 11),
        ["decimal, a byte too few"] = Data(new Decimal128Type(18, 4), 0, [None, Bytes(47)]),
        ["timestamp, no values"] = Data(new TimestampType(TimeUnit.Microsecond, "UTC"), 0, [None, None]),
        ["validity, a bit too few"] = new ArrayData(Int32Type.Default, 9, 0, 0, [Bytes(1), Bytes(36)]),
        ["nulls without validity"] = Data(Int32Type.Default, 1, [None, Bytes(12)]),
        ["more nulls than rows"] = Data(Int32Type.Default, Rows + 1, [Bytes(1), Bytes(12)]),
        ["more rows than a batch may have"] = new ArrayData(BooleanType.Default, ProtocolLimits.BatchRows + 1, 0, 0, [None, Bytes(1)]),
        ["text, an offset too few"] = Data(StringType.Default, 0, [None, Offsets(0, 1, 1), Bytes(4)]),
        ["text, offset beyond the end"] = Text(0, 1, 1, 5),
        ["text, offset that goes back"] = Text(0, 2, 1, 4),
        ["text, offset before the begin"] = Text(-1, 1, 1, 4),
        ["binary, offset beyond the end"] = Data(BinaryType.Default, 0, [None, Offsets(0, 1, 1, int.MaxValue), Bytes(4)]),
        ["large text, an offset too few"] = Data(LargeStringType.Default, 0, [None, LongOffsets(0, 1, 1), Bytes(4)]),
        ["large text, offset beyond the end"] = Data(LargeStringType.Default, 0, [None, LongOffsets(0, 1, 1, 5), Bytes(4)]),
        ["large text, offset that goes back"] = Data(LargeStringType.Default, 0, [None, LongOffsets(0, 2, 1, 4), Bytes(4)]),
        ["large binary, offset before the begin"] = Data(LargeBinaryType.Default, 0, [None, LongOffsets(long.MinValue, 1, 1, 4), Bytes(4)]),
        ["list, an offset too few"] = Data(Integers, 0, [None, Offsets(0, 2, 2)], Number(Rows, 12)),
        ["list, offset beyond its elements"] = Data(Integers, 0, [None, Offsets(0, 2, 2, 4)], Number(Rows, 12)),
        ["list, offset that goes back"] = Data(Integers, 0, [None, Offsets(0, 2, 1, 3)], Number(Rows, 12)),
        ["list of broken elements"] = Data(Integers, 0, [None, Offsets(0, 2, 2, 3)], Number(Rows, 11)),
        ["map, offset beyond its entries"] = Data(Texts, 0, [None, Offsets(0, 2, 2, 4)], Data(Texts.KeyValueType, 0, [None], Number(Rows, 12), Text(0, 1, 1, 4))),
        ["map of broken values"] = Data(Texts, 0, [None, Offsets(0, 2, 2, 3)], Data(Texts.KeyValueType, 0, [None], Number(Rows, 12), Text(0, 1, 1, 5))),
        ["struct, a column too few"] = Data(Pair, 0, [None], Number(Rows, 12)),
        ["struct of a column that is shorter"] = Data(Pair, 0, [None], Number(Rows - 1, 12), Text(0, 1, 1, 4)),
        ["struct of a broken column"] = Data(Pair, 0, [None], Number(Rows, 12), Text(0, 1, 1, 5)),
    };

    public static TheoryData<string> WholeNames => [.. Whole.Keys];

    public static TheoryData<string> BrokenNames => [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(WholeNames))]
    public void Check_ValuesThatAreThere_Passes(string name) => ArrowValues.Check(Batch(Whole[name]));

    [Theory]
    [MemberData(nameof(BrokenNames))]
    public void Check_ValuesThatAreNotThere_IsRefusedWithASentence(string name)
    {
        var error = Assert.Throws<ProtocolException>(() => ArrowValues.Check(Batch(Broken[name])));

        Assert.Matches("^Expected the values of [0-9]+ rows of Arrow type [a-z0-9_]+, but found fewer, or offsets that lead elsewhere\\.$", error.Message);
    }

    [Fact]
    public void Check_TypeThatSparkDoesNotSend_IsRefusedWithItsName()
    {
        var list = Data(new FixedSizeListType(Element, 2), 0, [None], Number(2 * Rows, 24));

        Assert.Equal("Expected columns of types that Spark sends, but found Arrow type fixed_size_list.", Assert.Throws<ProtocolException>(() => ArrowValues.Check(Batch(list))).Message);
    }

    [Fact]
    public void Check_BatchOfOtherColumnsOrRows_IsRefusedWithBoth()
    {
        var column = ArrowArrayFactory.BuildArray(Number(Rows, 12));
        var schema = new Schema([new Field("a", Int32Type.Default, true), new Field("b", Int32Type.Default, true)], null);

        Assert.Equal("Expected 2 columns of a batch, but found 1.", Assert.Throws<ProtocolException>(() => ArrowValues.Check(new RecordBatch(schema, [column], Rows))).Message);
        Assert.Equal("Expected 4 rows in column 'a' of a batch, but found 3.", Assert.Throws<ProtocolException>(() => ArrowValues.Check(new RecordBatch(schema, [column, column], 4))).Message);
    }

    [Fact]
    public void ReadBatch_OffsetsAndLengthsThatLie_AreRefused()
    {
        // Buffers of the task: validity of the struct; validity, offsets and characters of the text; validity and values of the numbers.
        var texts = new StringArray.Builder().Append("p").Append("qr").Append("s").Build();
        var batch = new ForgedBatch(TaskBytes.Map(RecordedCommands.Call("Recorded.Echo"), Table(("t", texts), ("n", Doubles(1, null, 3)))));

        Assert.Equal(Missing("utf8"), Error(batch.WithLastOffset(2, Rows, 1 << 20)));
        Assert.Equal(Missing("utf8"), Error(batch.WithLastOffset(2, Rows, -1)));
        Assert.Equal(Missing("utf8"), Error(batch.WithBufferLength(2, 4)));
        Assert.Equal(Missing("utf8"), Error(batch.WithBufferLength(3, 3)));
        Assert.Equal(Missing("double"), Error(batch.WithBufferLength(4, 0)));
        Assert.Equal(Missing("double"), Error(batch.WithBufferLength(5, 16)));

        string Error(byte[] task)
        {
            using var reader = new BatchReader(new ProtocolReader(new MemoryStream(task, batch.Start, task.Length - batch.Start)), new BatchAllocator(reuses: false));
            reader.ReadSchema();
            return Assert.Throws<ProtocolException>(reader.ReadBatch).Message;
        }

        static string Missing(string type) => $"Expected the values of 3 rows of Arrow type {type}, but found fewer, or offsets that lead elsewhere.";
    }

    private static RecordBatch Batch(ArrayData data)
    {
        var column = ArrowArrayFactory.BuildArray(data);
        return new RecordBatch(new Schema([new Field("c", data.DataType, nullable: true)], null), [column], data.Length);
    }

    private static ArrayData Data(IArrowType type, int nulls, ArrowBuffer[] buffers, params ArrayData[] children) => new(type, Rows, nulls, 0, buffers, children);

    private static ArrayData Number(int rows, int bytes) => new(Int32Type.Default, rows, 0, 0, [None, Bytes(bytes)]);

    /// <summary>Texts in four bytes.</summary>
    private static ArrayData Text(params int[] offsets) => Data(StringType.Default, 0, [None, Offsets(offsets), Bytes(4)]);

    private static ArrowBuffer Bytes(int length) => new(new byte[length]);

    private static ArrowBuffer Offsets(params int[] offsets) => new(MemoryMarshal.AsBytes(offsets.AsSpan()).ToArray());

    private static ArrowBuffer LongOffsets(params long[] offsets) => new(MemoryMarshal.AsBytes(offsets.AsSpan()).ToArray());
}
