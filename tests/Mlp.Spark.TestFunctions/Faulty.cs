using Apache.Arrow;
using Apache.Arrow.Types;

namespace Mlp.Spark.TestFunctions;

/// <summary>Methods that do what they should not.</summary>
public static class Faulty
{
    /// <summary>Throws.</summary>
    public static RecordBatch Throw(RecordBatch table) => throw new InvalidOperationException($"no such luck with {table.Length} rows");

    /// <summary>Throws what the worker throws when Spark closes a connection.</summary>
    public static RecordBatch ThrowEndOfStream(RecordBatch table) => throw new EndOfStreamException($"mine, not yours ({table.Length})");

    /// <summary>Misses a file, which is no assembly.</summary>
    public static IArrowArray MissFile(IArrowArray column) => throw new FileNotFoundException("No zones.", $"/data/zones{column.Length}.csv");

    /// <summary>Gives nothing.</summary>
    public static RecordBatch? Null(RecordBatch table) => table.Length < 0 ? table : null;

    /// <summary>A row less than it got.</summary>
    public static IArrowArray Short(IArrowArray column) => ArrowArrayFactory.Slice(column, 0, column.Length - 1);

    /// <summary>A type that Spark does not have.</summary>
    public static UInt32Array Unsigned(IArrowArray column)
        => new UInt32Array.Builder().AppendRange(Enumerable.Range(0, column.Length).Select(i => (uint)i)).Build();

    /// <summary>A column shorter than its batch.</summary>
    public static RecordBatch Ragged(RecordBatch table)
        => new(new Schema([new Field("n", Int64Type.Default, true)], null), [new Int64Array.Builder().Append(1).Build()], table.Length);

    /// <summary>A row more than the worker lets through at once, in few bytes.</summary>
    public static RecordBatch TooLong(RecordBatch table)
    {
        var rows = (1 << 26) + Math.Min(table.Length, 1);
        var bits = new BooleanArray(new ArrowBuffer(new byte[(rows / 8) + 1]), ArrowBuffer.Empty, rows, nullCount: 0, offset: 0);
        return new RecordBatch(new Schema([new Field("b", BooleanType.Default, true)], null), [bits], rows);
    }

    /// <summary>1.25 GiB of values in 160 columns, which share 8 MiB.</summary>
    public static RecordBatch Huge(RecordBatch table)
    {
        const int Rows = 1 << 20;
        const int Columns = 160;
        var shared = new DoubleArray.Builder().AppendRange(new double[table.Length > 0 ? Rows : 0]).Build();
        var fields = Enumerable.Range(0, Columns).Select(i => new Field(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"n{i}"), DoubleType.Default, true));
        return new RecordBatch(new Schema(fields, null), Enumerable.Repeat<IArrowArray>(shared, Columns), Rows);
    }

    /// <summary>Another type in every batch.</summary>
    public static RecordBatch Fickle(RecordBatch table)
    {
        var values = table.Length % 2 == 0 ? (IArrowArray)new Int64Array.Builder().AppendRange(new long[table.Length]).Build() : new DoubleArray.Builder().AppendRange(new double[table.Length]).Build();
        return new RecordBatch(new Schema([new Field("n", values.Data.DataType, true)], null), [values], table.Length);
    }

    /// <summary>Waits until it is cancelled, and says so by a file.</summary>
    public static RecordBatch WaitForCancellation(RecordBatch table, CancellationToken cancellationToken)
    {
        var folder = Environment.GetEnvironmentVariable("MLP_TEST_FOLDER")!;
        File.WriteAllText(Path.Combine(folder, "waiting"), string.Empty);
        cancellationToken.WaitHandle.WaitOne();
        File.WriteAllText(Path.Combine(folder, "cancelled"), string.Empty);
        cancellationToken.ThrowIfCancellationRequested();
        return table;
    }

    /// <summary>As <see cref="WaitForCancellation"/>, and what it has registered with the token throws.</summary>
    public static RecordBatch ThrowOnCancellation(RecordBatch table, CancellationToken cancellationToken)
    {
        using var registration = cancellationToken.Register(() => throw new InvalidOperationException("not told in vain"));
        return WaitForCancellation(table, cancellationToken);
    }

    /// <summary>No form that the worker knows.</summary>
    public static int Add(int left, int right) => left + right;

    /// <summary>With type parameters.</summary>
    public static T Generic<T>(T table) => table;

    /// <summary>One of two.</summary>
    public static RecordBatch Twice(RecordBatch table) => table;

    /// <summary>One of two.</summary>
    public static RecordBatch Twice(RecordBatch table, CancellationToken cancellationToken) => cancellationToken.IsCancellationRequested ? table : table;
}
