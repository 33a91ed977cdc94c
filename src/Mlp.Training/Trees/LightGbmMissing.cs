namespace Mlp.Training.Trees;

/// <summary>What a split of LightGBM takes for a missing value.</summary>
internal enum LightGbmMissing
{
    /// <summary>Nothing; NaN is read as 0.</summary>
    None = 0,

    /// <summary>0 and NaN.</summary>
    Zero = 1,

    /// <summary>NaN.</summary>
    NaN = 2,
}
