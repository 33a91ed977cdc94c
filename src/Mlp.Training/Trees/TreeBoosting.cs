namespace Mlp.Training.Trees;

/// <summary>How trees come together.</summary>
public enum TreeBoosting
{
    /// <summary>Each tree corrects those before it.</summary>
    GradientBoosting,

    /// <summary>Gradient boosting in which some earlier trees are left out at each step (Vinayak and Gilad-Bachrach, 2015). It cannot stop early.</summary>
    Dart,

    /// <summary>The mean of trees that are independent of each other. It needs bagging.</summary>
    RandomForest,
}
