using Mlp.Runtime.Statistics;

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
        NumberParts.Require(name, edges);
        return new(SliceKind.Feature, name, [.. edges]);
    }

    /// <summary>The name of the part that a number lies in.</summary>
    internal string PartOf(double value) => NumberParts.NameOf(value, Edges);
}
