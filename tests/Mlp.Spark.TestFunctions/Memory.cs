using System.Runtime.InteropServices;
using System.Text.Json;
using Apache.Arrow;
using Mlp.Benchmarks.Soaks;

namespace Mlp.Spark.TestFunctions;

/// <summary>What can only be seen from within the worker.</summary>
public static class Memory
{
    /// <summary>The memory of the process after collections and <c>malloc_trim</c>, as JSON in every row.</summary>
    public static StringArray Read(RecordBatch columns)
    {
        var text = JsonSerializer.Serialize(MemoryReading.Take());
        return new StringArray.Builder().AppendRange(Enumerable.Repeat(text, columns.Length)).Build();
    }

    /// <summary>Loses 1 KiB of the C library's heap for every row.</summary>
    public static BooleanArray Leak(RecordBatch columns)
    {
        var block = new byte[1024];
        System.Array.Fill(block, byte.MaxValue);
        for (var row = 0; row < columns.Length; row++)
        {
            Marshal.Copy(block, 0, Marshal.AllocHGlobal(block.Length), block.Length);
        }

        return new BooleanArray.Builder().AppendRange(Enumerable.Repeat(true, columns.Length)).Build();
    }
}
