namespace Mlp.Runtime.Models;

/// <summary>What fills one input of a model.</summary>
internal enum FeatureInputKind
{
    /// <summary>All features of one type, in order: shape (rows, elements of that type).</summary>
    Block,

    /// <summary>One feature: shape (rows, 1) or (rows), of a vector (rows, length).</summary>
    Column,

    /// <summary>The status of every feature as uint8: shape (rows, features).</summary>
    Status,
}
