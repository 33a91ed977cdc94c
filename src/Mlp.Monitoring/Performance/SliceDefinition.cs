using System.Globalization;

namespace Mlp.Monitoring.Performance;

/// <summary>Says by what a model's traffic is parted. Immutable.</summary>
public sealed class SliceDefinition
{
    private SliceDefinition(SliceKind kind, string name, double[] edges)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Kind = kind;
        Name = name;
        Edges = edges;
    }

    /// <summary>Where the value comes from.</summary>
    public SliceKind Kind { get; }

    /// <summary>Name of the tag, the key or the feature.</summary>
    public string Name { get; }

    /// <summary>Ascending edges between the parts of a number; a value equal to an edge lies in the upper part. Empty where each value is a part of its own.</summary>
    public IReadOnlyList<double> Edges { get; }

    /// <summary>By a tag that the caller gave.</summary>
    /// <param name="name">Name of the tag.</param>
    public static SliceDefinition Tag(string name) => new(SliceKind.Tag, name, []);

    /// <summary>By a part of the entity key.</summary>
    /// <param name="name">Name of the part.</param>
    public static SliceDefinition Key(string name) => new(SliceKind.Key, name, []);

    /// <summary>By a feature.</summary>
    /// <param name="name">Name of the feature.</param>
    /// <param name="edges">For a number: ascending edges between its parts.</param>
    /// <exception cref="ArgumentException">The edges do not ascend.</exception>
    public static SliceDefinition Feature(string name, params double[] edges)
    {
        ArgumentNullException.ThrowIfNull(edges);
        for (var i = 0; i < edges.Length; i++)
        {
            if (!double.IsFinite(edges[i]) || (i > 0 && edges[i] <= edges[i - 1]))
            {
                throw new ArgumentException($"Expected the edges of '{name}' to be finite and to ascend, but found another one at position {i}.", nameof(edges));
            }
        }

        return new(SliceKind.Feature, name, [.. edges]);
    }

    /// <summary>The name of the part that a number lies in.</summary>
    internal string PartOf(double value)
    {
        if (Edges.Count == 0)
        {
            return value.ToString("R", CultureInfo.InvariantCulture);
        }

        if (double.IsNaN(value))
        {
            return "NaN";
        }

        var part = 0;
        while (part < Edges.Count && value >= Edges[part])
        {
            part++;
        }

        return part == 0
            ? string.Create(CultureInfo.InvariantCulture, $"<{Edges[0]}")
            : part == Edges.Count
                ? string.Create(CultureInfo.InvariantCulture, $">={Edges[^1]}")
                : string.Create(CultureInfo.InvariantCulture, $"{Edges[part - 1]}..{Edges[part]}");
    }
}
