using System.Globalization;

namespace Mlp.Runtime.Statistics;

/// <summary>The parts that ascending edges cut numbers into, by name.</summary>
internal static class NumberParts
{
    /// <summary>Refuses edges that cut nothing.</summary>
    /// <param name="name">What is cut, for the sentence.</param>
    /// <param name="edges">The edges.</param>
    /// <exception cref="ArgumentException">They are not finite or do not ascend.</exception>
    internal static void Require(string name, ReadOnlySpan<double> edges)
    {
        for (var i = 0; i < edges.Length; i++)
        {
            if (!double.IsFinite(edges[i]) || (i > 0 && edges[i] <= edges[i - 1]))
            {
                throw new ArgumentException($"Expected the edges of '{name}' to be finite and to ascend, but found another one at position {i}.", nameof(edges));
            }
        }
    }

    /// <summary>The name of the part that a number lies in: <c>&lt;a</c>, <c>a..b</c>, <c>&gt;=b</c>, or the number itself without edges. A number equal to an edge lies in the upper part.</summary>
    /// <param name="value">The number.</param>
    /// <param name="edges">Ascending.</param>
    internal static string NameOf(double value, IReadOnlyList<double> edges)
    {
        if (edges.Count == 0)
        {
            return value.ToString("R", CultureInfo.InvariantCulture);
        }

        if (double.IsNaN(value))
        {
            return "NaN";
        }

        var part = 0;
        while (part < edges.Count && value >= edges[part])
        {
            part++;
        }

        return part == 0
            ? string.Create(CultureInfo.InvariantCulture, $"<{edges[0]}")
            : part == edges.Count
                ? string.Create(CultureInfo.InvariantCulture, $">={edges[^1]}")
                : string.Create(CultureInfo.InvariantCulture, $"{edges[part - 1]}..{edges[part]}");
    }
}
