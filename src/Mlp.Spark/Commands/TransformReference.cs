namespace Mlp.Spark.Commands;

/// <summary>An on-demand view of a feature service: the method that computes it, and what proves that it is still the one that serves. Immutable.</summary>
internal sealed record TransformReference
{
    /// <summary>The method.</summary>
    public required MethodReference Method { get; init; }

    /// <summary>Name of the view.</summary>
    public required string View { get; init; }

    /// <summary>Version of the view, from 1.</summary>
    public required int Version { get; init; }

    /// <summary>Fingerprint of the view, 64 lower-case hexadecimal digits.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The golden rows of the view, which are computed again before the first row; null where none are kept yet.</summary>
    public FileReference? GoldenRows { get; init; }
}
