namespace Mlp.Training.Preprocessing.Numbers;

/// <summary>What becomes of a number in the end.</summary>
internal enum NumberRuleKind
{
    /// <summary>It is moved and stretched.</summary>
    Scaled,

    /// <summary>It becomes the share of training rows up to it.</summary>
    UniformQuantiles,

    /// <summary>It becomes the normal quantile of that share.</summary>
    NormalQuantiles,

    /// <summary>It becomes the number of its bucket.</summary>
    OrdinalBuckets,

    /// <summary>It becomes the slot of its bucket.</summary>
    OneHotBuckets,
}
