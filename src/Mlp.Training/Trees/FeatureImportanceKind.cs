namespace Mlp.Training.Trees;

/// <summary>What counts as importance of a feature.</summary>
public enum FeatureImportanceKind
{
    /// <summary>How many splits ask for it.</summary>
    Split,

    /// <summary>By how much its splits lowered the loss in training, in the loss's unit.</summary>
    Gain,
}
