namespace Mlp.Training.Trees;

/// <summary>How a split reads its feature.</summary>
internal enum TreeColumnKind
{
    /// <summary>As it is.</summary>
    Number,

    /// <summary>Zero counts as missing and becomes NaN before the trees.</summary>
    ZeroMissing,

    /// <summary>A fraction is cut off before the trees.</summary>
    Category,
}
