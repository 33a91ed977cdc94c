namespace Mlp.Training.Evaluation.LearningCurves;

/// <summary>Whether more rows would make a model better.</summary>
public enum MoreRowsVerdict
{
    /// <summary>The last step of the curve cannot be told from chance.</summary>
    Unclear,

    /// <summary>The curve still falls, and its going on is worth it.</summary>
    WouldHelp,

    /// <summary>The curve has become flat.</summary>
    WouldHardlyHelp,
}
