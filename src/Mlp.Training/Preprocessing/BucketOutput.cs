namespace Mlp.Training.Preprocessing;

/// <summary>What a bucket becomes.</summary>
public enum BucketOutput
{
    /// <summary>An input per bucket, 1 for the one that a row falls into.</summary>
    OneHot,

    /// <summary>One input with the number of the bucket, from 0.</summary>
    Ordinal,
}
