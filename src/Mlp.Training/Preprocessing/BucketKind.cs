namespace Mlp.Training.Preprocessing;

/// <summary>Where the buckets of a number begin and end.</summary>
public enum BucketKind
{
    /// <summary>Buckets of one width between the least and the greatest training row.</summary>
    Uniform,

    /// <summary>Buckets of as many training rows each; edges that are equal are one.</summary>
    Quantile,

    /// <summary>Given edges.</summary>
    Edges,
}
