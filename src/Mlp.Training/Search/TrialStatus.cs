namespace Mlp.Training.Search;

/// <summary>How a trial ended.</summary>
public enum TrialStatus
{
    /// <summary>It has a value.</summary>
    Finished,

    /// <summary>It was stopped because others were better at the same step.</summary>
    Pruned,

    /// <summary>Its objective threw, or gave no finite number.</summary>
    Failed,
}
