using Apache.Arrow;
using Mlp.Spark.TestFunctions.Interop;

namespace Mlp.Spark.TestFunctions;

/// <summary>What a method sees of the process that runs it.</summary>
public static class Surroundings
{
    private static long _calls;

    /// <summary>The values of variables; null where there is none.</summary>
    public static StringArray Variables(StringArray names)
    {
        var values = new StringArray.Builder();
        foreach (var name in Enumerable.Range(0, names.Length).Select(i => names.GetString(i)))
        {
            _ = Environment.GetEnvironmentVariable(name) is { } value ? values.Append(value) : values.AppendNull();
        }

        return values.Build();
    }

    /// <summary>How often this was called since the assembly was loaded.</summary>
    public static Int64Array Calls(IArrowArray column)
        => new Int64Array.Builder().AppendRange(Enumerable.Repeat(Interlocked.Increment(ref _calls), column.Length)).Build();

    /// <summary>What a native library makes of the numbers.</summary>
    public static Int32Array Native(Int32Array numbers)
        => new Int32Array.Builder().AppendRange(Enumerable.Range(0, numbers.Length).Select(i => NativeLibraryMethods.Compute(numbers.GetValue(i)!.Value))).Build();
}
