using System.Numerics;
using Mlp.Runtime.Onnx;

namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>Finds numbers among edges, here and as nodes.</summary>
internal static class SortedEdges
{
    /// <summary>How many edges are at most a number.</summary>
    /// <param name="edges">Ascending.</param>
    /// <param name="value">The number; of NaN it is 0.</param>
    public static int CountAtMost(ReadOnlySpan<double> edges, double value)
    {
        var count = 0;
        for (var step = StepFor(edges.Length); step > 0; step >>= 1)
        {
            if (count + step <= edges.Length && value >= edges[count + step - 1])
            {
                count += step;
            }
        }

        return count;
    }

    /// <summary>Writes the search for many columns at once: by halving, so that nodes grow with the logarithm of the number of edges.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="values">Name of a double value of shape (N, columns).</param>
    /// <param name="edges">The edges of each column.</param>
    /// <returns>Name of an int64 value of shape (N, columns), and what it stays below.</returns>
    public static (string Counts, int Bound) Write(EncodingGraph graph, string values, IReadOnlyList<double[]> edges)
    {
        var builder = graph.Builder;
        var first = StepFor(edges.Max(e => e.Length));
        var bound = first * 2;
        var table = Pad(edges, bound, double.PositiveInfinity);
        var tableName = graph.Constant("edges", table, table.Length);
        long[] starts = [.. Enumerable.Range(0, edges.Count).Select(c => (long)c * bound)];
        string? counts = null;
        for (var step = first; step > 0; step >>= 1)
        {
            string probe = graph.Constant("probe", [.. starts.Select(s => s + step - 1)], starts.Length);
            if (counts is not null)
            {
                probe = builder.AddNode("Add", [counts, probe]);
            }

            var isAbove = builder.AddNode("GreaterOrEqual", [values, builder.AddNode("Gather", [tableName, probe])]);
            var more = builder.AddNode("Mul", [graph.Cast(isAbove, OnnxDataType.Int64), graph.Constant("step", [(long)step])]);
            counts = counts is null ? more : builder.AddNode("Add", [counts, more]);
        }

        return (counts!, bound);
    }

    /// <summary>Lists one behind the other, each filled up to a length.</summary>
    public static double[] Pad(IReadOnlyList<double[]> lists, int length, double filler)
    {
        var table = new double[lists.Count * length];
        table.AsSpan().Fill(filler);
        for (var i = 0; i < lists.Count; i++)
        {
            lists[i].CopyTo(table, i * length);
        }

        return table;
    }

    // The greatest power of two that is at most the length; 1 for none.
    private static int StepFor(int length) => 1 << BitOperations.Log2((uint)Math.Max(1, length));
}
