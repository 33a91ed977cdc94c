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
}
