namespace Mlp.Training.Distributed.Collectives;

/// <summary>How the values of all ranks become one.</summary>
public enum ReduceOperation
{
    /// <summary>Their sum. Integers wrap around.</summary>
    Sum,

    /// <summary>Their sum divided by the number of ranks. Not for integers.</summary>
    Average,

    /// <summary>The least. NaN where any rank has NaN.</summary>
    Minimum,

    /// <summary>The greatest. NaN where any rank has NaN.</summary>
    Maximum,

    /// <summary>Their product. Integers wrap around.</summary>
    Product,
}
